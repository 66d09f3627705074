import type { Fragment } from "@effect/sql/Statement"
import { Clock, Context, Effect, Layer, Option, Ref } from "effect"
import { Database, outsideTransaction } from "../database/Database.ts"
import { type DatabaseError, orDatabaseError } from "../database/DatabaseError.ts"
import { isUuid, uuidv7 } from "../database/Uuid.ts"

/** A project as stored. */
export interface Project {
  readonly id: string
  /** Unique. */
  readonly name: string
  readonly createdAt: Date
}

/** What `Projects` can do. */
export interface ProjectsService {
  /** Returns the id (a UUID) of the project of this name; creates the project if there is none. */
  readonly ensure: (name: string) => Effect.Effect<string, DatabaseError>
  /** The id of the project of this name, if there is one. */
  readonly find: (name: string) => Effect.Effect<Option.Option<string>, DatabaseError>
  /** The project of this id, if there is one. */
  readonly get: (id: string) => Effect.Effect<Option.Option<Project>, DatabaseError>
  /** All projects, by name. */
  readonly list: Effect.Effect<ReadonlyArray<Project>, DatabaseError>
}

/** The project of whoever names none: people on the command line, and on this machine. */
export const DEFAULT_PROJECT = "default"

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
    Effect.map(Database, ({ books: sql, engine }) => {
      const read = (which: Fragment) =>
        sql<{ id: string; name: string; millis: number }>`SELECT id, name,
            (extract(epoch FROM created_at) * 1000)::float8 AS millis FROM ${engine}.projects ${which}`.pipe(
          Effect.map((rows) => rows.map(({ id, millis, name }) => ({ id, name, createdAt: new Date(millis) }))),
          outsideTransaction,
          orDatabaseError
        )
      return Projects.of({
        ensure: Effect.fn("Projects.ensure")(function* (name: string) {
          const id = yield* uuidv7
          const [row] = yield* sql<{ id: string }>`INSERT INTO ${engine}.projects (id, name) VALUES (${id}, ${name})
            ON CONFLICT (name) DO UPDATE SET name = EXCLUDED.name RETURNING id`.pipe(
            outsideTransaction,
            orDatabaseError
          )
          return row === undefined ? yield* Effect.dieMessage("an upsert returned no row") : row.id
        }),
        find: Effect.fn("Projects.find")((name: string) =>
          Effect.map(read(sql`WHERE name = ${name}`), ([project]) =>
            Option.map(Option.fromNullable(project), ({ id }) => id)
          )
        ),
        get: Effect.fn("Projects.get")((id: string) =>
          isUuid(id)
            ? Effect.map(read(sql`WHERE id = ${id}`), ([project]) => Option.fromNullable(project))
            : Effect.succeedNone
        ),
        list: Effect.withSpan(read(sql`ORDER BY name COLLATE "C"`), "Projects.list")
      })
    })
  )

  /** In memory, for tests. */
  static readonly layerMemory = Layer.effect(
    Projects,
    Effect.map(Ref.make<ReadonlyMap<string, Project>>(new Map()), (projects) => ({
      ensure: Effect.fn("Projects.ensure")(function* (name: string) {
        const fresh = { id: yield* uuidv7, name, createdAt: new Date(yield* Clock.currentTimeMillis) }
        return yield* Ref.modify(projects, (known) => {
          const found = known.get(name)
          return found === undefined ? [fresh.id, new Map([...known, [name, fresh]])] : [found.id, known]
        })
      }),
      find: (name: string) =>
        Effect.map(Ref.get(projects), (known) => Option.map(Option.fromNullable(known.get(name)), ({ id }) => id)),
      get: (id: string) =>
        Effect.map(Ref.get(projects), (known) =>
          Option.fromNullable([...known.values()].find((project) => project.id === id))
        ),
      list: Effect.map(Ref.get(projects), (known) => [...known.values()].sort((a, b) => (a.name < b.name ? -1 : 1)))
    }))
  )
}
