import { Icon } from "../../report/page/Icon.tsx"
import { counted } from "../../report/page/Text.ts"
import { ACTIONS } from "./Actions.tsx"
import { ask } from "./Requests.ts"
import { isFiltered, toRequest } from "./Filter.ts"
import { path } from "./Project.ts"
import { route } from "./Route.ts"
import { attempt, said, say, sayBusy } from "./Say.ts"
import type { Bulk as BulkAnswer, Workflow, WorkflowAction } from "./Types.ts"
import { now } from "./Words.ts"

/** What can be done with those that are selected, or with all that a filter finds. */
export const Bulk = ({
  onDone,
  rows,
  selected
}: {
  readonly rows: ReadonlyArray<Workflow>
  readonly selected: ReadonlySet<string>
  readonly onDone: () => void
}) => {
  if (selected.size === 0 || said.value?.tone === "busy") return null
  const { params } = route.value
  const chosen = rows.filter(({ id }) => selected.has(id))
  const isAll = isFiltered(params) && chosen.length === rows.length
  const run = (action: WorkflowAction, done: string, which: "selected" | "all") =>
    attempt(async () => {
      sayBusy(`${done} …`, "The list follows as it happens.")
      const { next, reasons, times } = await inBulk(
        action,
        which === "all" ? { filter: toRequest(params, now.peek()) } : { ids: chosen.map(({ id }) => id) },
        (so) => sayBusy(`${done} …`, `${counted(so, "workflow")} so far; the list follows as it happens.`)
      )
      say(`${done}: ${counted(times, "workflow")}.`, reasons + (next ? " There are more: do it again." : ""))
      if (times === 0 && said.value !== undefined) said.value = { ...said.value, tone: "bad" }
      onDone()
    })
  return (
    <div class="bulk" role="toolbar" aria-label="With those that are selected">
      <b>{counted(chosen.length, "workflow")} selected</b>
      {ACTIONS.filter(({ fits }) => chosen.some(fits)).map(({ action, done, icon, name }) => (
        <button key={action} type="button" class="btn" onClick={() => run(action, done, "selected")}>
          <Icon name={icon} />
          {name}
        </button>
      ))}
      <span class="sp" />
      {isAll
        ? ACTIONS.filter(({ fits }) => chosen.every(fits)).map(({ action, done, name }) => (
            <button key={action} type="button" class="btn ghost" onClick={() => run(action, done, "all")}>
              {name} all that pass the filters
            </button>
          ))
        : null}
    </div>
  )
}

/** Requests of 1,000 workflows each that one press sends at most. */
const MOST = 20

const inBulk = async (
  action: WorkflowAction,
  which: Readonly<Record<string, unknown>>,
  onProgress: (times: number) => void
) => {
  let times = 0
  let cursor: string | null = null
  const refused: Array<string> = []
  for (let turn = 0; turn < MOST; turn++) {
    const answer: BulkAnswer = await ask<BulkAnswer>(path("/workflows/bulk"), {
      method: "POST",
      body: { action, ...which, ...(cursor === null ? {} : { cursor }) }
    })
    times += answer.done
    refused.push(...answer.refused.map(({ reason }) => reason))
    cursor = answer.next
    if (cursor === null) break
    onProgress(times)
  }
  const [first] = refused
  const reasons = first === undefined ? "" : `${refused.length} did not: ${first}.`
  return { times, reasons, next: cursor !== null }
}
