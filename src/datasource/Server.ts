import { Effect, Schema } from "effect"
import type { DatasourceError } from "./DatasourceError.ts"
import type { DatasourcePool } from "./DatasourcePool.ts"
import { pg } from "./PgSql.ts"

/** A server, as far as it bounds what a statement over rows may take. */
export interface Server {
  readonly pool: DatasourcePool
  /** Bytes that a sort or a stored list may take in memory before it goes to disk; a hash table may take `hashMemory`. */
  readonly workMemory: number
  readonly hashMemory: number
  /** Whether a value is looked up in a list by its hash: from version 14 on. */
  readonly hashesLists: boolean
  /** How the database's texts are encoded, as PostgreSQL calls it: `UTF8`. */
  readonly encoding: string
}

/** The first `server_version_num` that hashes them. */
const HASHED_LISTS = 140_000

const ServerRow = Schema.Struct({
  memory: Schema.Number,
  hashes: Schema.Number,
  encoding: Schema.String,
  version: Schema.Number
})

/** Reads them as they hold within our transactions. */
export const read = (pool: DatasourcePool): Effect.Effect<Server, DatasourceError> =>
  Effect.map(
    pool.query(
      ServerRow,
      pg`SELECT pg_size_bytes(current_setting('work_mem'))::float8 AS memory, current_setting('server_encoding') AS encoding,
        current_setting('server_version_num')::int4 AS version,
        coalesce(current_setting('hash_mem_multiplier', true)::float8, 1) AS hashes`
    ),
    ([row]) => {
      const { encoding, hashes, memory, version } = row ?? { encoding: "UTF8", hashes: 1, memory: 0, version: 0 }
      return { pool, workMemory: memory, hashMemory: memory * hashes, hashesLists: version >= HASHED_LISTS, encoding }
    }
  )
