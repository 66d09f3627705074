import { Icon, type IconName } from "../../report/page/Icon.tsx"
import { ask } from "./Requests.ts"
import { hasEnded, isConnected } from "./Live.ts"
import { path } from "./Project.ts"
import { attempt, say } from "./Say.ts"
import type { Workflow, WorkflowAction } from "./Types.ts"

interface Action {
  readonly action: WorkflowAction
  readonly name: string
  readonly icon: IconName
  /** What was done, as a sentence begins. */
  readonly done: string
  readonly fits: (workflow: Workflow) => boolean
}

/** What can be done with workflows, and with which. */
export const ACTIONS: ReadonlyArray<Action> = [
  {
    action: "pause",
    name: "Pause",
    icon: "pause",
    done: "Pausing",
    fits: ({ requested, state }) => (state === "running" || state === "pending") && requested !== "pause"
  },
  {
    action: "resume",
    name: "Resume",
    icon: "play",
    done: "Going on",
    fits: ({ requested, state }) => state === "paused" || state === "awaiting_input" || requested === "pause"
  },
  {
    action: "retry",
    name: "Retry",
    icon: "retry",
    done: "Trying again",
    fits: ({ state }) => state === "failed"
  },
  {
    action: "cancel",
    name: "Cancel",
    icon: "cross",
    done: "Cancelling",
    fits: (workflow) => !hasEnded(workflow) && workflow.requested !== "cancel"
  }
]

/** What can be done with one workflow. */
export const Actions = ({
  onDone,
  workflow
}: {
  readonly workflow: Workflow
  readonly onDone: (now: Workflow) => void
}) => (
  <>
    {ACTIONS.filter(({ fits }) => fits(workflow)).map(({ action, done, icon, name }) => (
      <button
        key={action}
        type="button"
        class="btn"
        aria-disabled={!isConnected.value}
        onClick={() =>
          attempt(async () => {
            onDone(
              await ask<Workflow>(path(`/workflows/${encodeURIComponent(workflow.id)}/${action}`), { method: "POST" })
            )
            say(`${done}.`, "The request is stored; the workflow's owner carries it out within a second.")
          })
        }
      >
        <Icon name={icon} />
        {name}
      </button>
    ))}
  </>
)
