import { ConfigProvider, type Duration, Effect, Layer, Redacted, Schedule } from "effect"
import { uuidv7 } from "../../src/database/Uuid.ts"
import { Database, Projects, TenantContext, WorkflowInfra } from "../../src/index.ts"

/** Our engine on a database, with settings as its environment has them. */
export const layer = (url: string, settings: Readonly<Record<string, string>> = {}) =>
  WorkflowInfra.layerConfig.pipe(
    Layer.provideMerge(Projects.layer),
    Layer.provide(TenantContext.layer),
    Layer.provideMerge(Database.layer({ url: Redacted.make(url) })),
    Layer.provide(
      Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(settings)), { pathDelim: "_" }))
    ),
    Layer.orDie
  )

/** A new project. */
export const project = Effect.flatMap(Projects, (projects) => Effect.flatMap(uuidv7, projects.ensure))

/** Looks again and again until it is so; dies where it is not in time. */
export const eventually = (what: string, look: Effect.Effect<boolean>, within: Duration.DurationInput) =>
  Effect.repeat(look, { until: (is) => is, schedule: Schedule.spaced("5 millis") }).pipe(
    Effect.timeoutTo({
      duration: within,
      onSuccess: () => Effect.void,
      onTimeout: () => Effect.dieMessage(`waited in vain until ${what}`)
    }),
    Effect.flatten
  )
