import { datasources } from "./Project.ts"
import type { Workflow } from "./Types.ts"

/** States that one may filter by, in the order of a workflow's life. */
export const STATES = ["running", "pending", "awaiting_input", "paused", "failed", "completed"] as const

/** Which workflows are shown, as the address says it. */
export type FilterParams = Readonly<Record<string, string>>

const HOURS: Readonly<Record<string, number>> = { hour: 1, day: 24, week: 7 * 24, month: 30 * 24 }
/** Names of times, with what they are called. */
export const SINCE = [
  ["", "Any time"],
  ["hour", "Last hour"],
  ["day", "Last 24 hours"],
  ["week", "Last 7 days"],
  ["month", "Last 30 days"],
  ["between", "Between …"]
] as const
/** The one of `SINCE` that has two times of its own. */
export const BETWEEN = "between"

/** A time of the address, as a field of a page shows it: local, to the minute; empty where it is none. */
export const localOf = (time: string | undefined): string => {
  const at = new Date(time ?? "")
  if (Number.isNaN(at.getTime())) return ""
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

/** The states of a filter; none: all. */
export const statesOf = ({ state = "" }: FilterParams): ReadonlyArray<(typeof STATES)[number]> => {
  const asked = state.split(",")
  return STATES.filter((one) => asked.includes(one))
}

/** The filter in the API's words. `at` is now, in milliseconds since 1970. */
export const toRequest = (params: FilterParams, at: number) => {
  const { from, holds, key, kind, of, since = "", to } = params
  const hours = HOURS[since]
  const start = hours === undefined ? from : new Date(at - hours * 3_600_000).toISOString()
  const states = statesOf(params)
  const exclusive = of ?? holds
  return {
    ...(kind === undefined ? {} : { kind }),
    ...(key === undefined ? {} : { idempotencyKey: key }),
    ...(exclusive === undefined ? {} : { exclusiveKey: exclusive }),
    ...(start === undefined ? {} : { from: start }),
    ...(to === undefined ? {} : { to }),
    ...(states.length === 0 ? {} : { state: states })
  }
}

/** The same filter as the query of an address. */
export const toQuery = (params: FilterParams, at: number, limit: number, cursor?: string): string => {
  const { state, ...rest } = toRequest(params, at)
  return new URLSearchParams({
    ...rest,
    ...(state === undefined ? {} : { state: state.join() }),
    limit: String(limit),
    ...(cursor === undefined ? {} : { cursor })
  }).toString()
}

/** Whether a workflow passes the filter, as the server sees it. */
export const passes = (workflow: Workflow, params: FilterParams, at: number): boolean => {
  const { exclusiveKey, from, idempotencyKey, kind, state, to } = toRequest(params, at)
  const created = Date.parse(workflow.createdAt)
  return (
    (kind === undefined || workflow.kind === kind) &&
    (idempotencyKey === undefined || workflow.idempotencyKey === idempotencyKey) &&
    (exclusiveKey === undefined || workflow.exclusiveKey === exclusiveKey) &&
    (from === undefined || created >= Date.parse(from)) &&
    (to === undefined || created < Date.parse(to)) &&
    (state === undefined || state.some((one) => one === workflow.state))
  )
}

/** Whether anything is left out. */
export const isFiltered = (params: FilterParams): boolean => Object.keys(toRequest(params, 0)).length > 0

/** A filter's parameters, emptied. */
export const NO_FILTER = {
  state: undefined,
  kind: undefined,
  key: undefined,
  of: undefined,
  holds: undefined,
  since: undefined,
  from: undefined,
  to: undefined
}

/** The databases to filter by, with their names. */
export const databases = (): ReadonlyArray<readonly [id: string, name: string]> =>
  (datasources.value ?? []).map(({ id, name }) => [id, name])
