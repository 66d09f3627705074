import { useEffect, useState } from "preact/hooks"
import { figure } from "../../report/page/Text.ts"
import { State } from "./State.tsx"
import type { Task } from "./Types.ts"
import { now, running, span, taskStateOf } from "./Words.ts"

/** Rows that are drawn at once. */
const ROWS = 100

const isOpen = ({ status }: Task) => status !== "completed"
const isBroken = ({ error, status }: Task) => status === "failed" || error !== null

const VIEWS = [
  ["open", "Not done", isOpen],
  ["failed", "Failed", isBroken],
  ["all", "All", () => true]
] as const

/** The tasks of a workflow as a table: those that are not done, or all. */
export const Tasks = ({
  chosen,
  onShow,
  tasks
}: {
  readonly tasks: ReadonlyArray<Task>
  readonly chosen: string | undefined
  readonly onShow: (id: string | undefined) => void
}) => {
  const hasOpen = tasks.some(isOpen)
  const [view, setView] = useState<(typeof VIEWS)[number][0] | undefined>(undefined)
  const [most, setMost] = useState(ROWS)
  const current = view ?? (hasOpen ? "open" : "all")
  const passes = VIEWS.find(([name]) => name === current)?.[2] ?? (() => true)
  const shown = tasks.filter((task) => passes(task) || task.id === chosen)
  useEffect(() => {
    if (chosen === undefined) return
    const row = document.getElementById(`task ${chosen}`)
    row?.scrollIntoView({ block: "center" })
    row?.focus({ preventScroll: true })
  }, [chosen])
  const at = chosen === undefined ? -1 : shown.findIndex(({ id }) => id === chosen)
  const drawn = shown.slice(0, Math.max(most, at + 1))
  return (
    <div class="card tasks">
      <div class="tlh">
        <h2>Tasks</h2>
        <div class="seg" role="group" aria-label="Which tasks">
          {VIEWS.map(([name, text, fits]) => (
            <button
              key={name}
              type="button"
              aria-pressed={current === name}
              onClick={() => {
                onShow(undefined)
                setView(name)
              }}
            >
              {text} <span class="n">{figure(tasks.filter(fits).length)}</span>
            </button>
          ))}
        </div>
      </div>
      {drawn.length === 0 ? (
        <p class="none">{tasks.length === 0 ? "No task so far." : "None of the tasks is like that."}</p>
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Tasks">
          <table class="tbl">
            <thead>
              <tr>
                <th>Task</th>
                <th>State</th>
                <th class="opt">Class</th>
                <th class="num opt">Retries</th>
                <th class="num">Ran</th>
              </tr>
            </thead>
            <tbody>
              {drawn.map((task) => (
                <Row key={task.id} task={task} isChosen={task.id === chosen} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {shown.length > drawn.length ? (
        <div class="foot">
          <span>
            {figure(drawn.length)} of {figure(shown.length)}
          </span>
          <button type="button" class="btn" onClick={() => setMost(most + ROWS)}>
            {figure(Math.min(ROWS, shown.length - drawn.length))} more
          </button>
        </div>
      ) : null}
    </div>
  )
}

const Row = ({ isChosen, task }: { readonly task: Task; readonly isChosen: boolean }) => {
  const { completedAt, error, id, name, requiresLlm, retryCount, startedAt } = task
  const state = taskStateOf(task)
  return (
    <tr id={`task ${id}`} tabIndex={-1} class={isChosen ? "chosen" : ""}>
      <td>
        <span class="tn">{name}</span>
        {error === null || state === "cancelled" ? null : <div class="tasker">{error}</div>}
      </td>
      <td>
        <State of={state} />
      </td>
      <td class="opt">
        <code class="muted">{requiresLlm ? "llm" : "data"}</code>
      </td>
      <td class="num opt">{retryCount === 0 ? "—" : retryCount}</td>
      <td class="num">
        {startedAt === null
          ? "—"
          : completedAt === null
            ? running(now.value - Date.parse(startedAt))
            : span(Date.parse(completedAt) - Date.parse(startedAt))}
      </td>
    </tr>
  )
}
