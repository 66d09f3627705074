import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Exit, Layer, Option } from "effect"
import { setFlagsFromString } from "node:v8"
import * as Command from "./cli/Command.ts"
import { databaseUrl, naming } from "./cli/DatabaseUrl.ts"
import { decide } from "./cli/Decide.ts"
import { discover } from "./cli/Discover.ts"
import { exportFiles } from "./cli/Export.ts"
import { type Ending, ending } from "./cli/Failure.ts"
import * as Logging from "./cli/Logging.ts"
import { mcp } from "./cli/Mcp.ts"
import { migrate } from "./cli/Migrate.ts"
import { Screen } from "./cli/Screen.ts"
import { serve } from "./cli/Serve.ts"
import { showContext } from "./cli/ShowContext.ts"
import { token } from "./cli/Token.ts"
import { Database } from "./database/Database.ts"
import { schemaConfig } from "./database/Installation.ts"
import { isLibpq } from "./datasource/ConnectionDefaults.ts"
import { Credentials } from "./datasource/Credentials.ts"
import { Datasources } from "./datasource/Datasources.ts"
import { ProfileRepository } from "./datasource/ProfileRepository.ts"
import { EmbeddedPostgres } from "./embedded/EmbeddedPostgres.ts"
import { EntityDiscoveryService } from "./entities/EntityDiscoveryService.ts"
import { EntityRepository } from "./entities/EntityRepository.ts"
import { Decisions } from "./ontology/Decisions.ts"
import { OntologyRepository } from "./ontology/OntologyRepository.ts"
import { OntologyWorkflowService } from "./ontology/OntologyWorkflowService.ts"
import { WholeDiscovery } from "./ontology/WholeDiscovery.ts"
import { DecisionRepository } from "./discovery/DecisionRepository.ts"
import { RelationshipRepository } from "./relationships/RelationshipRepository.ts"
import { RelationshipWorkflowService } from "./relationships/RelationshipWorkflowService.ts"
import { Placing } from "./report/layout/Placing.ts"
import { Projects } from "./tenant/Projects.ts"
import { TenantContext } from "./tenant/TenantContext.ts"
import { WorkflowInfra } from "./workflow/WorkflowInfra.ts"
import * as WorkflowSettings from "./workflow/WorkflowSettings.ts"

// On a machine with much memory V8 lets the heap grow to four times the live size before a major collection. With 15 % growth a database of 3,000
// tables with five columns each takes 520 MB in 71 s, and 700 MB in 66 s with 25 %.
setFlagsFromString("--heap-growing-percent=15")

/** The embedded PostgreSQL, which starts and ends with this process. */
const own = Layer.unwrapEffect(
  Effect.map(Effect.all([EmbeddedPostgres, schemaConfig]), ([{ url }, schema]) => Database.layer({ url, schema }))
).pipe(Layer.provideMerge(EmbeddedPostgres.layer()), Layer.provide(NodeContext.layer))

/** The database of `DATABASE_URL`. */
const given = (display: string) => Layer.mapError(Database.layerConfig, naming(display))

type OwnOrGiven = Layer.Layer<Database, Layer.Layer.Error<typeof own> | Layer.Layer.Error<ReturnType<typeof given>>>
const database = Layer.unwrapEffect(
  Effect.map(
    databaseUrl,
    Option.match({ onNone: (): OwnOrGiven => own, onSome: ({ display }): OwnOrGiven => given(display) })
  )
)

type Takeover = WorkflowSettings.WorkflowSettings["takeover"]

/**
 * A command resumes the workflows that it was asked for and takes over no others, because a shared database may hold other people's
 * workflows. On the embedded database this process is alone: no other process can take over its workflows.
 */
const OWN_WORK: Takeover = { projectIds: [], workflowIds: [] }

/** `takeover` is which workflows this process takes over; undefined: all, as servers do. */
const infra = (takeover: Takeover) =>
  Layer.unwrapEffect(
    Effect.map(Effect.all([databaseUrl, WorkflowSettings.config]), ([url, settings]) =>
      WorkflowInfra.layer({
        ...settings,
        ...(takeover === undefined ? {} : { takeover }),
        alone: Option.isNone(url)
      })
    )
  )

const credentials = Layer.provide(Credentials.layerConfig, NodeContext.layer)

const foundation = Datasources.layer.pipe(
  Layer.provide(credentials),
  Layer.provideMerge(Layer.merge(TenantContext.layer, Projects.layer)),
  Layer.provideMerge(database)
)

const services = (takeover: Takeover) =>
  Layer.merge(Decisions.layer, WholeDiscovery.layer).pipe(
    Layer.provideMerge(OntologyWorkflowService.layer),
    Layer.provideMerge(RelationshipWorkflowService.layer),
    Layer.provideMerge(EntityDiscoveryService.layer),
    Layer.provide([
      ProfileRepository.layer,
      EntityRepository.layer,
      DecisionRepository.layer,
      RelationshipRepository.layer,
      OntologyRepository.layer
    ]),
    Layer.provideMerge(infra(takeover)),
    Layer.provide(credentials)
  )

const layers = { foundation, services: services(OWN_WORK) }

/** The signal that this process received, which decides its exit code. `runMain` interrupts the program; a second signal ends it at once. */
let signal = Option.none<"SIGINT" | "SIGTERM">()
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => (signal = Option.some(name)))

/** Milliseconds between two looks whether the parent process still lives: soon enough for a person who pressed Ctrl-C. */
const PARENT_POLL = 250
// npm passes a signal to its shell, which ends without passing it on and would leave this process running. A changed parent therefore
// counts as SIGTERM.
if (process.env["npm_lifecycle_event"] !== undefined) {
  const parent = process.ppid
  const poll = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(poll)
    process.kill(process.pid, "SIGTERM")
  }, PARENT_POLL)
  poll.unref()
}

/** `PG*` variables describe the datasource. They are removed from `process.env`, where the driver would apply them to our own database too. */
const forDatasources = { ...process.env }
for (const name of Object.keys(process.env)) if (isLibpq(name)) delete process.env[name]

const SUCCESS: Ending = { code: 0, line: null }

Command.run(
  {
    discover: discover(layers),
    decide: decide(layers),
    showContext: showContext(foundation),
    export: exportFiles(layers),
    mcp: mcp(layers),
    serve: serve({ foundation, services: services(undefined) }),
    token: token(foundation),
    migrate
  },
  forDatasources
)(process.argv).pipe(
  Effect.tapErrorCause((cause) => Effect.logDebug("the command failed", cause)),
  Effect.provide(
    Layer.mergeAll(Placing.layerKept(), Logging.layer).pipe(
      Layer.provideMerge(Screen.layer),
      Layer.provideMerge(NodeContext.layer)
    )
  ),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    disablePrettyLogger: true,
    teardown: (exit, onExit) => {
      const { code, line } = Exit.match(exit, { onSuccess: () => SUCCESS, onFailure: (cause) => ending(cause, signal) })
      if (line !== null) process.stderr.write(`${line}\n`)
      onExit(code)
    }
  })
)
