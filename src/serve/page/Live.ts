import { computed, effect, signal } from "@preact/signals"
import { isTokenWanted, token } from "./Requests.ts"
import { project } from "./Project.ts"
import type { ProjectEvent, Workflow } from "./Types.ts"
import { type Following, follow, type Standing } from "./Stream.ts"

/** Whether what the server says is shown as it comes, and how it stands with it. */
export const standing = signal<Standing>({ is: "connecting" })
/** Whether somebody wants the page to stand still. */
export const isHeld = signal(false)
/** Changes that came meanwhile. */
export const waiting = signal<ReadonlyArray<Workflow>>([])
/** Workflows that have not ended, by id: those of the stream's first event, and what happened since. */
export const unended = signal<ReadonlyMap<string, Workflow>>(new Map())
/** Workflows that have not ended in a stream's first event at most (`ProjectEvent`). */
const MOST = 500
/** Whether there may be more that have not ended than are known. */
export const isCut = signal(false)
/** Grows when what is shown has to be read again: after a break, when a workflow has ended, when somebody has decided. */
export const revision = signal(0)

/** Whether requests can be expected to succeed. */
export const isConnected = computed(() => standing.value.is !== "lost")

/** Has what is shown read again. */
export const readAgain = (): void => void revision.value++

/** Whether a workflow has ended. */
export const hasEnded = ({ state }: Workflow): boolean => state === "completed" || state === "failed"

const listeners = new Set<(workflows: ReadonlyArray<Workflow>) => void>()

/** Calls with the workflows that have changed, until what it returns is called. */
export const onWorkflows = (listener: (workflows: ReadonlyArray<Workflow>) => void): (() => void) => {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

/** Whether a snapshot was received before. A later one follows a gap, in which anything may have changed. */
let hasSnapshot = false

const take = (changed: ReadonlyArray<Workflow>, kind: "snapshot" | "change") => {
  const next = new Map(kind === "snapshot" ? [] : unended.value)
  for (const workflow of changed) {
    if (hasEnded(workflow)) next.delete(workflow.id)
    else next.set(workflow.id, workflow)
  }
  // A change may be the first that is heard of a workflow which has ended already; and a snapshot tells neither of decisions that were made
  // before it, nor of workflows that came and went.
  const isNews = kind === "change" ? changed.some(hasEnded) : hasSnapshot
  hasSnapshot ||= kind === "snapshot"
  unended.value = next
  if (kind === "snapshot") isCut.value = next.size >= MOST
  for (const listener of listeners) listener(changed)
  if (isNews) readAgain()
}

/** The last snapshot that was received while the page was held. */
let whole: ReadonlyArray<Workflow> | undefined

/** Holds the page still, or shows all that came meanwhile. */
export const hold = (): void => {
  isHeld.value = !isHeld.value
  if (isHeld.value) return
  const came = waiting.value
  waiting.value = []
  if (whole !== undefined) take(whole, "snapshot")
  whole = undefined
  take(came, "change")
  readAgain()
}

let following: Following | undefined

/** Tries to connect now. */
export const tryNow = (): void => following?.wake()

const open = (name: string) =>
  follow(`/api/v1/projects/${encodeURIComponent(name)}/events`, {
    onStanding: (now) => {
      const before = standing.peek()
      if (now.is === "live" && before.is === "live") return
      if (now.is === "live" && before.is === "lost") readAgain()
      standing.value = now
    },
    onEvent: ({ data, name: kind }) => {
      const { workflows }: ProjectEvent = JSON.parse(data)
      if (!isHeld.value) take(workflows, kind === "snapshot" ? "snapshot" : "change")
      else if (kind === "snapshot") {
        whole = workflows
        waiting.value = []
      } else {
        const all = new Map(waiting.value.map((each) => [each.id, each]))
        for (const workflow of workflows) all.set(workflow.id, workflow)
        waiting.value = [...all.values()]
      }
    }
  })

/** Follows the project, as long as the page is looked at: browsers have few connections for all pages of a server. */
export const start = (): void => {
  const isSeen = signal(!document.hidden)
  document.addEventListener("visibilitychange", () => (isSeen.value = !document.hidden))
  addEventListener("online", tryNow)
  effect(() => {
    const name = project.value
    void token.value
    if (!isSeen.value || isTokenWanted.value || name === undefined) return undefined
    following = open(name)
    return () => following?.stop()
  })
}
