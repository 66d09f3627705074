import { NodeRuntime } from "@effect/platform-node"
import { Config, Effect, Layer, Option } from "effect"
import { Database } from "../../src/database/Database.ts"
import { TenantContext } from "../../src/tenant/TenantContext.ts"
import { WorkflowInfra } from "../../src/workflow/WorkflowInfra.ts"
import { ledger, LedgerConfig, parseStandstill } from "./Ledger.ts"

/**
 * A server for tests that have to kill one: registers the ledger kind and, where it is given a project, starts one such workflow. Says
 * `started ID` when it has, and `standstill` where it stands still.
 */
const program = Effect.gen(function* () {
  const say = (text: string) => Effect.sync(() => process.stdout.write(`${text}\n`))
  const standstill = parseStandstill(yield* Config.withDefault(Config.string("LEDGER_STANDSTILL"), ""))
  const infra = yield* WorkflowInfra
  const kind = yield* infra.register(
    ledger(
      Option.getOrUndefined(Option.map(standstill, (where) => ({ ...where, say: Effect.asVoid(say("standstill")) })))
    )
  )
  const projectId = yield* Config.string("LEDGER_PROJECT")
  const config = yield* Effect.flatMap(Config.string("LEDGER_CONFIG"), (text) =>
    Effect.try(() => LedgerConfig.make(JSON.parse(text)))
  )
  const { id } = yield* kind.start({ projectId, config })
  yield* say(`started ${id}`)
  return yield* Effect.never
})

const layer = WorkflowInfra.layer.pipe(Layer.provide(TenantContext.layer), Layer.provideMerge(Database.layerConfig))

NodeRuntime.runMain(Effect.scoped(Effect.provide(program, layer)))
