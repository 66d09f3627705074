import { Context, Effect, Layer, Option, Ref } from "effect"
import { Database, outsideTransaction } from "../database/Database.ts"
import { type DatabaseError, orDatabaseError } from "../database/DatabaseError.ts"
import { uuidv7 } from "../database/Uuid.ts"

/** What `Projects` can do. */
export interface ProjectsService {
  /** Returns the id (a UUID) of the project of this name; creates the project if there is none. */
  readonly ensure: (name: string) => Effect.Effect<string, DatabaseError>
  /** The id of the project of this name, if there is one. */
  readonly find: (name: string) => Effect.Effect<Option.Option<string>, DatabaseError>
}

/**
 * The projects: the tenants of the engine.
 *
 * @example
 * ```ts
 * const { ensure } = yield* Projects
 * const acme = yield* ensure("acme")
 * const { id } = yield* payments.start({ projectId: acme, config: { cents: 4_200 } })
 * ```
 */
export class Projects extends Context.Tag("workflow-infra/tenant/Projects")<Projects, ProjectsService>() {
  /** In PostgreSQL. */
  static readonly layer = Layer.effect(
    Projects,
    Effect.map(Database, ({ books: sql, engine }) => ({
      ensure: Effect.fn("Projects.ensure")(function* (name: string) {
        const id = yield* uuidv7
        const [row] = yield* sql<{ id: string }>`INSERT INTO ${engine}.projects (id, name) VALUES (${id}, ${name})
          ON CONFLICT (name) DO UPDATE SET name = EXCLUDED.name RETURNING id`.pipe(outsideTransaction, orDatabaseError)
        return row === undefined ? yield* Effect.dieMessage("an upsert returned no row") : row.id
      }),
      find: Effect.fn("Projects.find")(function* (name: string) {
        const [row] = yield* sql<{ id: string }>`SELECT id FROM ${engine}.projects WHERE name = ${name}`.pipe(
          outsideTransaction,
          orDatabaseError
        )
        return Option.map(Option.fromNullable(row), ({ id }) => id)
      })
    }))
  )

  /** In memory, for tests. */
  static readonly layerMemory = Layer.effect(
    Projects,
    Effect.map(Ref.make<ReadonlyMap<string, string>>(new Map()), (ids) => ({
      ensure: Effect.fn("Projects.ensure")(function* (name: string) {
        const fresh = yield* uuidv7
        return yield* Ref.modify(ids, (known) => {
          const id = known.get(name)
          return id === undefined ? [fresh, new Map([...known, [name, fresh]])] : [id, known]
        })
      }),
      find: (name: string) => Effect.map(Ref.get(ids), (known) => Option.fromNullable(known.get(name)))
    }))
  )
}
