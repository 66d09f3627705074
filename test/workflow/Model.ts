import { hasEnded, isLastAttempt, type WorkflowRequest, type WorkflowState } from "../../src/workflow/WorkflowState.ts"
import type { Ending } from "../../src/workflow/WorkflowRepository.ts"
import type { WorkflowTaskStatus } from "../../src/workflow/WorkflowTask.ts"
import { type Action, ENDINGS, type Holder, LISTED, ONE_PLACE } from "./ModelAction.ts"

/** A workflow as the model has it. `holders` are all who ever owned it, oldest first: the material for stale writes. */
interface Row {
  readonly place: number
  state: WorkflowState
  owner: string | null
  epoch: number
  attempt: number
  requested: WorkflowRequest | null
  readonly tasks: Map<number, { readonly status: WorkflowTaskStatus; readonly epoch: number | null }>
  readonly ledger: Array<string>
  readonly holders: Array<Holder>
}

/** All that the tables hold, in memory: leases by name, workflows by name in the order in which they were stored or retried. */
export interface Model {
  readonly leases: Map<string, "alive" | "expired">
  /** For each of the servers its leases, oldest first. */
  readonly servers: ReadonlyArray<Array<string>>
  readonly rows: Map<string, Row>
}

/** Some servers, each with a first lease of these names, and no workflows. */
export const initial = (leases: ReadonlyArray<string>): Model => ({
  leases: new Map(leases.map((name) => [name, "alive"])),
  servers: leases.map((name) => [name]),
  rows: new Map()
})

/** Does to the model what an action should do to the tables, and gives what it should answer. */
export const step = (model: Model, action: Action): string => {
  const row = "workflow" in action ? model.rows.get(action.workflow) : undefined
  const isAlive = (lease: string) => model.leases.get(lease) === "alive"
  switch (action.do) {
    case "start": {
      const there = [...model.rows].filter(([, { place }]) => place === action.place)
      if (action.place === ONE_PLACE && there[0] !== undefined) return `is ${there[0][0]}`
      const standing = there.find(([, { state }]) => !hasEnded(state))
      if (standing !== undefined) return `WorkflowAlreadyRunning ${standing[0]}`
      if (action.lease !== null && !isAlive(action.lease)) return "ServerGone"
      const fresh = { epoch: 1, attempt: 0, requested: null, tasks: new Map(), ledger: [], holders: [] }
      const added: Row = { place: action.place, state: "pending", owner: null, ...fresh }
      model.rows.set(action.workflow, added)
      if (action.lease !== null) own(added, action.lease)
      return "ok"
    }
    case "join":
      model.leases.set(action.lease, "alive")
      model.servers[action.server]?.push(action.lease)
      return "ok"
    case "beat":
      return String(isAlive(action.lease))
    case "expire":
      if (model.leases.has(action.lease)) model.leases.set(action.lease, "expired")
      return "ok"
    case "crash":
      model.leases.delete(action.lease)
      return "ok"
    case "sweep":
      for (const [lease, state] of model.leases) if (state === "expired") model.leases.delete(lease)
      return "ok"
    case "revoke": {
      const orphans = [...model.rows.values()].filter(({ owner }) => owner !== null && !model.leases.has(owner))
      for (const orphan of orphans) {
        orphan.attempt = nextAttempt(orphan)
        Object.assign(orphan, { state: "pending", owner: null, epoch: orphan.epoch + 1 })
      }
      return String(orphans.length)
    }
    case "claim": {
      const pending = isAlive(action.lease) ? [...model.rows].filter(([, { state }]) => state === "pending") : []
      const isTrying = [...model.rows.values()].some(
        (each) => each.owner === action.lease && isLastAttempt(each) && nextAttempt(each) !== 0
      )
      const last = isTrying ? [] : pending.filter(([, each]) => isLastAttempt(each)).slice(0, 1)
      const others = pending.filter(([, each]) => !isLastAttempt(each))
      const claimed = [...last, ...others].slice(0, action.limit).map(([name, wanted]) => {
        wanted.epoch++
        own(wanted, action.lease)
        return `${name}@${wanted.epoch}`
      })
      return claimed.toSorted().join(" ")
    }
    case "obey": {
      const asked = [...model.rows].filter(([, { owner, requested }]) => owner === action.lease && requested !== null)
      for (const [, each] of asked) move(each, each.requested === "cancel" ? ENDINGS.cancelled : ENDINGS.paused)
      return asked
        .map(([name, each]) => `${name} ${each.state}`)
        .toSorted()
        .join(", ")
    }
    case "request": {
      if (row === undefined) return "WorkflowNotFound"
      const cancelled = action.request === "cancel" || row.requested === "cancel"
      if (hasEnded(row.state)) return "InvalidTransition"
      if (row.state === "running") row.requested = cancelled ? "cancel" : "pause"
      else if (cancelled) move(row, ENDINGS.cancelled)
      else if (row.state === "pending") move(row, ENDINGS.paused)
      else return "InvalidTransition"
      return "ok"
    }
    case "resume":
      if (row?.state !== "paused" && row?.state !== "awaiting_input") return "InvalidTransition"
      row.state = "pending"
      return "ok"
    case "retry": {
      if (row?.state !== "failed") return "InvalidTransition"
      const taken = [...model.rows].find(([, { place, state }]) => place === row.place && !hasEnded(state))
      if (taken !== undefined) return `WorkflowAlreadyRunning ${taken[0]}`
      Object.assign(row, { state: "pending", epoch: row.epoch + 1, attempt: 0 })
      // Its turn comes after those that wait already.
      model.rows.delete(action.workflow)
      model.rows.set(action.workflow, row)
      for (const [id, task] of row.tasks)
        if (task.status !== "completed") row.tasks.set(id, { ...task, status: "pending" })
      return "ok"
    }
  }
  if (row === undefined || row.owner !== action.holder.lease || row.epoch !== action.holder.epoch)
    return "OwnershipLost"
  switch (action.do) {
    case "write":
      row.ledger.push(`-@${row.epoch}`)
      return "ok"
    case "list":
      for (const [task, status] of LISTED.entries()) {
        if (row.tasks.get(task)?.status !== "completed") row.tasks.set(task, { status, epoch: null })
      }
      return "ok"
    case "complete":
      if (row.tasks.get(action.task)?.status === "completed") return "ok"
      row.tasks.set(action.task, { status: "completed", epoch: row.epoch })
      row.ledger.push(`${action.task}@${row.epoch}`)
      return "ok"
    case "end":
      move(row, ENDINGS[action.how])
      return "ok"
  }
}

const own = (row: Row, lease: string) => {
  Object.assign(row, { state: "running", owner: lease })
  row.holders.push({ lease, epoch: row.epoch })
}

const nextAttempt = ({ attempt, epoch, tasks }: Row) =>
  [...tasks.values()].some((task) => task.epoch === epoch) ? 0 : attempt + 1

const move = (row: Row, { isAttempt, state, unfinishedTasks }: Ending) => {
  row.attempt = isAttempt === true ? nextAttempt(row) : row.attempt
  row.requested = state === "pending" ? row.requested : null
  Object.assign(row, { state, owner: null, epoch: row.epoch + 1 })
  for (const [id, task] of row.tasks) {
    if (["pending", "running", "paused"].includes(task.status)) row.tasks.set(id, { ...task, status: unfinishedTasks })
  }
}

/** All of it as text, a line for the leases and one for each workflow, without `attempt`. */
export const show = ({ leases, rows }: Model): string =>
  [
    [...leases]
      .map(([lease, state]) => `${lease} ${state}`)
      .toSorted()
      .join(", "),
    ...[...rows].map(([name, row]) =>
      describe(name, {
        ...row,
        tasks: [...row.tasks]
          .toSorted(([a], [b]) => a - b)
          .map(([id, { epoch, status }]) => `${id}:${status}@${epoch ?? "-"}`)
      })
    )
  ].join("\n")

/** A workflow's line. */
export const describe = (
  name: string,
  row: Pick<Row, "state" | "owner" | "epoch" | "requested"> & {
    readonly tasks: ReadonlyArray<string>
    readonly ledger: ReadonlyArray<string>
  }
): string =>
  `${name} ${row.state} owner ${row.owner ?? "-"} epoch ${row.epoch} asked ${row.requested ?? "-"} ` +
  `tasks [${row.tasks.join(" ")}] ledger [${row.ledger.toSorted().join(" ")}]`
