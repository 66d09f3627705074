import { Schema } from "effect"

/**
 * What kept the embedded PostgreSQL from running, in one line (`message`) that names the folder and says what to do.
 * `reason` tells the cases apart: `Unsupported` no binaries that run here, `InUse` another process has the directory,
 * `Directory` it cannot be used or written, `Version` its data are another PostgreSQL's, `Damaged` its data cannot be
 * read any more, `Password` its password is missing or another one's, `Failed` PostgreSQL itself gave up or took too
 * long. Only `Failed` may end differently at another try with nothing changed. `cause` is the system's or the driver's
 * own error, where there is one.
 */
export class EmbeddedPostgresError extends Schema.TaggedError<EmbeddedPostgresError>()("EmbeddedPostgresError", {
  reason: Schema.Literal("Unsupported", "InUse", "Directory", "Version", "Damaged", "Password", "Failed"),
  message: Schema.String,
  cause: Schema.optional(Schema.Defect)
}) {}

/** A text on one line: control characters and line ends become single spaces. */
export const oneLine = (text: string): string => text.replace(/[\u0000-\u001f\u007f\s]+/g, " ").trim()
