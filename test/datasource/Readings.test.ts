import { expect, layer } from "@effect/vitest"
import { Effect, Layer, Option, Redacted } from "effect"
import { randomBytes } from "node:crypto"
import { Database } from "../../src/database/Database.ts"
import { uuidv7 } from "../../src/database/Uuid.ts"
import type { Catalog } from "../../src/datasource/Catalog.ts"
import { Credentials } from "../../src/datasource/Credentials.ts"
import { ProfileRepository } from "../../src/datasource/ProfileRepository.ts"
import * as Readings from "../../src/datasource/Readings.ts"
import { TenantContext } from "../../src/tenant/TenantContext.ts"
import { recording } from "../fixtures/statements.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"

const credentials = (byte: string) => Layer.orDie(Credentials.layer(Redacted.make(byte.repeat(32))))
const stores = ProfileRepository.layer.pipe(
  Layer.provideMerge(credentials("ab")),
  Layer.provideMerge(TestInfra.database)
)

const catalog: Catalog = { database: "shop", serverVersion: "18", tables: [], skipped: [] }
const asked = (text: string, ...tables: ReadonlyArray<string>) => ({ text, values: [1, "x"], tables })

/** A project with a datasource. */
const given = Effect.gen(function* () {
  const projectId = yield* TestInfra.project
  const datasourceId = yield* uuidv7
  const { work: sql } = yield* Database
  const { withProject } = yield* TenantContext
  const profiles = yield* ProfileRepository
  yield* sql`INSERT INTO engine.datasources (project_id, id, name, connection, settings)
    VALUES (${projectId}, ${datasourceId}, 'shop', '', '{}')`.pipe(withProject(projectId))
  /** The catalog is read: the tables have these marks. */
  const reading = (tables: Readonly<Record<string, string>>) =>
    withProject(projectId)(profiles.saveCatalog(datasourceId, catalog, { snapshot: "s", tables }))
  /** What a run does with its readings, from the first statement to the end of its scope. */
  const run = <A, E, R>(use: (readings: Readings.Readings) => Effect.Effect<A, E, R>) =>
    Effect.scoped(Effect.flatMap(Readings.make(projectId, datasourceId), use))
  const recalled = (...all: ReadonlyArray<ReturnType<typeof asked>>) =>
    run(({ recall }) => Effect.forEach(all, (each) => Effect.map(recall(each), Option.getOrNull)))
  return { reading, run, recalled, projectId, datasourceId }
})

const MARKS = { a: "1", b: "1" }

layer(stores, { timeout: "60 seconds", excludeTestServices: true })("An answer of an earlier run", (it) => {
  it.scoped("is given back as it was as long as no table that it reads has moved", () =>
    Effect.gen(function* () {
      const { reading, recalled, run } = yield* given
      const [ofA, ofB, ofBoth] = [asked("A", "a"), asked("B", "b"), asked("AB", "a", "b")]
      const rows = [
        { n: 1.5, list: ["ü", null, { deep: "\u0000'" }] },
        { n: -3, list: [] }
      ]
      yield* reading(MARKS)
      yield* run(({ keep }) =>
        // Two tasks may ask the same.
        Effect.all([keep(ofA, rows), keep(ofB, []), keep(ofA, rows), keep(ofBoth, [{ n: 1 }])], { discard: true })
      )
      yield* reading(MARKS)
      expect(yield* recalled(ofA, ofB, ofBoth, asked("other", "a"), { ...ofA, values: [2] })).toEqual([
        rows,
        [],
        [{ n: 1 }],
        null,
        null
      ])
      yield* reading({ a: "1", b: "2" })
      expect(yield* recalled(ofA, ofB, ofBoth)).toEqual([rows, null, null])
      yield* reading({})
      expect(yield* recalled(ofA)).toEqual([null])
    })
  )

  it.scoped(
    "is not kept of tables without a mark, nor where JSON would change a value, nor unless the run before used it",
    () =>
      Effect.gen(function* () {
        const { reading, recalled, run } = yield* given
        yield* reading(MARKS)
        const kept = asked("kept", "a")
        const others = [asked("unmarked", "a", "c"), asked("date", "a"), asked("NaN", "a"), asked("zero", "a")]
        yield* run(({ keep }) =>
          Effect.gen(function* () {
            yield* keep(kept, [{ n: 1 }])
            const values = [1, new Date(0), Number.NaN, -0]
            for (const [place, each] of others.entries()) yield* keep(each, [{ n: values[place] }])
          })
        )
        yield* reading(MARKS)
        expect(yield* recalled(kept, ...others)).toEqual([[{ n: 1 }], null, null, null, null])
        yield* reading(MARKS)
        expect(yield* recalled(others[0] ?? kept)).toEqual([null])
        yield* reading(MARKS)
        expect(yield* recalled(kept)).toEqual([null])
      })
  )

  it.scoped("comes with all others by one statement, but for large ones, each by its own", () =>
    Effect.gen(function* () {
      const { reading, recalled, run } = yield* given
      const small = Array.from({ length: 70 }, (_, n) => asked(`small ${n}`, "a"))
      const large = [asked("large", "a"), asked("larger", "b")]
      const bytes = [2, 7].map((size) => randomBytes(size * 1024 * 1024).toString("base64"))
      yield* reading(MARKS)
      yield* run(({ keep }) =>
        Effect.gen(function* () {
          for (const [n, each] of small.entries()) yield* keep(each, [{ n }])
          for (const [n, each] of large.entries()) yield* keep(each, [{ text: bytes[n] }])
        })
      )
      yield* reading(MARKS)
      const sent = yield* recording
      expect(yield* recalled(...small, ...large)).toEqual([
        ...small.map((_, n) => [{ n }]),
        ...bytes.map((text) => [{ text }])
      ])
      const selects = sent.filter(({ text }) => /SELECT [^;]*sealed/.test(text))
      expect(selects).toHaveLength(2)
    })
  )

  it.scoped("is asked again with another key, and by a run that began before the tables were looked at anew", () =>
    Effect.gen(function* () {
      const { datasourceId, projectId, reading, recalled, run } = yield* given
      const [early, late] = [asked("early", "a"), asked("late", "a")]
      yield* reading(MARKS)
      yield* run(({ keep, recall }) =>
        Effect.gen(function* () {
          yield* keep(early, [{ n: 1 }])
          yield* recall(late)
          yield* reading(MARKS)
          yield* keep(late, [{ n: 2 }])
        })
      )
      yield* reading(MARKS)
      expect(yield* recalled(early, late)).toEqual([null, null])
      yield* run(({ keep }) => keep(early, [{ n: 1 }]))
      const stranger = Readings.make(projectId, datasourceId).pipe(
        Effect.flatMap(({ recall }) => recall(early)),
        Effect.scoped,
        Effect.provide(credentials("cd"))
      )
      expect(Option.isNone(yield* stranger)).toBe(true)
      expect(yield* recalled(early)).toEqual([[{ n: 1 }]])
    })
  )
})
