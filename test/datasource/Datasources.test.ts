import { describe, expect, it, layer as withLayer } from "@effect/vitest"
import { Effect, Fiber, Layer, Option, Redacted } from "effect"
import { uuidv7 } from "../../src/database/Uuid.ts"
import { Database, outsideTransaction } from "../../src/database/Database.ts"
import { Credentials } from "../../src/datasource/Credentials.ts"
import { Datasources } from "../../src/datasource/Datasources.ts"
import { ProfileRepository } from "../../src/datasource/ProfileRepository.ts"
import type { TableProfile } from "../../src/datasource/TableProfile.ts"
import { TenantContext } from "../../src/tenant/TenantContext.ts"
import * as Proxy from "../faults/Proxy.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { datasourceOf, urlWith } from "./datasourceOf.ts"

const key = (byte: number) => Credentials.layer(Redacted.make(Buffer.alloc(32, byte).toString("base64")))
const registry = Layer.fresh(Datasources.layer).pipe(Layer.provide(key(1)))
const layer = Layer.mergeAll(registry, ProfileRepository.layer).pipe(
  Layer.provide(key(1)),
  Layer.provideMerge(TestInfra.database)
)
const nowhere = Redacted.make("postgres://reader:s3cret@nowhere.invalid/shop")

withLayer(layer, { timeout: "2 minutes", excludeTestServices: true })("the datasources of a project", (it) => {
  it.effect("are registered once, by name, which is where they are unless it is given", () =>
    Effect.gen(function* () {
      const datasources = yield* Datasources
      const project = yield* TestInfra.project
      const register = datasources.register(project, { url: nowhere, settings: { schemas: ["public"] } })
      const [first, ...others] = yield* Effect.all(
        Array.from({ length: 8 }, () => register),
        { concurrency: "unbounded" }
      )
      expect(first).toMatchObject({ name: "nowhere.invalid:5432/shop", settings: { schemas: ["public"] } })
      expect(new Set(others.map(({ id }) => id))).toEqual(new Set([first?.id]))
      const named = yield* datasources.register(project, { name: "Shop", url: nowhere })
      expect(named.id).not.toBe(first?.id)
      expect((yield* datasources.list(project)).map(({ name }) => name)).toEqual(["Shop", "nowhere.invalid:5432/shop"])
      const changed = yield* datasources.register(project, { name: "Shop", url: nowhere, settings: { views: true } })
      expect(yield* datasources.get(project, named.id)).toEqual(changed)
      const error = yield* Effect.flip(datasources.register(project, { url: Redacted.make("shop") }))
      expect(error).toMatchObject({ _tag: "DatasourceError", reason: "malformed-url" })
    })
  )

  it.effect("are no other project's, by any operation", () =>
    Effect.gen(function* () {
      const datasources = yield* Datasources
      const [mine, other] = [yield* TestInfra.project, yield* TestInfra.project]
      const { id } = yield* datasources.register(mine, { url: nowhere })
      for (const unknown of [id, yield* uuidv7, "no id", "'; DROP TABLE engine.datasources; --"]) {
        expect((yield* Effect.flip(datasources.get(other, unknown)))._tag).toBe("DatasourceNotFound")
        expect((yield* Effect.flip(Effect.scoped(datasources.open(other, unknown))))._tag).toBe("DatasourceNotFound")
      }
      expect(yield* datasources.list(other)).toEqual([])
      expect((yield* datasources.register(other, { url: nowhere })).id).not.toBe(id)
      const [row] = yield* (yield* Database).work<{
        all: string
      }>`SELECT string_agg(d::text, '') AS all FROM engine.datasources d`
      expect(row?.all).not.toContain("s3cret")
    })
  )

  it.effect("are opened with one pool for all, at the URL that was registered last", () =>
    Effect.gen(function* () {
      const datasources = yield* Datasources
      const project = yield* TestInfra.project
      const { url, sql } = yield* datasourceOf(`CREATE TABLE here (id int)`)
      const { id } = yield* datasources.register(project, { name: "moving", url: nowhere })
      const open = datasources.open(project, id)
      expect(yield* Effect.flip(Effect.scoped(open))).toMatchObject({ reason: "unreachable" })
      // A failure is not remembered; a new URL is used at once.
      yield* datasources.register(project, { name: "moving", url })
      const [one, two] = [yield* open, yield* open]
      // A pool has read its login once.
      expect(one.login).toBe(two.login)
      expect((yield* one.catalog()).tables.map(({ table }) => table)).toEqual(["here"])
      yield* datasources.register(project, { name: "moving", url })
      expect((yield* open).login).toBe(one.login)
      yield* datasources.register(project, { name: "moving", url: urlWith(url, { password: "another" }) })
      expect(Option.exists(yield* Effect.option(open), ({ login }) => login === one.login)).toBe(false)
      expect((yield* one.catalog()).tables).toHaveLength(1)
      const sessions = sql<{ n: number }>`SELECT count(*)::int AS n FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'workflow-infra' AND state <> 'idle'`
      yield* eventually("nothing runs on", sessions, ([row]) => row?.n === 0)
    }).pipe(Effect.scoped)
  )

  it.effect("store what they read when the scope ends in which they were opened", () =>
    Effect.gen(function* () {
      const datasources = yield* Datasources
      const profiles = yield* ProfileRepository
      const { withProject } = yield* TenantContext
      const { work } = yield* Database
      const project = yield* TestInfra.project
      const { url } = yield* datasourceOf(`CREATE TABLE here AS SELECT n AS id FROM generate_series(1, 9) n`)
      const { id } = yield* datasources.register(project, { name: "remembered", url })
      yield* Effect.scoped(
        Effect.gen(function* () {
          const opened = yield* datasources.open(project, id)
          const catalog = yield* opened.catalog()
          yield* withProject(project)(
            profiles.saveCatalog(id, catalog, { snapshot: "s", tables: { "public.here": "1" } })
          )
          yield* Effect.forEach(catalog.tables, (table) => opened.profile(table))
        })
      )
      const rows = yield* work<{ tables: ReadonlyArray<string> }>`SELECT tables FROM engine.readings
        WHERE datasource_id = ${id}`.pipe(withProject(project))
      expect(rows.length).toBeGreaterThan(0)
    }).pipe(Effect.scoped)
  )

  it.effect("share their pool also where one of those who wait for it is interrupted", () =>
    Effect.gen(function* () {
      const datasources = yield* Datasources
      const project = yield* TestInfra.project
      const { url } = yield* datasourceOf(`SELECT 1`)
      const proxy = yield* Proxy.make(url)
      yield* proxy.stall("all")
      const { id } = yield* datasources.register(project, { name: "slow", url: proxy.url })
      const open = datasources.open(project, id)
      const [first, second] = [yield* Effect.fork(open), yield* Effect.fork(Effect.scoped(open))]
      yield* eventually("they wait for a connection", proxy.ports, ({ length }) => length > 0)
      yield* Fiber.interrupt(second)
      yield* proxy.heal
      expect((yield* open).login).toBe((yield* Fiber.join(first)).login)
    }).pipe(Effect.scoped)
  )

  it.effect("can be opened by whoever registered them, though another process with another key did so since", () =>
    Effect.gen(function* () {
      const project = yield* TestInfra.project
      const { url } = yield* datasourceOf(`SELECT 1`)
      const register = Effect.flatMap(Datasources, (datasources) => datasources.register(project, { name: "it", url }))
      const { id } = yield* register
      yield* Effect.provide(register, Layer.fresh(Datasources.layer).pipe(Layer.provide(key(2))))
      const datasource = yield* Effect.flatMap(Datasources, (datasources) => datasources.open(project, id))
      expect((yield* datasource.catalog()).tables).toEqual([])
    }).pipe(Effect.scoped)
  )

  it.effect("cannot be opened with another key, until they are registered again", () =>
    Effect.gen(function* () {
      const project = yield* TestInfra.project
      const { url } = yield* datasourceOf(`SELECT 1`)
      const { id } = yield* Effect.flatMap(Datasources, (datasources) =>
        datasources.register(project, { name: "it", url })
      )
      yield* Effect.gen(function* () {
        const datasources = yield* Datasources
        expect(yield* Effect.flip(datasources.open(project, id))).toMatchObject({ _tag: "CredentialsError" })
        expect((yield* datasources.register(project, { name: "it", url })).id).toBe(id)
        expect((yield* (yield* datasources.open(project, id)).catalog()).tables).toEqual([])
      }).pipe(Effect.provide(Layer.fresh(Datasources.layer).pipe(Layer.provide(key(2)))))
    }).pipe(Effect.scoped)
  )
})

const profileOf = (table: string, rows: number, sample: ReadonlyArray<string> = []): TableProfile => ({
  schema: "public",
  table,
  rows,
  sampled: false,
  columns: [
    {
      column: "x",
      nulls: 0,
      distinct: sample.length,
      minimum: null,
      maximum: null,
      minimumLength: null,
      maximumLength: null,
      averageLength: 1.5,
      sample,
      common: [{ value: "a", count: 1 }]
    }
  ]
})

const catalogOf = (...tables: ReadonlyArray<string>) => ({
  database: "shop",
  serverVersion: "18",
  skipped: [],
  tables: tables.map((table) => ({
    schema: "public",
    table,
    kind: "table" as const,
    comment: null,
    estimatedRows: 1.5,
    columns: [],
    keys: [],
    foreignKeys: [],
    indexes: [["x"]]
  }))
})

/** The same promises, kept by the database and in memory. */
const keeps = (project: Effect.Effect<string>, datasource: (project: string) => Effect.Effect<string>) =>
  Effect.gen(function* () {
    const repository = yield* ProfileRepository
    const { withProject } = yield* TenantContext
    const [mine, other] = [yield* project, yield* project]
    const id = yield* datasource(mine)
    const own = withProject(mine)

    expect(yield* own(repository.catalog(id))).toEqual(Option.none())
    yield* own(repository.saveCatalog(id, catalogOf("A", "b", "é")))
    expect(yield* own(repository.catalog(id))).toEqual(Option.some(catalogOf("A", "b", "é")))
    for (const [table, rows] of [
      ["é", 1],
      ["b", 1],
      ["A", 1],
      ["b", 2]
    ] as const) {
      yield* own(repository.saveProfile(id, profileOf(table, rows, ["😀"])))
    }
    expect((yield* Effect.flatten(own(repository.profiles(id)))).map(({ table, rows }) => [table, rows])).toEqual([
      ["A", 1],
      ["b", 2],
      ["é", 1]
    ])
    expect(yield* Effect.flatten(withProject(other)(repository.profiles(id)))).toEqual([])
    expect(yield* withProject(other)(repository.catalog(id))).toEqual(Option.none())
    yield* own(repository.saveCatalog(id, catalogOf("b")))
    expect(yield* Effect.flatten(own(repository.profiles(id)))).toEqual([profileOf("b", 2, ["😀"])])
    return { id, own, other: withProject(other) }
  })

describe("what was read of a datasource", () => {
  it.effect("is kept in memory per project, without tables that are gone", () =>
    keeps(uuidv7, () => uuidv7).pipe(Effect.provide([ProfileRepository.layerMemory, TenantContext.layerMemory]))
  )

  it.live("is kept in the database per project, without tables that are gone, whatever characters are in it", () =>
    Effect.gen(function* () {
      const datasources = yield* Datasources
      const projects = yield* Effect.context<Layer.Layer.Success<typeof layer>>()
      const { id, own, other } = yield* keeps(Effect.orDie(Effect.provide(TestInfra.project, projects)), (project) =>
        Effect.orDie(Effect.map(datasources.register(project, { url: nowhere }), ({ id }) => id))
      )
      const repository = yield* ProfileRepository
      yield* own(repository.saveProfile(id, profileOf("b", 3, ["a\0b", "\ud800", "\\u0000", "😀"])))
      expect((yield* Effect.flatten(own(repository.profiles(id))))[0]?.columns[0]?.sample).toEqual([
        "a\ufffdb",
        "\ufffd",
        "\\u0000",
        "😀"
      ])
      expect((yield* Effect.flip(other(repository.saveProfile(id, profileOf("b", 3)))))._tag).toBe("DatabaseError")
    }).pipe(Effect.provide(layer))
  )

  it.live("is opened when the transaction that read it is over: to open much takes longer than one may idle", () => {
    const open: Array<number> = []
    const counting = Layer.effect(
      Credentials,
      Effect.gen(function* () {
        const credentials = yield* Credentials
        const { control: sql } = yield* Database
        const count = sql<{ open: number }>`SELECT count(*)::int AS open FROM pg_stat_activity
          WHERE datname = current_database() AND state LIKE 'idle in transaction%'`
        return {
          ...credentials,
          decrypt: (what, datasourceId, sealed) =>
            outsideTransaction(count).pipe(
              Effect.orDie,
              Effect.tap((rows) => Effect.sync(() => open.push(...rows.map((row) => row.open)))),
              Effect.zipRight(credentials.decrypt(what, datasourceId, sealed))
            )
        }
      })
    ).pipe(Layer.provide(key(1)))
    return Effect.gen(function* () {
      const project = yield* TestInfra.project
      const { id } = yield* (yield* Datasources).register(project, { url: nowhere })
      const repository = yield* ProfileRepository
      const own = (yield* TenantContext).withProject(project)
      yield* own(repository.saveCatalog(id, catalogOf("a", "b")))
      for (const table of ["a", "b"]) yield* own(repository.saveProfile(id, profileOf(table, 1, ["x"])))
      expect(yield* Effect.flatten(own(repository.profiles(id)))).toEqual(
        ["a", "b"].map((table) => profileOf(table, 1, ["x"]))
      )
      expect(open).toEqual([0, 0])
    }).pipe(
      Effect.provide(
        Layer.merge(registry, Layer.provide(ProfileRepository.layer, counting)).pipe(
          Layer.provideMerge(TestInfra.database)
        )
      )
    )
  })
})
