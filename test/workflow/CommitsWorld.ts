import { Context, Effect, Option } from "effect"
import { DatabaseError } from "../../src/database/DatabaseError.ts"
import { Tenant } from "../../src/tenant/TenantContext.ts"
import * as Commits from "../../src/workflow/Commits.ts"
import { OwnershipLost } from "../../src/workflow/WorkflowError.ts"
import { WorkflowRepository, type WorkflowRepositoryService } from "../../src/workflow/WorkflowRepository.ts"
import type { Ownership } from "../../src/workflow/WorkflowState.ts"
import type { WorkflowTask } from "../../src/workflow/WorkflowTask.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { task } from "../fixtures/TestWorkflows.ts"

/** Runs a test in memory. */
export const run = <A, E>(test: Effect.Effect<A, E, TestInfra.Memory>) => Effect.provide(test, TestInfra.memory)

/** What a transaction has written so far. */
class Journal extends Context.Tag("test/Journal")<Journal, Array<string>>() {}

/** A database that is not there. */
export const away = new DatabaseError({ message: "connection refused", code: null, retryable: true })

/** Writes a word in the transaction around it. */
export const write = (word: string) =>
  Effect.flatMap(Effect.serviceOption(Journal), (journal) => Effect.sync(() => Option.getOrThrow(journal).push(word)))

/** A database of one workflow, with transactions that are rolled back, in the hands of a test. */
export const makeDatabase = () => ({
  /** What it fails with; undefined where it is there. */
  error: undefined as DatabaseError | undefined,
  isOwned: true,
  /** How many of the next COMMITs take effect, and are not answered. */
  answersToLose: 0,
  /** What happens before a transaction begins and before it ends, and cannot be interrupted. */
  beginning: Effect.void as Effect.Effect<unknown>,
  ending: Effect.void as Effect.Effect<unknown>,
  /** The tasks of each transaction that was tried. */
  tried: [] as Array<ReadonlyArray<string>>,
  /** What was committed, in its order. */
  written: [] as Array<string>,
  marked: new Set<string>()
})

/** @see makeDatabase */
export type CommitsDatabase = ReturnType<typeof makeDatabase>

const ownership = { workflowId: "workflow", projectId: "project", ownerId: "server", epoch: 1 }

const completing =
  (database: CommitsDatabase): WorkflowRepositoryService["complete"] =>
  <E, R>(
    _: Ownership,
    tasks: ReadonlyArray<WorkflowTask>,
    others: ReadonlyArray<WorkflowTask>,
    commit: (fresh: ReadonlySet<string>) => Effect.Effect<void, E, R>
  ) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* (): Effect.fn.Return<void, E | OwnershipLost | DatabaseError, Exclude<R, Tenant>> {
        database.tried.push(tasks.map(({ id }) => id))
        const journal: Array<string> = []
        const refusal = Effect.suspend(() => (database.error === undefined ? Effect.void : Effect.fail(database.error)))
        yield* database.beginning
        yield* refusal
        if (!database.isOwned) return yield* new OwnershipLost({ workflowId: ownership.workflowId, epoch: 1 })
        const fresh = new Set(tasks.flatMap(({ id }) => (database.marked.has(id) ? [] : [id])))
        yield* restore(commit(fresh)).pipe(
          Effect.provideService(Tenant, { projectId: ownership.projectId }),
          Effect.provideService(Journal, journal)
        )
        yield* database.ending
        yield* refusal
        for (const { id } of [...tasks, ...others]) database.marked.add(id)
        database.written.push(...journal)
        if (database.answersToLose > 0) {
          database.answersToLose--
          return yield* away
        }
      })
    )

/** One workflow's commits over such a database, and a writer that only keeps what it has left. */
export const world = (replaced: Partial<WorkflowRepositoryService> = {}) =>
  Effect.gen(function* () {
    const database = makeDatabase()
    const repository = { ...(yield* WorkflowRepository), complete: completing(database), ...replaced }
    /** What the writer has not written of completed tasks, and how what it left was settled: one list for each transaction. */
    const writer = { completed: [] as Array<WorkflowTask>, settled: [] as Array<Array<boolean>> }
    let committed = 0
    const commitsOf = yield* Effect.provideService(Commits.make, WorkflowRepository, repository)
    const { complete } = yield* commitsOf({
      kind: "given",
      ownership,
      onCommitted: Effect.sync(() => {
        committed++
      }),
      writer: {
        leave: () => {
          const { completed } = writer
          const settled: Array<boolean> = []
          writer.completed = []
          writer.settled.push(settled)
          return {
            completed,
            settle: (isStored) => {
              settled.push(isStored)
              if (!isStored) writer.completed.push(...completed)
            }
          }
        }
      }
    })
    /** What was told of each task as it is told to a work queue: no interruption comes between. */
    const told = new Map<string, string>()
    const submit = (id: string, commit: Effect.Effect<unknown, unknown> = write(id)) =>
      complete(task(id, { status: "completed" }), Effect.asVoid(commit)).pipe(
        Effect.map(() => told.set(id, "completed")),
        Effect.asVoid,
        Effect.uninterruptible
      )
    return { database, submit, told, writer, committed: () => committed }
  })
