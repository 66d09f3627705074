import { Context, Effect, Layer, Schema } from "effect"
import { randomUUID } from "node:crypto"
import { uuidv7 } from "../../src/database/Uuid.ts"
import { WorkflowInfra, WorkflowKind } from "../../src/index.ts"
import * as Engine from "./Engine.ts"
import { digits } from "./Figures.ts"
import * as Plan from "./Plan.ts"
import type { Family, Figures, Row } from "./Row.ts"
import { fresh, sentStatements, session, takeStatements, walPosition } from "./Server.ts"

/** What it costs that running workflows stay owned. */

/** So that a beat need not be waited for; what a beat costs does not depend on it. */
const INTERVAL = "1 second"
/** The goal: whatever runs. */
const STATEMENTS = 2
const BYTES = 1_024
/** Updates under way at once in the plan's way: as many as it has connections. */
const AT_ONCE = 10

const isBeat = ({ text }: { readonly text: string }) => /UPDATE\s+"?engine"?\.server_instances/.test(text)

const columns = {
  statements: "statements",
  bytes: "WAL bytes",
  ms: "ms",
  others: "other statements per beat"
}

const judge = ([ours, plan]: ReadonlyArray<Figures>) => [
  (ours?.["statements"] ?? 0) <= STATEMENTS && (ours?.["bytes"] ?? 0) <= BYTES
    ? `goal met: at most ${STATEMENTS} statements and ${BYTES} bytes`
    : `GOAL MISSED: at most ${STATEMENTS} statements and ${BYTES} bytes`,
  `ours ÷ the plan's: ${digits((ours?.["bytes"] ?? 0) / (plan?.["bytes"] ?? 0))} of the WAL, ${digits((ours?.["ms"] ?? 0) / (plan?.["ms"] ?? 0))} of the time`
]

const row = (server: string, active: number) =>
  Effect.gen(function* () {
    const url = yield* fresh(server, "bench_infra_heartbeat")
    const planUrl = yield* fresh(server, "bench_infra_heartbeat_plan", Plan.TABLE)

    const context = yield* Layer.build(Engine.layer(url, { WORKFLOW_HEARTBEAT_INTERVAL: INTERVAL }))
    const infra = Context.get(context, WorkflowInfra)
    const kind = yield* infra.register(WorkflowKind.make("endless", { config: Schema.Null, run: () => Effect.never }))
    const projectId = yield* Effect.provide(Engine.project, context)
    yield* Effect.forEach(
      Array.from({ length: active }, (_, n) => n),
      () => Effect.flatMap(uuidv7, (datasourceId) => kind.start({ projectId, datasourceId, config: null })),
      { concurrency: AT_ONCE, discard: true }
    )
    const own = yield* session(url)

    const answeredBeats = Effect.map(sentStatements, (sent) =>
      sent.filter((statement) => isBeat(statement) && Number.isFinite(statement.took))
    )
    const oneBeat = Engine.eventually(
      "a beat was answered",
      Effect.map(answeredBeats, (beats) => beats.length > 0),
      "30 seconds"
    )
    // From just after one beat to just after the next: everything that this process writes in an interval is in it.
    const ours = Effect.gen(function* () {
      yield* takeStatements
      yield* oneBeat
      yield* takeStatements
      const before = yield* walPosition(own)
      yield* oneBeat
      const bytes = (yield* walPosition(own)) - before
      const sent = yield* takeStatements
      const beats = sent.filter(isBeat)
      return { statements: beats.length, bytes, ms: beats[0]?.took ?? Number.NaN, others: sent.length - beats.length }
    })

    const inTenant = yield* Plan.connect(planUrl)
    const planOwn = yield* session(planUrl)
    const planProject = randomUUID()
    const serverId = randomUUID()
    const { rows } = yield* Effect.promise(() =>
      planOwn.query<{ id: string }>(
        "INSERT INTO plan_workflows (project_id, server_id) SELECT $1, $2 FROM generate_series(1, $3) RETURNING id",
        [planProject, serverId, active]
      )
    )
    const plan = Effect.gen(function* () {
      // Ours beats meanwhile: one statement a second, which is taken out of the count and is in the WAL of another database.
      yield* takeStatements
      const before = yield* walPosition(planOwn)
      const from = performance.now()
      yield* Effect.forEach(
        rows,
        ({ id }) =>
          inTenant(
            planProject,
            "UPDATE plan_workflows SET last_heartbeat = now(), updated_at = now() WHERE id = $1 AND server_id = $2",
            [id, serverId]
          ),
        { concurrency: AT_ONCE, discard: true }
      )
      const ms = performance.now() - from
      const bytes = (yield* walPosition(planOwn)) - before
      yield* takeStatements
      return { statements: active * 4, bytes, ms }
    })

    const result: Row = {
      title: `heartbeat with ${active.toLocaleString("en-US")} active workflows, per beat`,
      columns,
      sides: [
        { label: "ours: a row per process", measure: ours },
        { label: "the plan's: an UPDATE per workflow, in its tenant's context", measure: plan }
      ],
      judge
    }
    return result
  })

/** A row for each number of active workflows. */
export const heartbeat =
  (active: ReadonlyArray<number>): Family =>
  (server) =>
    active.map((each) => row(server, each))
