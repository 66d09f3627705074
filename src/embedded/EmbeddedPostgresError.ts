import { Schema } from "effect"

/**
 * The embedded PostgreSQL could not run. `message` is one line that names the folder and says what to do. `cause` is the
 * operating system's or the driver's error, where there is one. `reason` is one of:
 *
 * - `Unsupported`: no binaries run on this system.
 * - `InUse`: another process uses the directory.
 * - `Directory`: the directory cannot be used or written.
 * - `Version`: the data are of another major version.
 * - `Damaged`: the data are damaged.
 * - `Password`: the password file is missing or does not belong to the data.
 * - `Failed`: PostgreSQL failed or timed out. Only then may a retry succeed with nothing changed.
 *
 * @example
 * ```ts
 * const server = EmbeddedPostgres.layer().pipe(
 *   Layer.tapError(({ message, reason }) => Effect.logError(reason === "InUse" ? "it runs already" : message))
 * )
 * ```
 */
export class EmbeddedPostgresError extends Schema.TaggedError<EmbeddedPostgresError>()("EmbeddedPostgresError", {
  reason: Schema.Literal("Unsupported", "InUse", "Directory", "Version", "Damaged", "Password", "Failed"),
  message: Schema.String,
  cause: Schema.optional(Schema.Defect)
}) {}

/** The text on one line: every run of whitespace and control characters becomes one space. */
export const oneLine = (text: string): string => text.replace(/[\u0000-\u001f\u007f\s]+/g, " ").trim()
