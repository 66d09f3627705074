import { expect, layer } from "@effect/vitest"
import { Effect, Option, Schema } from "effect"
import { Database } from "../../src/database/Database.ts"
import { uuidv7 } from "../../src/database/Uuid.ts"
import * as WorkflowKind from "../../src/workflow/WorkflowKind.ts"
import { WorkflowRepository } from "../../src/workflow/WorkflowRepository.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { given, kind, operations, reaches, task } from "../fixtures/TestWorkflows.ts"
import * as Faults from "./Faults.ts"

const MEGABYTE = 1_000_000

const refuse = () => {
  throw new Error("nobody looks at this")
}

/** Throws at whatever is done with it. */
const untouchable = () => new Proxy(() => {}, new Proxy({}, { get: () => refuse }))

const UNREADABLE = /nobody looks|cannot be read|tempting/

/** What a program may fail with, and what is told of it. */
const failures: Record<string, readonly [make: () => unknown, told: RegExp]> = {
  "whose message throws": [() => Object.defineProperty(new Error("x"), "message", { get: refuse }), UNREADABLE],
  "that throws when it is read": [
    () => ({
      get message() {
        return refuse()
      },
      toString: refuse,
      toJSON: refuse,
      [Symbol.toPrimitive]: refuse
    }),
    UNREADABLE
  ],
  "that refuses everything": [untouchable, UNREADABLE],
  "that does not say what it is": [() => new Proxy(new Error("shy"), { getPrototypeOf: refuse }), UNREADABLE],
  "that is its own cause": [
    () => {
      const error = new Error("round and round")
      return Object.assign(error, { cause: error })
    },
    /round and round/
  ],
  "that is circular": [
    () => {
      const circle: Record<string, unknown> = { name: "circle" }
      return Object.assign(circle, { circle })
    },
    /circle/
  ],
  "of 10 MB": [() => new Error("long ".repeat(2 * MEGABYTE)), /^(Poison: )?long long .{1000,2100}…$/],
  "that is nothing": [() => undefined, /./],
  "that is a symbol": [() => Symbol("poison"), /Symbol\(poison\)/],
  "whose retryable throws": [
    () => Object.defineProperty(new Error("tempting"), "retryable", { get: refuse }),
    UNREADABLE
  ]
}

/** A kind with one task, in whose `execute`, `commit` or `run` something goes wrong. */
const poisoned = (name: string, where: string, wrong: Effect.Effect<never, unknown>) =>
  WorkflowKind.make(name, {
    config: Schema.Null,
    // Whatever it fails with is tried to be stored as its error, too.
    error: Schema.Unknown,
    run: ({ queue }) =>
      where === "run"
        ? wrong
        : queue.enqueue({
            id: "poison",
            name: "Poison",
            class: "data",
            execute: where === "execute" ? wrong : Effect.void,
            commit: () => (where === "commit" ? wrong : Effect.void)
          })
  })

layer(Faults.database, { timeout: "60 seconds", excludeTestServices: true })("what programs do", (it) => {
  for (const where of ["execute", "commit", "run"]) {
    it.scoped(
      `32: errors that cannot be read, in ${where}: each fails its workflow with a clear error; siblings go on`,
      () =>
        Effect.gen(function* () {
          const infra = yield* TestInfra.start()
          const projectId = yield* TestInfra.project
          const open = yield* Effect.makeLatch()
          const sibling = yield* infra.register(
            kind("sibling", ({ queue }) =>
              Effect.forEach(["a", "b", "c"], (id) =>
                queue.enqueue({ id, name: id, class: "data", execute: open.await, commit: () => Effect.void })
              )
            )
          )
          const beside = yield* sibling.start({ projectId, config: null })
          yield* Effect.forEach(
            Object.entries(failures)

              .flatMap(([what, [make, told]]) => [
                [`${where} fails with one ${what}`, told, Effect.suspend(() => Effect.fail(make()))] as const,
                [`${where} dies with one ${what}`, told, Effect.suspend(() => Effect.die(make()))] as const
              ]),
            ([name, told, wrong]) =>
              Effect.gen(function* () {
                const registered = yield* infra.register(poisoned(name, where, wrong))
                const workflow = yield* registered.start({ projectId, config: null })
                const ended = yield* reaches(infra, workflow, "failed")
                expect([name, Option.getOrThrow(ended.errorMessage)]).toEqual([name, expect.stringMatching(told)])
                expect(ended.epoch).toBe(2)
                if (where === "run") return
                const [stored] = Option.getOrThrow(yield* infra.loadQueue(projectId, workflow.id))
                expect([name, stored?.status, Option.getOrThrow(stored?.error ?? Option.none())]).toEqual([
                  name,
                  "failed",
                  expect.stringMatching(told)
                ])
              }),
            { concurrency: 4 }
          )
          yield* open.open
          yield* reaches(infra, beside, "completed")
        }).pipe(Faults.soundly)
    )
  }

  it.scoped("32: results that are circular or huge: nothing but what is done with them counts", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start()
      const { tenantRole, work: sql } = yield* Database
      yield* sql`CREATE TABLE results (size int)`
      yield* sql`GRANT INSERT ON results TO ${sql(tenantRole)}`
      const circle: Record<string, unknown> = {}
      circle["circle"] = circle
      const huge = "x".repeat((Faults.isLong ? 100 : 20) * MEGABYTE)
      const giving = (name: string, result: unknown, commit: (result: unknown) => Effect.Effect<unknown, unknown>) =>
        kind(name, ({ queue }) =>
          queue.enqueue({
            id: "a",
            name: "A",
            class: "data",
            execute: Effect.succeed(result),
            commit: (value) => Effect.asVoid(commit(value))
          })
        )
      const store = (value: unknown) => sql`INSERT INTO results VALUES (length(${String(value)}::text))`
      const outcomes = {
        "circular, not stored": [giving("circle", circle, () => Effect.void), "completed", ""],
        "circular, stored": [
          giving("stored", circle, (value) => Effect.suspend(() => store(JSON.stringify(value)))),
          "failed",
          "circular"
        ],
        "huge, stored": [giving("huge", huge, store), "completed", ""],
        "larger than the database takes": [
          giving("larger", null, () => sql`SELECT repeat('x', 2000000000)`),
          "failed",
          "too large"
        ]
      } as const
      for (const [what, [made, state, message]] of Object.entries(outcomes)) {
        const registered = yield* infra.register(made)
        const workflow = yield* registered.start({ projectId: yield* TestInfra.project, config: null })
        const ended = yield* reaches(infra, workflow, state)
        expect([what, Option.getOrElse(ended.errorMessage, () => "")]).toEqual([what, expect.stringContaining(message)])
      }
      expect(yield* sql`SELECT size FROM results`).toEqual([{ size: huge.length }])
    }).pipe(Faults.soundly)
  )

  it.scoped(
    "32: configs that cannot be stored are refused, each with a reason; others of the same moment are not",
    () =>
      Effect.gen(function* () {
        const infra = yield* TestInfra.start()
        const anything = yield* infra.register(
          WorkflowKind.make("anything", { config: Schema.Unknown, run: () => Effect.void })
        )
        const projectId = yield* TestInfra.project
        const circle: Record<string, unknown> = {}
        circle["circle"] = circle
        const configs: Record<string, unknown> = {
          circular: circle,
          "100 MB": "x".repeat(100 * MEGABYTE),
          "1 GB": Array.from({ length: 1_000 }, () => "x".repeat(MEGABYTE)),
          "a function": () => 1,
          "a symbol": Symbol("x"),
          "a big integer": 1n,
          "with NUL": { text: "a\0b" },
          "half a surrogate pair": { text: "\uD800" },
          "one that throws": { toJSON: refuse },
          "one that throws what cannot be read": {
            toJSON: () => {
              throw untouchable()
            }
          },
          "one that refuses everything": untouchable()
        }
        const start = (config: unknown) =>
          Effect.flatMap(uuidv7, (datasourceId) => anything.start({ projectId, datasourceId, config }))
        const starts = yield* Effect.all(
          Object.entries(configs).flatMap(([what, config]) => [
            Effect.map(
              Effect.exit(start(config)),
              (exit) => [what, exit._tag === "Failure" && exit.cause._tag === "Fail" && exit.cause.error._tag] as const
            ),
            Effect.map(Effect.exit(start({ good: what })), (exit) => [what, exit._tag] as const)
          ]),
          { concurrency: "unbounded" }
        )
        expect(starts).toEqual(
          Object.keys(configs).flatMap((what) => [
            [what, "InvalidConfig"],
            [what, "Success"]
          ])
        )
        const error = yield* Effect.flip(start("x".repeat(100 * MEGABYTE)))
        expect(error.message).toBe(
          "a workflow of kind anything cannot be started with this config: it is 100000002 bytes of JSON, and 1000000 is the most: store what is large, and name it"
        )
      }).pipe(Faults.soundly)
  )

  it.scoped("32: what a schema says of a config that it does not take is short", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start()
      const picky = yield* infra.register(
        WorkflowKind.make("picky", { config: Schema.String.pipe(Schema.maxLength(10)), run: () => Effect.void })
      )
      const projectId = yield* TestInfra.project
      const config = "x".repeat(20 * MEGABYTE)
      const error = yield* Effect.flip(picky.start({ projectId, config }))
      expect(error.message.length).toBeLessThan(10_000)
      expect(error.message).toContain("at most 10 character")
    }).pipe(Faults.soundly)
  )

  it.scoped("32: task ids that are none: the workflow fails with a clear error; siblings go on", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start()
      const projectId = yield* TestInfra.project
      const ids = {
        long: "i".repeat(3_000),
        NUL: "a\0b",
        surrogate: "a\uD800",
        empty: "",
        huge: "i".repeat(10 * MEGABYTE)
      }
      for (const [what, id] of Object.entries(ids)) {
        const registered = yield* infra.register(
          kind(what, ({ queue }) =>
            Effect.forEach(["good", id, "never"], (one) =>
              queue.enqueue({ id: one, name: one, class: "data", execute: Effect.void })
            )
          )
        )
        const workflow = yield* registered.start({ projectId, config: null })
        const ended = yield* reaches(infra, workflow, "failed")
        expect([what, Option.getOrThrow(ended.errorMessage)]).toEqual([
          what,
          expect.stringMatching(/^a task cannot have the id ".{0,40}": it (has|is) /)
        ])
      }
      // The longest that there may be.
      const longest = "é".repeat(500)
      const fine = yield* infra.register(
        kind("fine", ({ queue }) =>
          queue.enqueue({ id: longest, name: "fine", class: "data", execute: Effect.void, commit: () => Effect.void })
        )
      )
      const workflow = yield* fine.start({ projectId, config: null })
      yield* reaches(infra, workflow, "completed")
      const [stored] = Option.getOrThrow(yield* infra.loadQueue(projectId, workflow.id))
      expect(stored?.id).toBe(longest)
    }).pipe(Faults.soundly)
  )

  it.scoped("32: names and messages of 10 MB: what people read is stored as far as they read it; siblings go on", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start()
      const long = "long ".repeat(2 * MEGABYTE)
      const projectId = yield* TestInfra.project
      const brief = yield* infra.register(
        kind("brief", ({ queue }) =>
          queue.enqueue({ id: "a", name: "A", class: "data", execute: Effect.void, commit: () => Effect.void })
        )
      )
      const wordy = yield* infra.register(
        kind("wordy", ({ progress, queue }) =>
          Effect.gen(function* () {
            yield* progress({ message: long, done: 1, total: 2 })
            // Together longer than any text that the process can make.
            for (let n = 0; n < 60; n++) {
              yield* queue.enqueue({ id: `t${n}`, name: long, class: "data", execute: Effect.void })
            }
            yield* queue.enqueue({
              id: "last",
              name: long,
              class: "data",
              execute: Effect.void,
              commit: () => Effect.void
            })
          })
        )
      )
      const workflow = yield* wordy.start({ projectId, config: null })
      const sibling = yield* brief.start({ projectId, config: null })
      yield* reaches(infra, sibling, "completed")
      const ended = yield* reaches(infra, workflow, "completed")
      expect(Option.getOrThrow(ended.progress).message.length).toBeLessThan(10_000)
      const tasks = Option.getOrThrow(yield* infra.loadQueue(projectId, workflow.id))
      expect(tasks.length).toBe(61)
      for (const { name, status } of tasks) expect([status, name.length < 10_000]).toEqual(["completed", true])
    }).pipe(Faults.soundly)
  )

  it.scoped("32: projects and workflows that are none, for every operation: not found, and the server goes on", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start()
      const registered = yield* infra.register(kind("brief", () => Effect.void))
      const projectId = yield* TestInfra.project
      const real = yield* registered.start({ projectId, config: null })
      yield* reaches(infra, real, "completed")
      const nobody = yield* uuidv7
      for (const project of [nobody, "", "no uuid", "'; DROP TABLE x; --", "a\0b", "\uD800", "x".repeat(MEGABYTE)]) {
        const start = yield* Effect.flip(registered.start({ projectId: project, config: null }))
        expect([project.slice(0, 20), start._tag]).toEqual([project.slice(0, 20), "ProjectNotFound"])
        expect(yield* infra.latest({ projectId: project, kind: "brief" })).toEqual(Option.none())
        expect(yield* infra.latest({ projectId, datasourceId: project, kind: "brief" })).toEqual(Option.none())
        yield* infra.adopt({ projectIds: [project], workflowIds: [project] })
        for (const [inProject, id] of [
          [project, real.id],
          [projectId, project],
          [project, project]
        ] as const) {
          for (const ask of operations(infra, registered, inProject, id)) {
            expect((yield* Effect.flip(ask))._tag).toBe("WorkflowNotFound")
          }
          expect(yield* infra.loadQueue(inProject, id)).toEqual(Option.none())
          yield* infra.deleteQueue(inProject, id)
          for (const ownership of [
            { projectId: inProject, workflowId: id, ownerId: nobody, epoch: 1 },
            { projectId: inProject, workflowId: id, ownerId: project, epoch: 1 },
            { projectId: inProject, workflowId: id, ownerId: nobody, epoch: 1e10 }
          ]) {
            expect((yield* Effect.flip(infra.storeQueue(ownership, [task("a")])))._tag).toBe("OwnershipLost")
            yield* infra.startHeartbeat(ownership)
            yield* infra.startTaskQueueWriter(ownership)
            yield* infra.sendTaskQueueUpdate(id, [task("b")])
            yield* infra.stopTaskQueueWriter(id)
            yield* infra.stopHeartbeat(id)
          }
        }
      }
      // What was adopted that is none keeps nobody from taking over what there is.
      const commanded = yield* TestInfra.start({ ...TestInfra.quick, takeover: { projectIds: [], workflowIds: [] } })
      yield* commanded.adopt({ projectIds: ["no uuid", projectId], workflowIds: ["", "x"] })
      yield* commanded.register(kind("adopted", () => Effect.void))
      const repository = yield* WorkflowRepository
      const waiting = yield* repository.insert(given(yield* uuidv7, projectId, Option.none(), { kind: "adopted" }))
      yield* reaches(infra, waiting, "completed")
      // Nothing is refused; what other tests have left waiting is none of it.
      const { reasons } = yield* commanded.health
      expect(reasons.filter((reason) => !reason.startsWith("workflows of kind"))).toEqual([])
    }).pipe(Faults.soundly)
  )
})
