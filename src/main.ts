import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Exit, Layer, Option } from "effect"
import { setFlagsFromString } from "node:v8"
import * as Command from "./cli/Command.ts"
import { databaseUrl, naming } from "./cli/DatabaseUrl.ts"
import { discover } from "./cli/Discover.ts"
import { type Ending, ending } from "./cli/Failure.ts"
import * as Logging from "./cli/Logging.ts"
import { migrate } from "./cli/Migrate.ts"
import { Screen } from "./cli/Screen.ts"
import { Database } from "./database/Database.ts"
import { schemaConfig } from "./database/Installation.ts"
import { isLibpq } from "./datasource/ConnectionDefaults.ts"
import { Credentials } from "./datasource/Credentials.ts"
import { Datasources } from "./datasource/Datasources.ts"
import { ProfileRepository } from "./datasource/ProfileRepository.ts"
import { EmbeddedPostgres } from "./embedded/EmbeddedPostgres.ts"
import { EntityDiscoveryService } from "./entities/EntityDiscoveryService.ts"
import { EntityRepository } from "./entities/EntityRepository.ts"
import { OntologyRepository } from "./ontology/OntologyRepository.ts"
import { OntologyWorkflowService } from "./ontology/OntologyWorkflowService.ts"
import { RelationshipRepository } from "./relationships/RelationshipRepository.ts"
import { RelationshipWorkflowService } from "./relationships/RelationshipWorkflowService.ts"
import { Projects } from "./tenant/Projects.ts"
import { TenantContext } from "./tenant/TenantContext.ts"
import { WorkflowInfra } from "./workflow/WorkflowInfra.ts"

// On a machine with much memory the heap would grow to four times what is in use before anything is collected: half as much again is enough.
setFlagsFromString("--heap-growing-percent=50")

/** A database of our own, that starts and ends with us. */
const own = Layer.unwrapEffect(
  Effect.map(Effect.all([EmbeddedPostgres, schemaConfig]), ([{ url }, schema]) => Database.layer({ url, schema }))
).pipe(Layer.provideMerge(EmbeddedPostgres.layer()))

/** The database of `DATABASE_URL`. */
const given = (display: string) => Layer.mapError(Database.layerConfig, naming(display))

type OwnOrGiven = Layer.Layer<Database, Layer.Layer.Error<typeof own> | Layer.Layer.Error<ReturnType<typeof given>>>
const database = Layer.unwrapEffect(
  Effect.map(
    databaseUrl,
    Option.match({ onNone: (): OwnOrGiven => own, onSome: ({ display }): OwnOrGiven => given(display) })
  )
)

/**
 * A command goes on with what it was asked for, and takes over nothing else: other work may be meant for other times, on servers of
 * other people. On a database that came with this process there is nobody who could take over from it.
 */
const infra = Layer.unwrapEffect(
  Effect.map(databaseUrl, (url) =>
    WorkflowInfra.layerOn({ takeover: { projectIds: [], workflowIds: [] }, alone: Option.isNone(url) })
  )
)

const credentials = Credentials.layerConfig

const layers = {
  foundation: Datasources.layer.pipe(
    Layer.provide(credentials),
    Layer.provideMerge(Layer.merge(TenantContext.layer, Projects.layer)),
    Layer.provideMerge(database)
  ),
  services: OntologyWorkflowService.layer.pipe(
    Layer.provideMerge(RelationshipWorkflowService.layer),
    Layer.provideMerge(EntityDiscoveryService.layer),
    Layer.provide([
      ProfileRepository.layer,
      EntityRepository.layer,
      RelationshipRepository.layer,
      OntologyRepository.layer
    ]),
    Layer.provideMerge(infra),
    Layer.provide(credentials)
  )
}

/** The signal by which somebody asked us to end. `runMain` interrupts the program, and a second one ends it at once. */
let signal = Option.none<"SIGINT" | "SIGTERM">()
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => (signal = Option.some(name)))

/** How soon it is seen that npm has ended, in milliseconds. */
const PARENT_POLL = 250
// npm hands a signal to its shell, which ends without passing it on, and would leave us behind: that it has gone is our signal.
if (process.env["npm_lifecycle_event"] !== undefined) {
  const parent = process.ppid
  const poll = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(poll)
    process.kill(process.pid, "SIGTERM")
  }, PARENT_POLL)
  poll.unref()
}

/** `PG*` is about the database that is read: the driver would take it for what `DATABASE_URL` does not say as well. */
const forDatasources = { ...process.env }
for (const name of Object.keys(process.env)) if (isLibpq(name)) delete process.env[name]

const SUCCESS: Ending = { code: 0, line: null }

Command.run(
  { discover: discover(layers), migrate },
  forDatasources
)(process.argv).pipe(
  Effect.tapErrorCause((cause) => Effect.logDebug("the command failed", cause)),
  Effect.provide(Logging.layer.pipe(Layer.provideMerge(Screen.layer), Layer.provideMerge(NodeContext.layer))),
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
