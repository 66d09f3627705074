import { Command } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { expect, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { eventually } from "../fixtures/eventually.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import { program } from "./Program.ts"

/** What a program logged, in order, without times and fibers. */
const messagesOf = (output: string) =>
  [...output.matchAll(/^\[[\d:.]+\] INFO \(#\d+\): (.*)$/gm)].map(([, message]) => message)

/** Runs an example on an empty database to its end, and gives what it logged. */
const said = (example: string) =>
  Effect.gen(function* () {
    const url = yield* TestDatabase.create
    return messagesOf(yield* Command.string(program(example, url)))
  }).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

it.live("retries-and-errors: what is busy is tried again, and what is declined comes back as itself", () =>
  Effect.gen(function* () {
    expect(yield* said("retries-and-errors")).toEqual([
      "paid 4200 cents",
      "declined: more than the card allows",
      "failed after 0 retries",
      "completed after 2 retries"
    ])
  })
)

it.live("child-tasks: the parent commits after its children", () =>
  Effect.gen(function* () {
    expect(yield* said("child-tasks")).toEqual([
      "the company sold 42",
      "company completed",
      "region:north completed",
      "region:south completed",
      "region:west completed"
    ])
  })
)

it.live("transaction: an order and its workflow are there, or neither", () =>
  Effect.gen(function* () {
    expect(yield* said("transaction")).toEqual([
      "the bicycle is on its way",
      "SoldOut, and nothing is left of it",
      "orders: 1, workflows: 1"
    ])
  })
)

it.live("start-at: a workflow waits for its time", () =>
  Effect.gen(function* () {
    expect(yield* said("start-at")).toEqual(["pending", "the cake is done", "completed, and not begun before its time"])
  })
)

it.live("cron: one workflow for each tick", () =>
  Effect.gen(function* () {
    expect(yield* said("cron")).toEqual([
      "the clock: tick 1",
      "the clock: tick 2",
      "the clock: tick 3",
      "one workflow for each second"
    ])
  })
)

it.live("limits: a project's backlog does not keep another project from its turn", () =>
  Effect.gen(function* () {
    expect(yield* said("limits")).toEqual([
      "the small customer's import is done, and the large one's are not",
      "never more than three at a time"
    ])
  })
)

it.scopedLive(
  "two-servers: one is killed, and the other goes on where it was",
  () =>
    Effect.gen(function* () {
      const url = yield* TestDatabase.create
      const sql = yield* TestDatabase.connect(url)
      const [first, second] = yield* Effect.forEach(["first", "second"], (server) =>
        Command.start(program("two-servers", url, { SERVER: server }))
      )
      const steps = Effect.orElseSucceed(sql<{ server: string }>`SELECT server FROM steps`, () => [])
      const [step] = yield* eventually("one of them walks", steps, ({ length }) => length >= 2)
      const [killed, other] = step?.server === "first" ? [first, second] : [second, first]
      yield* killed?.kill("SIGKILL") ?? Effect.void

      const [message] = messagesOf(yield* Stream.mkString(Stream.decodeText(other?.stdout ?? Stream.empty)))
      expect(message).toMatch(/^walked by \{"(?:first":\d+,"second|second":\d+,"first)":\d+\}$/)
      expect(yield* sql`SELECT count(*)::int AS all, count(DISTINCT step)::int AS different FROM steps`).toEqual([
        { all: 20, different: 20 }
      ])
    }).pipe(Effect.provide(NodeContext.layer)),
  180_000
)
