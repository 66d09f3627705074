import { useEffect, useRef, useState } from "preact/hooks"
import { type Problem, token } from "./Requests.ts"
import { hasEnded, isHeld, onWorkflows } from "./Live.ts"
import { path } from "./Project.ts"
import { follow, type Standing } from "./Stream.ts"
import type { Task, Workflow, WorkflowEvent } from "./Types.ts"

/** A workflow and its tasks, as they happen. */
export interface Followed {
  readonly workflow: Workflow | undefined
  readonly tasks: ReadonlyArray<Task>
  readonly problem: Problem | undefined
  /** Shows what an action has answered, and follows the workflow where it goes on. */
  readonly set: (workflow: Workflow) => void
}

interface Known {
  readonly workflow: Workflow
  readonly tasks: ReadonlyMap<string, Task>
}

const merged = (before: Known | undefined, { tasks, workflow }: WorkflowEvent, isWhole: boolean): Known => {
  const all = new Map(isWhole ? [] : before?.tasks)
  for (const task of tasks) all.set(task.id, task)
  return { workflow, tasks: all }
}

/** Follows a workflow until it has ended, and again where somebody retries it. While the page is held, what comes is kept and shown later. */
export const useWorkflow = (id: string): Followed => {
  const [known, setKnown] = useState<Known | undefined>(undefined)
  const [problem, setProblem] = useState<Problem | undefined>(undefined)
  const [run, setRun] = useState(0)
  const latest = useRef<Known | undefined>(undefined)
  const held = isHeld.value
  const sent = token.value
  useEffect(() => {
    if (!held && latest.current !== undefined) setKnown(latest.current)
  }, [held])
  useEffect(() => {
    const onStanding = (standing: Standing) => setProblem(standing.is === "refused" ? standing.problem : undefined)
    const following = follow(path(`/workflows/${encodeURIComponent(id)}/events`), {
      onStanding,
      onEvent: ({ data, name }) => {
        const event: WorkflowEvent = JSON.parse(data)
        latest.current = merged(latest.current, event, name === "snapshot")
        if (!isHeld.peek()) setKnown(latest.current)
      }
    })
    return following.stop
  }, [id, run, sent])
  useEffect(
    () =>
      onWorkflows((changed) => {
        const isOver = latest.current !== undefined && hasEnded(latest.current.workflow)
        if (isOver && changed.some((each) => each.id === id && !hasEnded(each))) setRun((n) => n + 1)
      }),
    [id]
  )
  return {
    workflow: known?.workflow,
    tasks: [...(known?.tasks.values() ?? [])].sort((a, b) => a.ordinal - b.ordinal),
    problem,
    set: (workflow) => {
      if (known === undefined) return
      latest.current = { ...known, workflow }
      setKnown(latest.current)
      if (hasEnded(known.workflow) && !hasEnded(workflow)) setRun((n) => n + 1)
    }
  }
}
