import { Context, Effect, Layer } from "effect"
import { vi } from "vitest"
import * as TestInfra from "../fixtures/TestInfra.ts"
import * as Invariants from "./Invariants.ts"
import * as Ledger from "./Ledger.ts"
import * as Server from "./Server.ts"

// Servers are started and leases run out, on machines that have other things to do: no test waits for anything longer than that.
vi.setConfig({ testTimeout: 180_000 })

/** How much longer and larger the long form is: FAULT_ROUNDS; 1, the short form, unless it is set. */
export const ROUNDS = Math.max(1, Number(process.env["FAULT_ROUNDS"] ?? 1))

/** Whether this is the long form. */
export const isLong = ROUNDS > 1

/** A fresh database with the program's schema and the ledger's tables. */
export const database = Layer.effectDiscard(Effect.orDie(Ledger.create)).pipe(Layer.provideMerge(TestInfra.database))

/** Two servers that a file's tests share: those that take over from others. */
export class Survivors extends Context.Tag("test/faults/Survivors")<
  Survivors,
  readonly [Server.Server, Server.Server]
>() {
  /** With these settings. */
  static readonly layer = (settings?: Readonly<Record<string, string>>) =>
    Layer.scoped(
      Survivors,
      Effect.all([Server.run(settings), Server.run(settings)], { concurrency: "unbounded" })
    ).pipe(Layer.provideMerge(database))
}

/** Runs a test beside another tenant's workflow, which has to be as it was, as has everything that must hold after any fault. */
export const soundly = <A, E, R>(test: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const { expectUntouched } = yield* Invariants.bystander
    const result = yield* test
    yield* Invariants.expectNoOrphans
    yield* expectUntouched
    const survivors = yield* Effect.serviceOption(Survivors)
    if (survivors._tag === "Some") yield* Effect.forEach(survivors.value, Server.expectNoLeak, { discard: true })
    return result
  })
