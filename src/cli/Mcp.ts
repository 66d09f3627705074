import * as NodeSink from "@effect/platform-node/NodeSink"
import * as NodeStream from "@effect/platform-node/NodeStream"
import { Deferred, Effect, Layer, Stream } from "effect"
import { OntologyWorkflowService } from "../ontology/OntologyWorkflowService.ts"
import { Rebuilds } from "../serve/Rebuilds.ts"
import { ToolError } from "../serve/mcp/McpTool.ts"
import { layerStdio } from "../serve/mcp/Protocol.ts"
import { Subject } from "../serve/mcp/Subject.ts"
import * as Tools from "../serve/mcp/Tools.ts"
import { Projects } from "../tenant/Projects.ts"
import { DEFAULT_PROJECT } from "./CommonOptions.ts"
import type { Database } from "../database/Database.ts"
import type { Datasources } from "../datasource/Datasources.ts"
import type { Screen } from "./Screen.ts"
import { reachable } from "./Decide.ts"
import { type Layers, whileThereIsADatabase } from "./Discover.ts"
import type { McpOptions } from "./McpCommand.ts"
import { storedDatasource } from "./Stored.ts"

/** Serves MCP on standard input and output until the input ends. Nothing else is printed there. */
export const mcp = <E1, R1, E2, R2>(layers: Layers<E1, R1, E2, R2>) =>
  Effect.fn("mcp")(function* (options: McpOptions) {
    yield* Effect.gen(function* () {
      const projectId = yield* Effect.flatMap(Projects, ({ ensure }) => ensure(DEFAULT_PROJECT))
      yield* serve(projectId, options).pipe(Effect.scoped, Effect.provide(layers.services))
    }).pipe(whileThereIsADatabase, Effect.provide(layers.foundation))
  })

const serve = (projectId: string, { by, datasource, queries }: McpOptions) =>
  Effect.gen(function* () {
    const { newest } = yield* OntologyWorkflowService
    const found = storedDatasource(projectId, datasource, newest(projectId))
    // A name that is wrong is told at once; that nothing is discovered yet may change while this runs.
    if (datasource._tag === "Some") yield* found
    const context = yield* Effect.context<Database | Datasources | Screen>()
    const target = Effect.gen(function* () {
      const known = yield* found
      yield* reachable(projectId, known)
      return { projectId, datasourceId: known.id, name: known.name }
    }).pipe(
      Effect.catchTags({
        UsageError: ({ message }) => new ToolError({ message }),
        DatasourceError: ({ message }) => new ToolError({ message }),
        SampleDatabaseError: ({ message }) => new ToolError({ message })
      }),
      Effect.provide(context)
    )
    const subject = Layer.succeed(Subject, { target, by })

    const ended = yield* Deferred.make<void>()
    const server = layerStdio({
      stdin: Stream.ensuring(NodeStream.stdin, Deferred.succeed(ended, undefined)),
      stdout: NodeSink.stdout
    })
    // The protocol interrupts the fiber that builds it where the input ends: a fiber of its own.
    yield* Effect.forkScoped(
      Layer.launch(Tools.layer({ queries }).pipe(Layer.provide([server, subject, Rebuilds.layer])))
    )
    yield* Deferred.await(ended)
  })
