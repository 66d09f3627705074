import { Schema } from "effect"

/**
 * What kept the embedded PostgreSQL from running, in one line (`message`). `reason` tells the cases apart:
 * `Unsupported` no binaries that run here, `InUse` another process has the directory, `Directory` it cannot be used or
 * written, `Version` its data are another PostgreSQL's, `Failed` PostgreSQL itself gave up or took too long.
 */
export class EmbeddedPostgresError extends Schema.TaggedError<EmbeddedPostgresError>()("EmbeddedPostgresError", {
  reason: Schema.Literal("Unsupported", "InUse", "Directory", "Version", "Failed"),
  message: Schema.String
}) {}

/** A text on one line: control characters and line ends become single spaces. */
export const oneLine = (text: string): string => text.replace(/[\u0000-\u001f\u007f\s]+/g, " ").trim()

/**
 * Turns any failure of `doing` (a phrase such as `write /data`) into a `Directory` error that says what was being done
 * and what the system answered.
 */
export const directoryError =
  (doing: string) =>
  (error: { readonly message: string; readonly description?: string | undefined }): EmbeddedPostgresError =>
    new EmbeddedPostgresError({
      reason: "Directory",
      message: oneLine(`Cannot ${doing}: ${error.description ?? error.message}`)
    })
