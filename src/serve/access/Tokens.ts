import { createHash, randomBytes } from "node:crypto"
import { Cache, Context, Data, Duration, Effect, Layer, Option, Redacted, Schema } from "effect"
import { Database, outsideTransaction } from "../../database/Database.ts"
import { type DatabaseError, orDatabaseError } from "../../database/DatabaseError.ts"
import { uuidv7 } from "../../database/Uuid.ts"
import { decodeRows } from "../../datasource/Rows.ts"
import { AccessScope } from "../api/Access.ts"

/** Tokens begin with it, so that scanners for secrets find them. */
const PREFIX = "wfi_"
/** Bytes of a token: as many as its hash has. */
const TOKEN_BYTES = 32
/** How long a verified token is not looked up again: a revoked one is let in for no longer than that. */
const REMEMBERED = Duration.seconds(5)
/** How many are remembered: those that are in use, and somebody's guesses. */
const REMEMBERED_TOKENS = 1_000

/** A token without itself. */
export const Token = Schema.Struct({
  id: Schema.String,
  projectId: Schema.String,
  project: Schema.String,
  name: Schema.String,
  scopes: Schema.Array(AccessScope),
  createdAt: Schema.DateFromNumber
})
/** @see Token */
export type Token = typeof Token.Type

/** The project has a valid token of this name. */
export class TokenNameTaken extends Data.TaggedError("TokenNameTaken")<{ readonly name: string }> {
  override get message() {
    return `there is a token "${this.name}" already: revoke it first, or take another name`
  }
}

/** What `Tokens` can do. */
export interface TokensService {
  /** Makes a token of a project. It is returned here, and never again: only its hash is stored. */
  readonly create: (options: {
    readonly projectId: string
    /** Unique among the project's valid tokens; decisions are attributed to it. */
    readonly name: string
    readonly scopes: ReadonlyArray<AccessScope>
  }) => Effect.Effect<Redacted.Redacted, TokenNameTaken | DatabaseError>
  /** The valid tokens, by project and name. */
  readonly list: Effect.Effect<ReadonlyArray<Token>, DatabaseError>
  /** Revokes a token; false if there is no valid one of this id. Processes that serve notice it within 5 s. */
  readonly revoke: (id: string) => Effect.Effect<boolean, DatabaseError>
  /** Whose token it is; none if it is not valid. */
  readonly verify: (token: Redacted.Redacted) => Effect.Effect<Option.Option<Token>, DatabaseError>
}

/** The tokens of the HTTP API. */
export class Tokens extends Context.Tag("workflow-infra/serve/Tokens")<Tokens, TokensService>() {
  /** In PostgreSQL, as SHA-256. */
  static readonly layer = Layer.effect(
    Tokens,
    Effect.suspend(() => make)
  )
}

const decode = decodeRows(Token)
/** SQLSTATE "unique violation": here, of the name. */
const NOT_UNIQUE = "23505"

/** The hash as hexadecimal digits. A token is random, so that one round without salt is enough. */
const hashOf = (token: Redacted.Redacted) => createHash("sha256").update(Redacted.value(token)).digest("hex")

const make = Effect.gen(function* () {
  const { books: sql, engine } = yield* Database
  const columns = sql`SELECT t.id, t.project_id AS "projectId", p.name AS project, t.name, t.scopes,
    (extract(epoch FROM t.created_at) * 1000)::float8 AS "createdAt"
    FROM ${engine}.api_tokens t JOIN ${engine}.projects p ON p.id = t.project_id WHERE t.revoked_at IS NULL`
  const verified = yield* Cache.make({
    capacity: REMEMBERED_TOKENS,
    timeToLive: REMEMBERED,
    lookup: (hash: string) =>
      sql`${columns} AND t.hash = decode(${hash}, 'hex')`.pipe(
        Effect.flatMap(decode),
        Effect.map(([token]) => Option.fromNullable(token)),
        outsideTransaction,
        orDatabaseError
      )
  })

  return Tokens.of({
    create: Effect.fn("Tokens.create")(function* ({ name, projectId, scopes }) {
      const token = Redacted.make(PREFIX + randomBytes(TOKEN_BYTES).toString("base64url"))
      yield* sql`INSERT INTO ${engine}.api_tokens (project_id, id, name, hash, scopes)
        VALUES (${projectId}, ${yield* uuidv7}, ${name}, decode(${hashOf(token)}, 'hex'), ${scopes}::text[])`.pipe(
        outsideTransaction,
        orDatabaseError,
        Effect.catchIf(
          ({ code }) => code === NOT_UNIQUE,
          () => new TokenNameTaken({ name })
        )
      )
      return token
    }),
    list: sql`${columns} ORDER BY p.name, t.name`.pipe(Effect.flatMap(decode), outsideTransaction, orDatabaseError),
    revoke: Effect.fn("Tokens.revoke")((id: string) =>
      sql`UPDATE ${engine}.api_tokens SET revoked_at = now() WHERE id::text = ${id} AND revoked_at IS NULL RETURNING id`.pipe(
        Effect.map((rows) => rows.length > 0),
        outsideTransaction,
        orDatabaseError
      )
    ),
    verify: (token) => verified.get(hashOf(token))
  })
})
