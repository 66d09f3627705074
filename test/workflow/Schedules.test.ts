import { describe, expect, it, layer } from "@effect/vitest"
import { Cron, DateTime, Effect, FastCheck as fc, Option, Ref, Schema, type Scope, TestClock } from "effect"
import { Database } from "../../src/database/Database.ts"
import { uuidv7 } from "../../src/database/Uuid.ts"
import { dueOf } from "../../src/workflow/Schedules.ts"
import type { MissedTicks } from "../../src/workflow/Schedules.ts"
import * as WorkflowKind from "../../src/workflow/WorkflowKind.ts"
import { inMemory } from "../../src/workflow/WorkflowSettings.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { endless, kind as kindOf } from "../fixtures/TestWorkflows.ts"

const at = (text: string) => new Date(`2026-${text}Z`)
const due = (cron: Cron.Cron, missed: MissedTicks, tickedAt: Date, now: Date) => {
  const { ticks, upTo } = dueOf(cron, missed, { tickedAt, now })
  return [ticks.map((tick) => tick.toISOString()), Option.getOrUndefined(upTo)?.toISOString()]
}
const iso = (...times: ReadonlyArray<string>) => times.map((text) => at(text).toISOString())

describe("the ticks that are due", () => {
  const hourly = Cron.unsafeParse("0 * * * *")

  it("are none before the next one, and that one from its very moment on, once", () => {
    for (const missed of ["skip", "once", "all"] as const) {
      expect(due(hourly, missed, at("01-01T08:00:00.000"), at("01-01T08:59:59.999"))).toEqual([[], undefined])
      const nine = iso("01-01T09:00:00.000")
      expect(due(hourly, missed, at("01-01T08:00:00.000"), at("01-01T09:00:00.000"))).toEqual([nine, nine[0]])
      expect(due(hourly, missed, at("01-01T08:00:00.000"), at("01-01T09:00:59.999"))).toEqual([nine, nine[0]])
      expect(due(hourly, missed, at("01-01T09:00:00.000"), at("01-01T09:00:00.500"))).toEqual([[], undefined])
    }
  })

  it("are by rule nothing, the last one or all that were missed", () => {
    const [since, now] = [at("01-01T08:30:00.000"), at("01-01T11:30:00.000")]
    const all = iso("01-01T09:00:00.000", "01-01T10:00:00.000", "01-01T11:00:00.000")
    expect(due(hourly, "skip", since, now)).toEqual([[], all[2]])
    expect(due(hourly, "once", since, now)).toEqual([[all[2]], all[2]])
    expect(due(hourly, "all", since, now)).toEqual([all, all[2]])
    // What is not late is no missed one.
    expect(due(hourly, "skip", since, at("01-01T11:00:30.000"))).toEqual([[all[2]], all[2]])
  })

  it("are the last hundred where more were missed", () => {
    const secondly = Cron.unsafeParse("* * * * * *")
    const { ticks } = dueOf(secondly, "all", { tickedAt: new Date(0), now: at("01-01T00:00:00.000") })
    expect([ticks.length, ticks[0], ticks[99]]).toEqual([
      100,
      new Date("2025-12-31T23:58:21Z"),
      at("01-01T00:00:00Z".slice(0, -1))
    ])
  })

  it("follow the expression's time zone over its changes of time, and UTC without one", () => {
    const daily = (zone?: string) => Cron.unsafeParse("0 3 * * *", zone)
    const days = (cron: Cron.Cron) => due(cron, "all", at("03-27T12:00:00.000"), at("03-30T12:00:00.000"))[0]
    expect(days(daily("Europe/Berlin"))).toEqual(iso("03-28T02:00:00.000", "03-29T01:00:00.000", "03-30T01:00:00.000"))
    expect(days(daily())).toEqual(iso("03-28T03:00:00.000", "03-29T03:00:00.000", "03-30T03:00:00.000"))
  })

  it("are of the hour that comes twice only the first, and of the one that is left out an hour later", () => {
    const between = (expression: string, from: string, to: string) =>
      due(Cron.unsafeParse(expression, "Europe/Berlin"), "all", at(from), at(to))[0]
    expect(between("0 * * * *", "10-24T23:30:00.000", "10-25T02:30:00.000")).toEqual(
      iso("10-25T00:00:00.000", "10-25T02:00:00.000")
    )
    expect(between("30 2 * * *", "03-28T12:00:00.000", "03-29T12:00:00.000")).toEqual(iso("03-29T01:30:00.000"))
  })

  it.prop(
    "are, looked at whenever, every tick of the expression once and in order",
    [
      fc.constantFrom("0 * * * *", "*/7 * * * *", "30 4 * * 1", "0 0 1 * *"),
      fc.array(fc.integer({ min: 0, max: 3_600_000 }), { maxLength: 60 })
    ],
    ([expression, delays]) => {
      const cron = Cron.unsafeParse(expression, DateTime.zoneUnsafeMakeNamed("UTC"))
      const start = at("03-29T00:30:00.000")
      const seen: Array<Date> = []
      let [now, tickedAt] = [Number(start), start]
      for (const delay of delays) {
        now += delay
        const { ticks, upTo } = dueOf(cron, "all", { tickedAt, now: new Date(now) })
        seen.push(...ticks)
        tickedAt = Option.getOrElse(upTo, () => tickedAt)
      }
      const expected: Array<Date> = []
      for (const tick of Cron.sequence(cron, start)) {
        if (Number(tick) > now) break
        expected.push(tick)
      }
      expect(seen).toEqual(expected)
    }
  )
})

const run = <A, E>(test: Effect.Effect<A, E, TestInfra.Memory | Scope.Scope>) => Effect.provide(test, TestInfra.memory)

describe("a schedule, in memory", () => {
  /** A kind that notes the times of its workflows. */
  const noting = (seen: Ref.Ref<ReadonlyArray<string>>) =>
    kindOf("noting", ({ workflow }) => Ref.update(seen, (before) => [...before, workflow.startAt.toISOString()]))

  it.scoped("starts a workflow at each tick, until its scope closes, and makes up for what was missed", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(at("01-01T08:30:00.000"))
      const seen = yield* Ref.make<ReadonlyArray<string>>([])
      const ticking = Effect.gen(function* () {
        const infra = yield* TestInfra.start(inMemory)
        const kind = yield* infra.register(noting(seen))
        yield* kind.schedule({
          name: "hourly",
          projectId: "project",
          cron: Cron.unsafeParse("0 * * * *"),
          config: null
        })
        yield* TestClock.adjust("2 hours")
      }).pipe(Effect.scoped)
      yield* ticking
      expect(yield* Ref.get(seen)).toEqual(iso("01-01T09:00:00.000", "01-01T10:00:00.000"))
      yield* TestClock.adjust("2 hours")
      expect((yield* Ref.get(seen)).length).toBe(2)
      yield* ticking
      expect((yield* Ref.get(seen)).slice(2)).toEqual(
        iso("01-01T12:00:00.000", "01-01T13:00:00.000", "01-01T14:00:00.000")
      )
    }).pipe(run)
  )

  it.scoped("starts a tick's workflow at the tick, and not a moment later", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(at("01-01T08:30:00.000"))
      const seen = yield* Ref.make<ReadonlyArray<string>>([])
      const kind = yield* Effect.flatMap(TestInfra.start(inMemory), (infra) => infra.register(noting(seen)))
      yield* kind.schedule({ name: "hourly", projectId: "project", cron: Cron.unsafeParse("0 * * * *"), config: null })
      yield* TestClock.adjust("30 minutes")
      expect(yield* Ref.get(seen)).toEqual(iso("01-01T09:00:00.000"))
      yield* TestClock.adjust("1 hour")
      expect(yield* Ref.get(seen)).toEqual(iso("01-01T09:00:00.000", "01-01T10:00:00.000"))
    }).pipe(run)
  )

  it.scoped(
    "leaves out a tick at which the workflow of the one before still runs, if they have one exclusive key",
    () =>
      Effect.gen(function* () {
        const infra = yield* TestInfra.start(inMemory)
        const kind = yield* infra.register(endless("long"))
        const cron = Cron.unsafeParse("0 * * * *")
        yield* kind.schedule({ name: "hourly", projectId: "project", cron, exclusiveKey: "one", config: null })
        yield* TestClock.adjust("3 hours")
        expect((yield* infra.list({ projectId: "project" })).workflows.map(({ startAt }) => Number(startAt))).toEqual([
          3_600_000
        ])
      }).pipe(run)
  )

  it.scoped("is refused at once with a name, config or expression that cannot be", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start(inMemory)
      const kind = yield* infra.register(
        WorkflowKind.make("checked", { config: Schema.NonEmptyString, run: () => Effect.void })
      )
      const options = { name: "a", projectId: "project", cron: Cron.unsafeParse("0 * * * *"), config: "a" }
      const refusal = (changes: Partial<typeof options>) =>
        Effect.map(Effect.flip(kind.schedule({ ...options, ...changes })), ({ message }) => message)
      expect(yield* refusal({ name: "a".repeat(401) })).toContain("this name: it has 401 bytes, and 400 is the most")
      expect(yield* refusal({ config: "" })).toContain("cannot be started with this config")
      expect(yield* refusal({ config: "\0" })).toContain("characters that are no text")
      const never = Cron.unsafeParse("0 0 30 2 *")
      const died = kind.schedule({ ...options, cron: never }).pipe(
        Effect.as(""),
        Effect.catchAllDefect((defect) => Effect.succeed(String(defect)))
      )
      expect(yield* died).toContain('the cron expression "0 0 0 30 2 * UTC" of schedule a has no time at all')
    }).pipe(run)
  )
})

layer(TestInfra.database, { timeout: "60 seconds", excludeTestServices: true })("a schedule, in PostgreSQL", (it) => {
  it.scoped("that several servers have starts one workflow for each tick, without a gap", () =>
    Effect.gen(function* () {
      const projectId = yield* TestInfra.project
      const name = yield* uuidv7
      for (let server = 0; server < 3; server++) {
        const infra = yield* TestInfra.start()
        const kind = yield* infra.register(kindOf("secondly", () => Effect.void))
        yield* kind.schedule({ name, projectId, cron: Cron.unsafeParse("* * * * * *"), missed: "all", config: null })
      }
      const infra = yield* TestInfra.start()
      const { workflows } = yield* eventually(
        "it has ticked four times",
        infra.list({ projectId, kind: "secondly", state: "completed" }),
        (page) => page.workflows.length >= 4
      )
      const ticks = workflows.map(({ startAt }) => Number(startAt)).toSorted((a, b) => a - b)
      const [first = 0] = ticks
      expect(first % 1_000).toBe(0)
      expect(ticks).toEqual(ticks.map((_, n) => first + n * 1_000))
      for (const { idempotencyKey, startAt, startedAt } of workflows) {
        expect(idempotencyKey).toEqual(Option.some(`schedule ${name} ${startAt.toISOString()}`))
        expect(Option.exists(startedAt, (time) => time >= startAt)).toBe(true)
      }
    })
  )

  it.scoped("makes up by rule for what was missed while no server was there", () =>
    Effect.gen(function* () {
      const { work: sql } = yield* Database
      const projectId = yield* TestInfra.project
      // Half an hour from any tick, so that the last one is long past.
      const cron = Cron.unsafeParse(`${(new Date().getUTCMinutes() + 30) % 60} * * * *`)
      const options = (missed: MissedTicks) => ({ name: missed, missed, projectId, cron, config: null })
      const rules = ["skip", "once", "all"] as const
      const start = (servers: number) =>
        Effect.gen(function* () {
          for (let n = 0; n < servers; n++) {
            const infra = yield* TestInfra.start()
            const kind = yield* infra.register(kindOf("hourly", () => Effect.void))
            for (const missed of rules) yield* kind.schedule(options(missed))
          }
        })
      yield* Effect.scoped(start(1))
      yield* sql`UPDATE engine.workflow_schedules SET ticked_at = ticked_at - interval '3 hours'`
      yield* start(2)
      const infra = yield* TestInfra.start()
      const started = Effect.map(infra.list({ projectId, kind: "hourly" }), ({ workflows }) =>
        rules.map(
          (rule) =>
            workflows.filter(({ idempotencyKey }) =>
              Option.exists(idempotencyKey, (key) => key.startsWith(`schedule ${rule}`))
            ).length
        )
      )
      yield* eventually("they are made up for", started, ([, once, all]) => once === 1 && all === 3)
      expect(yield* started).toEqual([0, 1, 3])
    })
  )
})
