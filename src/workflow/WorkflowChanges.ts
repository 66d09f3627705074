import { Duration, Effect, Option, Stream } from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import type { NotificationsService } from "./Notifications.ts"
import { WorkflowNotFound } from "./WorkflowError.ts"
import type { WorkflowRepositoryService } from "./WorkflowRepository.ts"
import { hasEnded, type Workflow } from "./WorkflowState.ts"
import type { WorkflowTask } from "./WorkflowTask.ts"

/** Whoever hears nothing looks again after this long. */
const LOOK_AGAIN = Duration.seconds(2)

/** A workflow and its tasks at one moment. */
export interface WorkflowSnapshot {
  readonly workflow: Workflow
  readonly tasks: ReadonlyArray<WorkflowTask>
}

/** Follows workflows: listens first and looks then, so that nothing falls between. */
export const make =
  (repository: WorkflowRepositoryService, { heard }: NotificationsService) =>
  (projectId: string, workflowId: string): Stream.Stream<WorkflowSnapshot, WorkflowNotFound | DatabaseError> => {
    const look = Effect.gen(function* () {
      const found = yield* repository.get(projectId, workflowId)
      if (Option.isNone(found)) return yield* new WorkflowNotFound({ workflowId })
      // The tasks after the workflow: where it has ended, they are the last ones.
      return { workflow: found.value, tasks: yield* repository.tasks(projectId, workflowId) }
    })
    return Stream.unwrapScoped(
      Effect.map(heard, (news) =>
        Stream.fromQueue(news, { maxChunkSize: 1 }).pipe(
          Stream.filter((one) => one.topic === "change" && (one.workflowId ?? workflowId) === workflowId),
          Stream.merge(Stream.tick(LOOK_AGAIN)),
          Stream.mapEffect(() => look),
          Stream.changesWith((a, b) => JSON.stringify(a) === JSON.stringify(b)),
          Stream.takeUntil(({ workflow }) => hasEnded(workflow.state))
        )
      )
    )
  }
