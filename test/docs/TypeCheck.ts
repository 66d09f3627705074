import { Command, FileSystem, Path } from "@effect/platform"
import { Effect } from "effect"

/** What examples without imports may name: see `Prelude.ts`. */
const PRELUDE = `import { Cause, Chunk, Clock, Config, Cron, Effect, Exit, Fiber, Layer, Option, Redacted, Ref, Schedule, Schema, Stream } from "effect"
import { PgClient } from "@effect/sql-pg"
import {
  Complete, ConcurrencyStrategy, Database, InvalidTransition, mapTaskStatus, MemoryWorkflowRepository, migrate, migrationScript, Notifications,
  Placement, Projects, RetryPolicy, ScheduleRepository, ServerGone, ServerRepository, SessionLock, SqlScheduleRepository, SqlServerRepository,
  SqlWorkflowRepository, Suspended, Tenant, TenantContext, tenantTable, Workflow, WorkflowAlreadyRunning, WorkflowFailed, WorkflowInfra, WorkflowKind,
  WorkflowRepository, WorkflowSettings, WorkflowState, WorkflowTaskStatus, WorkQueue
} from "workflow-infra"
import { ClusterPlacement } from "workflow-infra/effect-cluster"
import { InfraWorkflowEngine } from "workflow-infra/effect-workflow"
import { EmbeddedPostgres } from "workflow-infra/embedded"
import {
  charge, crawl, Declined, id, Import, imports, infra, Live, load, order, Payment, payments, program, projectId, queue, sql, url, Welcome,
  WelcomeLayer, workflowId
} from "./Prelude.ts"
`

/** An example as a module: as it is if it imports something, otherwise as the body of a generator. */
const moduleOf = (code: string) =>
  /^import /m.test(code) ? code : `${PRELUDE}\nexport const example = Effect.gen(function* () {\n${code}\n})\n`

/**
 * Type-checks examples as programs of a user's, with `workflow-infra` as it stands in `src`, each named after where it comes from.
 * Returns what the compiler says, which is nothing if all is well.
 */
export const typeCheck = (examples: ReadonlyArray<{ readonly from: string; readonly code: string }>) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const folder = yield* files.makeTempDirectoryScoped({ prefix: "workflow-infra-examples-" })
    const root = path.resolve(".")
    yield* files.symlink(path.join(root, "node_modules"), path.join(folder, "node_modules"))
    yield* files.writeFileString(path.join(folder, "package.json"), '{ "type": "module" }')
    yield* files.copyFile("test/docs/Prelude.ts", path.join(folder, "Prelude.ts"))
    yield* Effect.forEach(examples, ({ code, from }, n) =>
      files.writeFileString(path.join(folder, `${from.replaceAll(/[^\w.]/g, "_")}_${n}.ts`), moduleOf(code))
    )
    yield* files.writeFileString(
      path.join(folder, "tsconfig.json"),
      JSON.stringify({
        extends: path.join(root, "tsconfig.json"),
        // An example may declare what it then only shows.
        compilerOptions: { noUnusedLocals: false, noUnusedParameters: false },
        include: ["*.ts"],
        exclude: []
      })
    )
    return yield* Command.string(Command.make("node", path.join(root, "node_modules/typescript/bin/tsc"), "-p", folder))
  }).pipe(Effect.scoped)
