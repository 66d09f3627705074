import { expect, layer } from "@effect/vitest"
import { Config, Data, Duration, Effect, FastCheck, Layer, Option, Runtime } from "effect"
import * as TestInfra from "../fixtures/TestInfra.ts"
import * as Model from "./Model.ts"
import * as ModelAction from "./ModelAction.ts"
import * as ModelWorld from "./ModelWorld.ts"

/** Random runs: this many, or as many as there is time for; `MODEL_RUNS` takes the time it needs. */
const RUNS = 50
const TIME_LIMIT = Duration.seconds(20)
/** The most steps in a run. */
const STEPS = 100
/** For as many runs as somebody wants. */
const TIMEOUT = Duration.hours(2)

const FIRST_LEASES = ModelAction.SERVERS.map((name) => `${name}000`)

/** What several claims at the same moment get is any mixture: each takes one at a time, and skips what the other has locked. */
const atoms = (action: ModelAction.Action): ReadonlyArray<ModelAction.Action> =>
  action.do === "claim" ? Array.from({ length: action.limit }, () => ({ ...action, limit: 1 })) : [action]

/** Every order of what happens at the same moment: lists are merged, each in its own order. */
function* orders<A>(lists: ReadonlyArray<ReadonlyArray<A>>): Generator<ReadonlyArray<readonly [list: number, A]>> {
  if (lists.every((list) => list.length === 0)) yield []
  for (const [index, [first, ...rest]] of lists.entries()) {
    if (first === undefined) continue
    for (const order of orders(lists.with(index, rest))) yield [[index, first], ...order]
  }
}

/** The model after these actions in some order that gives the answers seen and the tables seen; undefined where there is none. */
const explain = (
  model: Model.Model,
  actions: ReadonlyArray<ModelAction.Action>,
  seen: { readonly answers: ReadonlyArray<string>; readonly text: string; readonly attempts: Map<string, number> }
): Model.Model | undefined => {
  // A revocation counts attempts by what was committed when it began: one that is under way at that moment may count or not.
  const attemptsVary = actions.length > 1 && actions.some((action) => action.do === "complete")
  for (const order of orders(actions.length > 1 ? actions.map(atoms) : actions.map((action) => [action]))) {
    const after = structuredClone(model)
    const answers = actions.map((): Array<string> => [])
    for (const [index, action] of order) answers[index]?.push(Model.step(after, action))
    const said = answers.map((all) =>
      all
        .filter((answer) => answer !== "")
        .toSorted()
        .join(" ")
    )
    if (!said.every((answer, index) => answer === seen.answers[index]) || Model.show(after) !== seen.text) continue
    for (const [name, row] of after.rows) {
      if (attemptsVary) row.attempt = seen.attempts.get(name) ?? row.attempt
    }
    if ([...after.rows].every(([name, { attempt }]) => attempt === seen.attempts.get(name))) return after
  }
  return undefined
}

const isIdle = (model: Model.Model, action: ModelAction.Action) => {
  const after = structuredClone(model)
  Model.step(after, action)
  return Model.show(after) === Model.show(model)
}

/**
 * Whether an action can happen while others do. What a server does about requests is several transactions: no single moment in an order. And an
 * owner's end waits for its own list of tasks: its writer lets the write in flight end first.
 */
const canBeBeside = (action: ModelAction.Action, others: ReadonlyArray<ModelAction.Action>): boolean =>
  action.do !== "obey" &&
  !(
    action.do === "list" &&
    others.some(
      (other) => other.do === "end" && other.workflow === action.workflow && other.holder.epoch === action.holder.epoch
    )
  )

/** Does the steps to the tables and to the model: what happened up to where they differ, in words; undefined where they agree. */
const run = Effect.fn("Model.run")(function* (steps: ReadonlyArray<ReadonlyArray<ModelAction.Command>>) {
  const world = yield* ModelWorld.make(FIRST_LEASES)
  let model = Model.initial(FIRST_LEASES)
  let turn = 0
  const happened: Array<string> = []
  for (const step of steps) {
    const resolved = step.flatMap((command) =>
      Option.toArray(Option.fromNullable(ModelAction.resolve(command, model, ++turn)))
    )
    const [alone] = resolved
    // Most of what changes nothing is not worth its time; what is done by somebody of old is.
    if (alone === undefined || (resolved.length === 1 && step[0]?.age === 0 && isIdle(model, alone))) continue
    const actions = resolved.length > 1 ? resolved.filter((action) => canBeBeside(action, resolved)) : resolved
    const answers = yield* Effect.forEach(actions, world.act, { concurrency: "unbounded" })
    const seen = yield* world.look
    happened.push(actions.map((action, index) => `${ModelAction.inWords(action)} → ${answers[index]}`).join("   ‖   "))
    const explained = explain(model, actions, { ...seen, answers })
    if (explained === undefined) {
      const before = Model.show(model)
      const expected = actions.map((action) => `${ModelAction.inWords(action)} → ${Model.step(model, action)}`)
      return [
        ...happened,
        ...(yield* world.wrongs),
        `before:\n${before}`,
        `the tables:\n${seen.text}`,
        `attempts: ${[...seen.attempts].map(([name, attempt]) => `${name} ${attempt}`).join(", ")}`,
        `the model, in the order given:\n${expected.join("\n")}\n${Model.show(model)}`,
        `its attempts: ${[...model.rows].map(([name, { attempt }]) => `${name} ${attempt}`).join(", ")}`
      ].join("\n")
    }
    model = explained
  }
  const wrongs = yield* world.wrongs
  return wrongs.length > 0 ? [...happened, ...wrongs].join("\n") : undefined
})

const agree = (steps: Parameters<typeof run>[0]) =>
  Effect.flatMap(run(steps), (difference) =>
    difference === undefined ? Effect.void : Effect.fail(new Differ({ message: difference }))
  )

class Differ extends Data.TaggedError("Differ")<{ readonly message: string }> {}

const database = Layer.effectDiscard(Effect.orDie(ModelWorld.create)).pipe(Layer.provideMerge(TestInfra.database))

layer(database, { timeout: "60 seconds", excludeTestServices: true })("servers that share the tables", (it) => {
  it.effect(
    "do what the model does, at whatever moment they do what",
    () =>
      Effect.gen(function* () {
        const runs = yield* Config.option(Config.integer("MODEL_RUNS"))
        const seed = yield* Config.option(Config.integer("MODEL_SEED"))
        const runPromise = Runtime.runPromise(yield* Effect.runtime<Effect.Effect.Context<ReturnType<typeof agree>>>())
        const property = FastCheck.asyncProperty(ModelAction.steps(STEPS), (steps) => runPromise(agree(steps)))
        const result = yield* Effect.promise(() =>
          FastCheck.check(property, {
            numRuns: Option.getOrElse(runs, () => RUNS),
            ...(Option.isNone(runs) ? { interruptAfterTimeLimit: Duration.toMillis(TIME_LIMIT) } : {}),
            ...(Option.isSome(seed) ? { seed: seed.value } : {})
          })
        )
        if (result.failed) {
          const why =
            result.errorInstance instanceof Error ? result.errorInstance.message : String(result.errorInstance)
          expect.fail(
            `tables and model differ (again, and shrunk to the end: MODEL_SEED=${result.seed} MODEL_RUNS=${result.numRuns})\n${why}`
          )
        }
        expect(result.numRuns).toBeGreaterThan(0)
      }),
    Duration.toMillis(TIMEOUT)
  )
})
