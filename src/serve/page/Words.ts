import { computed, signal } from "@preact/signals"
import { ahead } from "./Requests.ts"
import { isHeld } from "./Live.ts"
import { datasourceName } from "./Project.ts"
import type { Task, Workflow } from "./Types.ts"

const ticks = signal(Date.now())
setInterval(() => {
  if (!isHeld.peek() && !document.hidden) ticks.value = Date.now()
}, 1_000)

/** The server's time, in milliseconds since 1970, every second; it stands still while the page is held. */
export const now = computed(() => ticks.value + ahead.value)

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const pair = (whole: number, unit: string, rest: number, small: string) =>
  rest === 0 ? `${whole} ${unit}` : `${whole} ${unit} ${rest} ${small}`

/** A time that something took, in words: "4.2 s", "1 min 24 s". */
export const span = (millis: number): string => {
  const length = Math.max(0, millis)
  if (length < SECOND) return `${Math.round(length)} ms`
  if (length < 10 * SECOND) return `${Number((length / SECOND).toFixed(1))} s`
  if (length < MINUTE) return `${Math.round(length / SECOND)} s`
  if (length < HOUR) return pair(Math.floor(length / MINUTE), "min", Math.floor((length % MINUTE) / SECOND), "s")
  if (length < DAY) return pair(Math.floor(length / HOUR), "h", Math.floor((length % HOUR) / MINUTE), "min")
  return pair(Math.floor(length / DAY), "d", Math.floor((length % DAY) / HOUR), "h")
}

/** A time that goes on, without the fractions that would flicker. */
export const running = (millis: number): string =>
  span(Math.max(0, Math.floor(millis / SECOND)) * SECOND || 0.1 * SECOND)

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" })
const minutes = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" })
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" })
const year = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" })

/** A point in time, as short as it can be: today's with its seconds, this year's with its day. */
export const moment = (text: string): string => {
  const [at, today] = [new Date(text), new Date(now.value)]
  if (at.toDateString() === today.toDateString()) return clock.format(at)
  return (at.getFullYear() === today.getFullYear() ? day : year).format(at)
}

/** A minute of today, in milliseconds since 1970: "13:05". */
export const minute = (at: number): string => minutes.format(at)

/** A kind as a person says it: "count-words" is "Count words". */
export const kindName = (kind: string): string => {
  const words = kind.replaceAll(/[-_.]+/g, " ").trim()
  return words === "" ? kind : `${words.charAt(0).toUpperCase()}${words.slice(1)}`
}

/** What a workflow works on: a database, or what names it. */
export const subject = ({ datasourceId, exclusiveKey, id, idempotencyKey }: Workflow): string =>
  datasourceName(datasourceId) ?? idempotencyKey ?? exclusiveKey ?? id.slice(-12)

/** States as they are told: a cancelled workflow is stored as a failed one, a task that is tried again as a running one. */
export type Shown =
  | "pending"
  | "running"
  | "retrying"
  | "paused"
  | "awaiting"
  | "completed"
  | "failed"
  | "cancelled"
  | "unknown"

/** @see Shown */
export const stateOf = ({ errorMessage, state }: Pick<Workflow, "state" | "errorMessage">): Shown =>
  state === "awaiting_input" ? "awaiting" : state === "failed" && errorMessage === "cancelled" ? "cancelled" : state

/** @see Shown */
export const taskStateOf = ({ error, retryCount, status }: Task): Shown =>
  status === "running" && retryCount > 0
    ? "retrying"
    : status === "failed" && error === "cancelled"
      ? "cancelled"
      : status

/** States in words. */
export const WORDS: Readonly<Record<Shown, string>> = {
  pending: "Pending",
  running: "Running",
  retrying: "Retrying",
  paused: "Paused",
  awaiting: "Needs input",
  completed: "Completed",
  failed: "Failed",
  cancelled: "Cancelled",
  unknown: "Unknown"
}
