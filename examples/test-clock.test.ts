/**
 * How to test a kind of workflow without a database and without waiting: `layerMemory` under `TestClock`. An hour passes at once.
 * `npx vitest run examples/test-clock.test.ts`
 */
import { expect, it } from "@effect/vitest"
import { Effect, Ref, Schema, TestClock } from "effect"
import { Projects, WorkflowInfra, WorkflowKind } from "workflow-infra"

/** What is under test: asks how the meal was, and again half an hour later. */
const survey = (ask: (text: string) => Effect.Effect<void>) =>
  WorkflowKind.make("survey", {
    config: Schema.Struct({ guest: Schema.String }),
    run: ({ config: { guest }, queue }) =>
      Effect.gen(function* () {
        yield* queue.enqueue({ id: "ask", name: "Ask", class: "data", execute: ask(`How was it, ${guest}?`) })
        yield* queue.wait
        const again = Effect.delay(ask(`Have a minute, ${guest}?`), "30 minutes")
        yield* queue.enqueue({ id: "ask again", name: "Ask again", class: "data", execute: again })
        yield* queue.wait
      })
  })

it.scoped("a guest is asked twenty minutes after the meal, and again half an hour later", () =>
  Effect.gen(function* () {
    const asked = yield* Ref.make<ReadonlyArray<string>>([])
    const infra = yield* WorkflowInfra
    const surveys = yield* infra.register(survey((text) => Ref.update(asked, (before) => [...before, text])))
    const projectId = yield* Effect.flatMap(Projects, (projects) => projects.ensure("example"))

    const { id } = yield* surveys.start({
      projectId,
      // TestClock begins on 1 January 1970. A workflow starts within the minute after its time.
      startAt: new Date("1970-01-01T00:20:00Z"),
      config: { guest: "Ada" }
    })
    yield* TestClock.adjust("19 minutes")
    expect(yield* Ref.get(asked)).toEqual([])
    yield* TestClock.adjust("2 minutes")
    expect(yield* Ref.get(asked)).toEqual(["How was it, Ada?"])
    yield* TestClock.adjust("30 minutes")
    expect(yield* Ref.get(asked)).toEqual(["How was it, Ada?", "Have a minute, Ada?"])
    expect((yield* infra.get(projectId, id)).state).toBe("completed")
  }).pipe(Effect.provide(WorkflowInfra.layerMemory))
)
