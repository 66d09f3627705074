import { Effect, Schema } from "effect"
import type { DatasourceError } from "./DatasourceError.ts"
import type { DatasourcePool } from "./DatasourcePool.ts"
import { pg } from "./PgSql.ts"

/** A datasource's server: its version, and the settings that bound what one of our statements may use. */
export interface Server {
  readonly pool: DatasourcePool
  /** The name of the connected database. */
  readonly database: string
  /** `server_version`, for people: `16.3`. */
  readonly version: string
  /** `server_version_num`: 160003 for 16.3. */
  readonly versionNumber: number
  /** `work_mem` within our transactions, in bytes: a sort or a materialized CTE that needs more spills to disk. */
  readonly workMemory: number
  /** `work_mem` times `hash_mem_multiplier`, in bytes: a hash table that needs more spills to disk. */
  readonly hashMemory: number
  /** Whether `= ANY (array)` probes a hash table of the array instead of comparing element by element. */
  readonly hashesLists: boolean
  /** `server_encoding`: PostgreSQL's name for the encoding of the database, such as `UTF8`. */
  readonly encoding: string
}

/** Bytes of `work_mem` that a sort takes for each 64-bit hash, as measured; more spills to disk. */
export const SORTED_HASH_BYTES = 24

/** The first `server_version_num` (14) whose executor hashes the array of `= ANY (array)`. */
const HASHED_LISTS = 140_000

const ServerRow = Schema.Struct({
  database: Schema.String,
  versionName: Schema.String,
  memory: Schema.Number,
  hashes: Schema.Number,
  encoding: Schema.String,
  version: Schema.Number
})

/** Reads the server's version and settings, as they apply within our transactions. Needs no more than PostgreSQL 9.6. */
export const read = (pool: DatasourcePool): Effect.Effect<Server, DatasourceError> =>
  Effect.map(
    pool.query(
      ServerRow,
      pg`SELECT current_database() AS database, current_setting('server_version') AS "versionName",
        pg_size_bytes(current_setting('work_mem'))::float8 AS memory, current_setting('server_encoding') AS encoding,
        current_setting('server_version_num')::int4 AS version,
        coalesce(current_setting('hash_mem_multiplier', true)::float8, 1) AS hashes`
    ),
    ([row]) => {
      const { database, encoding, hashes, memory, version, versionName } = row ?? NO_SERVER
      return {
        pool,
        database,
        version: versionName,
        versionNumber: version,
        workMemory: memory,
        hashMemory: memory * hashes,
        hashesLists: version >= HASHED_LISTS,
        encoding
      }
    }
  )

/** Never used: a SELECT without FROM has one row. */
const NO_SERVER: typeof ServerRow.Type = {
  database: "",
  versionName: "",
  encoding: "UTF8",
  hashes: 1,
  memory: 0,
  version: 0
}
