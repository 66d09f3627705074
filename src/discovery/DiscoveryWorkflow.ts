import { Duration, Effect, Either, RcRef, Ref, Schema } from "effect"
import { largestFirst, type Table, tableId } from "../datasource/Catalog.ts"
import type { Datasource } from "../datasource/Datasource.ts"
import { Datasources } from "../datasource/Datasources.ts"
import { passOver } from "../datasource/passOver.ts"
import { ProfileRepository } from "../datasource/ProfileRepository.ts"
import { turns } from "../steps/Steps.ts"
import type { WorkflowRun } from "../workflow/WorkflowKind.ts"
import { RetryPolicy } from "../workqueue/RetryPolicy.ts"

/** What a discovery workflow is started with. */
export const DiscoveryConfig = Schema.Struct({ datasourceId: Schema.String })
/** @see DiscoveryConfig */
export type DiscoveryConfig = typeof DiscoveryConfig.Type

/** What a discovery is about. */
export interface DiscoveryTarget {
  readonly projectId: string
  readonly datasourceId: string
}

/** Retries for about a minute and a half: as long as a datasource may take to restart, and as a person is willing to wait for an error. */
export const DATASOURCE_RETRY = RetryPolicy.make({ retries: 6 })

/**
 * How long a run keeps its datasource open while none of its tasks reads: opening it again costs its answers of earlier runs, some megabytes.
 * Longer than a step of a run works without reading, and as long as a pool without users is kept.
 */
const BETWEEN_TASKS = Duration.seconds(30)

/** What the runs of the three discovery workflows share. */
export const discoveryRun = ({ config: { datasourceId }, progress, queue, workflow }: WorkflowRun<DiscoveryConfig>) =>
  Effect.gen(function* () {
    const expected = yield* Ref.make(0)
    return {
      projectId: workflow.projectId,
      datasourceId,
      /** Lets others run in a loop that never waits. */
      turn: yield* turns,
      /** Sets the number of tasks; an upper bound until all are enqueued. */
      expect: (tasks: number) => Ref.set(expected, tasks),
      /** Reports what the workflow does now, and how many of its tasks are done. */
      say: (message: string) =>
        Effect.flatMap(Effect.all([queue.counts, Ref.get(expected)]), ([{ completed, total }, tasks]) =>
          progress({ message, done: completed, total: Math.max(tasks, total) })
        )
    }
  })

/** What the runs that read the datasource share, besides. Ends with the scope. */
export const readingRun = (workflow: WorkflowRun<DiscoveryConfig>) =>
  Effect.gen(function* () {
    const datasources = yield* Datasources
    const profiles = yield* ProfileRepository
    const run = yield* discoveryRun(workflow)
    const { datasourceId, projectId, say, turn } = run
    // One connection for all tasks; one that could not be made is tried again by the next task.
    const connection = yield* RcRef.make({
      acquire: datasources.open(projectId, datasourceId),
      idleTimeToLive: BETWEEN_TASKS
    })
    const use = <A, E, R>(f: (datasource: Datasource) => Effect.Effect<A, E, R>) =>
      Effect.scoped(Effect.flatMap(RcRef.get(connection), f))
    return {
      ...run,
      /** Uses the datasource's connection. */
      use,
      /**
       * Enqueues a task for each table that profiles and stores it, the largest first. `again`: a table that cannot be read keeps the
       * profile that it has; otherwise the reason is stored in its place.
       */
      lookAt: (tables: ReadonlyArray<Table>, again = false) =>
        Effect.forEach(
          largestFirst(tables),
          (table) =>
            Effect.zipRight(
              turn,
              workflow.queue.enqueue({
                id: `profile:${tableId(table)}`,
                name: `Look at ${tableId(table)}`,
                class: "data",
                execute: say(`looking at ${tableId(table)}`).pipe(
                  Effect.zipRight(use((datasource) => datasource.profile(table))),
                  passOver(table)
                ),
                commit: (profile) =>
                  again && Either.isLeft(profile)
                    ? Effect.void
                    : profiles.saveProfile(datasourceId, Either.merge(profile))
              })
            ),
          { discard: true }
        )
    }
  })
