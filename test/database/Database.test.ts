import { expect, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer, Redacted } from "effect"
import { Database } from "../../src/database/Database.ts"
import { uuidv7 } from "../../src/database/Uuid.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"

it.effect("a number of connections that is none is refused in one line, as a value and from the environment", () =>
  Effect.gen(function* () {
    for (const connections of [0, -1, 1.5, Number.NaN]) {
      const url = Redacted.make("postgres://nobody@localhost:1/none")
      const error = yield* Effect.flip(Effect.scoped(Layer.build(Database.layer({ url, connections }))))
      expect(error.message).toBe(`the number of connections must be a whole number from 1, but is ${connections}`)
    }
    const variables = new Map([
      ["DATABASE_URL", "postgres://nobody@localhost:1/none"],
      ["DATABASE_CONNECTIONS", "0"]
    ])
    const provider = Layer.setConfigProvider(ConfigProvider.fromMap(variables))
    const error = yield* Effect.flip(Effect.scoped(Layer.build(Layer.provide(Database.layerConfig, provider))))
    expect(String(error)).toContain("DATABASE_CONNECTIONS")
    expect(String(error)).toContain("must be a whole number from 1")
  })
)

/** What a tenant's transaction, and what the engine's own statements wait for on a database that is set so. */
const waits = (setting: string) =>
  Effect.gen(function* () {
    const url = yield* TestDatabase.create
    const sql = yield* TestDatabase.connect(url)
    yield* sql.unsafe(`ALTER DATABASE ${TestDatabase.nameOf(url)} SET synchronous_commit = ${setting}`)
    return yield* Effect.gen(function* () {
      const { books, tenantTransaction, work } = yield* Database
      const shown = (client: typeof work) =>
        Effect.map(client<{ now: string }>`SELECT current_setting('synchronous_commit') AS now`, ([row]) => row?.now)
      const projectId = yield* uuidv7
      return { tenant: yield* tenantTransaction(projectId)(() => shown(work)), books: yield* shown(books) }
    }).pipe(Effect.provide(TestInfra.databaseAt(url)))
  })

it.scopedLive("what a task commits is on disk before it counts as committed, whatever the server is set to", () =>
  Effect.gen(function* () {
    // A crash of the server alone would otherwise undo what its owner has counted as completed.
    expect(yield* waits("off")).toEqual({ tenant: "on", books: "off" })
    expect(yield* waits("local")).toEqual({ tenant: "local", books: "local" })
    expect(yield* waits("on")).toEqual({ tenant: "on", books: "on" })
  })
)
