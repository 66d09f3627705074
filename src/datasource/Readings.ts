import { Chunk, Effect, HashMap, Option, Redacted, Ref, Schema, type Scope } from "effect"
import { promisify } from "node:util"
import { deflateRaw, inflateRaw } from "node:zlib"
import { Database } from "../database/Database.ts"
import { orDatabaseError } from "../database/DatabaseError.ts"
import { TenantContext } from "../tenant/TenantContext.ts"
import { mapInSteps, type Steps, stepwise } from "../steps/Steps.ts"
import { Credentials } from "./Credentials.ts"
import { Marks, NO_MARKS } from "./Movement.ts"
import { decoder, decodeRows } from "./Rows.ts"

/** What a datasource answered in earlier runs, to statements over tables that have not moved since. */
export interface Readings {
  /** The rows of an answer that is still true; none where it has to be asked. */
  readonly recall: (statement: Asked) => Effect.Effect<Option.Option<ReadonlyArray<unknown>>>
  /** Keeps the rows of an answer, encrypted, unless a table has no mark or a value would not come back as it is. */
  readonly keep: (statement: Asked, rows: ReadonlyArray<unknown>) => Effect.Effect<void>
}

/** A statement, and every table that it reads, by id. */
interface Asked {
  readonly text: string
  readonly values: ReadonlyArray<unknown>
  readonly tables: ReadonlyArray<string>
}

/** Answers that are stored together. */
const AT_ONCE = 32
/**
 * Bytes, compressed and encrypted, of answers that come with the list of them, the smallest first; larger ones are fetched one by one. Set by
 * hand: a table's answers take some 5 KiB, and a process may hold them all.
 */
const TOGETHER = 8 * 1024 * 1024

const decodeCatalog = decodeRows(Schema.Struct({ generation: Schema.Int, marks: Marks }))
const decodeStatements = decodeRows(
  Schema.Struct({ statement: Schema.String, sealed: Schema.NullOr(Schema.Uint8ArrayFromSelf) })
)
const decodeSealed = decodeRows(Schema.Struct({ sealed: Schema.Uint8ArrayFromSelf }))

/** What is known when the first statement of a run is asked; a run that reads the catalog does so before. */
interface Known {
  readonly generation: number
  readonly marked: ReadonlySet<string>
  /** Answers, encrypted, by the digests of their statements; null for one that is fetched when it is asked for. */
  readonly answers: ReadonlyMap<string, Uint8Array | null>
}

const NOTHING: Known = { generation: 0, marked: new Set(), answers: new Map() }

/**
 * The readings of a datasource, in our database. An answer is stored with the generation of the catalog in which it was read: a run that
 * begins meanwhile, and finds that a table has moved, is not given it. Where our database fails, everything is asked. What remains to be
 * stored is stored when the scope closes.
 */
export const make = (
  projectId: string,
  datasourceId: string
): Effect.Effect<Readings, never, Scope.Scope | Database | Credentials | TenantContext> =>
  Effect.gen(function* () {
    const { engine, work: sql } = yield* Database
    const { decrypt, digest, encrypt } = yield* Credentials
    const { withProject } = yield* TenantContext
    const here = sql`project_id = ${projectId} AND datasource_id = ${datasourceId}`

    const known = yield* Effect.cached(
      Effect.gen(function* () {
        const [catalog] = yield* Effect.flatMap(
          sql`SELECT generation, coalesce(nullif(marks, '{}'), ${JSON.stringify(NO_MARKS)}::jsonb) AS marks FROM ${engine}.catalogs WHERE ${here}`,
          decodeCatalog
        )
        if (catalog === undefined) return NOTHING
        const rows = yield* Effect.flatMap(
          sql`SELECT encode(statement, 'base64') AS statement, CASE WHEN sum(octet_length(sealed))
            OVER (ORDER BY octet_length(sealed), statement) <= ${TOGETHER} THEN sealed END AS sealed
            FROM ${engine}.readings WHERE ${here}`,
          decodeStatements
        )
        return {
          generation: catalog.generation,
          marked: new Set(Object.keys(catalog.marks.tables)),
          answers: new Map(rows.map(({ sealed, statement }) => [statement.replaceAll("\n", ""), sealed]))
        }
      }).pipe(
        orDatabaseError,
        withProject(projectId),
        Effect.catchAll((error) => Effect.as(Effect.logDebug("earlier readings are not used", error), NOTHING))
      )
    )
    const digestOf = ({ text, values }: Asked) =>
      Effect.map(digest(datasourceId, Redacted.make(JSON.stringify([text, values]))), (bytes) =>
        Buffer.from(bytes).toString("base64")
      )

    const fetched = (statement: string) =>
      sql`SELECT sealed FROM ${engine}.readings WHERE ${here} AND statement = decode(${statement}, 'base64')`.pipe(
        Effect.flatMap(decodeSealed),
        Effect.map(([row]) => row?.sealed),
        orDatabaseError,
        withProject(projectId)
      )

    interface Kept {
      readonly statement: string
      readonly tables: ReadonlyArray<string>
      readonly sealed: string
    }
    const waiting = yield* Ref.make(HashMap.empty<string, Kept>())
    const used = yield* Ref.make(Chunk.empty<string>())

    const store = Effect.gen(function* () {
      // Several tasks may ask the same, and one INSERT takes a row only once.
      const kept = [...HashMap.values(yield* Ref.getAndSet(waiting, HashMap.empty()))]
      const again = Chunk.toReadonlyArray(yield* Ref.getAndSet(used, Chunk.empty()))
      if (kept.length + again.length === 0) return
      const { generation } = yield* known
      if (kept.length > 0)
        yield* sql`INSERT INTO ${engine}.readings (project_id, datasource_id, statement, tables, sealed, used_in)
        SELECT ${projectId}::uuid, ${datasourceId}::uuid, decode(k.statement, 'base64'), k.tables, decode(k.sealed, 'base64'), generation
        FROM ${engine}.catalogs, jsonb_to_recordset(${JSON.stringify(kept)}::jsonb) AS k(statement text, tables text[], sealed text)
        WHERE ${here} AND generation = ${generation}
        ON CONFLICT (project_id, datasource_id, statement) DO UPDATE
          SET tables = EXCLUDED.tables, sealed = EXCLUDED.sealed, used_in = EXCLUDED.used_in`
      if (again.length > 0)
        yield* sql`UPDATE ${engine}.readings SET used_in = ${generation} WHERE ${here} AND used_in < ${generation}
        AND statement IN (SELECT decode(d, 'base64') FROM jsonb_array_elements_text(${JSON.stringify(again)}::jsonb) d)`
    }).pipe(
      orDatabaseError,
      withProject(projectId),
      Effect.catchAll((error) => Effect.logDebug("readings are not kept", error))
    )
    yield* Effect.addFinalizer(() => store)

    return {
      recall: Effect.fn("Readings.recall")(function* (asked) {
        const { answers, marked } = yield* known
        if (!asked.tables.every((table) => marked.has(table))) return Option.none()
        const statement = yield* digestOf(asked)
        const answer = answers.get(statement)
        if (answer === undefined) return Option.none()
        return yield* Effect.gen(function* () {
          const sealed = answer ?? (yield* fetched(statement))
          if (sealed === undefined) return Option.none()
          const rows = yield* opened(yield* decrypt("values", datasourceId, sealed))
          yield* Ref.update(used, Chunk.append(statement))
          return Option.some(rows)
        }).pipe(
          Effect.catchAll((error) => Effect.as(Effect.logDebug("an earlier reading is not used", error), Option.none()))
        )
      }),
      keep: Effect.fn("Readings.keep")(function* (asked, rows) {
        const { marked } = yield* known
        if (!asked.tables.every((table) => marked.has(table))) return
        const lines = yield* stepwise(() => linesOf(rows))
        if (lines === undefined) return
        const statement = yield* digestOf(asked)
        const sealed = Buffer.from(yield* encrypt("values", datasourceId, yield* closed(lines))).toString("base64")
        const all = yield* Ref.updateAndGet(
          waiting,
          HashMap.set(statement, { statement, tables: asked.tables, sealed })
        )
        if (HashMap.size(all) >= AT_ONCE) yield* store
      })
    }
  })

/** Whether JSON holds a value without a loss: of dates, bytes and not-a-number it does not. */
const isPlain = (value: unknown): boolean =>
  value === null ||
  typeof value === "string" ||
  typeof value === "boolean" ||
  (typeof value === "number" && Number.isFinite(value) && !Object.is(value, -0)) ||
  (Array.isArray(value) && value.every(isPlain)) ||
  (isRecord(value) && Object.values(value).every(isPlain))

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype

/** The rows as JSON, a line each; undefined if a value would not come back from it as it is. One column of a row per step: it may be a list. */
function* linesOf(rows: ReadonlyArray<unknown>): Steps<ReadonlyArray<string> | undefined> {
  const lines: Array<string> = []
  for (const row of rows) {
    for (const value of isRecord(row) ? Object.values(row) : [row]) {
      if (!isPlain(value)) return undefined
      yield
    }
    lines.push(JSON.stringify(row))
    yield
  }
  return lines
}

// Compressed outside of the event loop's thread: an answer may have 200,000 rows.
const [deflate, inflate] = [promisify(deflateRaw), promisify(inflateRaw)]

/** Shorter answers, in characters, are not compressed: that would take 256 kB of memory and 0.3 ms for each, and save little. */
const COMPRESSED = 4_000

/** The rows' lines as a JSON array or, compressed, in base64, which never begins with a bracket. */
const closed = (lines: ReadonlyArray<string>): Effect.Effect<Redacted.Redacted> => {
  const length = lines.reduce((sum, line) => sum + line.length, 0)
  return length < COMPRESSED
    ? Effect.succeed(Redacted.make(`[${lines.join(",")}]`))
    : Effect.map(
        Effect.promise(() => deflate(lines.join("\n"))),
        (bytes) => Redacted.make(bytes.toString("base64"))
      )
}

const decodeRowsOf = decoder(Schema.parseJson(Schema.Array(Schema.Unknown)))

/** The rows that `closed` was given. Dies if the text is none of `closed`. */
const opened = (sealed: Redacted.Redacted): Effect.Effect<ReadonlyArray<unknown>> => {
  const text = Redacted.value(sealed)
  return text.startsWith("[")
    ? Effect.sync(() => decodeRowsOf(text))
    : Effect.flatMap(
        Effect.promise(() => inflate(Buffer.from(text, "base64"))),
        (bytes) => {
          const lines = bytes.toString()
          return stepwise(() => mapInSteps(lines === "" ? [] : lines.split("\n"), (line): unknown => JSON.parse(line)))
        }
      )
}
