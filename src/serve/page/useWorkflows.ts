import { useEffect, useRef, useState } from "preact/hooks"
import { ask, type Problem, problemFrom, token } from "./Requests.ts"
import { type FilterParams, passes, toQuery } from "./Filter.ts"
import { onWorkflows, revision } from "./Live.ts"
import { path, project } from "./Project.ts"
import type { Workflow } from "./Types.ts"
import { now } from "./Words.ts"

/** Workflows that are read at once: more than a screen shows, and less than takes time. */
export const PAGE = 50
/** Maximum number of listed workflows that are read again in one request: the largest page that the API gives. */
const MOST = 1_000

interface Page {
  readonly workflows: ReadonlyArray<Workflow>
  readonly next: string | null
}

interface Listed {
  readonly query: string
  readonly rows: ReadonlyMap<string, Workflow>
  readonly next: string | null
}

/** A list of workflows that follows what happens. */
export interface WorkflowList {
  readonly rows: ReadonlyArray<Workflow> | undefined
  readonly problem: Problem | undefined
  /** Reads older ones; undefined where there are none. */
  readonly older: (() => void) | undefined
  readonly isReading: boolean
  readonly again: () => void
}

const newest = (rows: Iterable<Workflow>): ReadonlyArray<Workflow> =>
  [...rows].sort((a, b) => (a.createdAt === b.createdAt ? (a.id < b.id ? 1 : -1) : a.createdAt < b.createdAt ? 1 : -1))

/** A page, with those that were read before. Where the newest are read again, older ones that this page does not reach stay as they were. */
const joined = (
  query: string,
  before: Listed | undefined,
  { next, workflows }: Page,
  cursor: string | undefined
): Listed => {
  const read = new Map(workflows.map((each) => [each.id, each]))
  if (cursor !== undefined) return { query, rows: new Map([...(before?.rows ?? []), ...read]), next }
  if (before === undefined || before.rows.size <= MOST) return { query, rows: read, next }
  const last = workflows.at(-1)
  const older = [...before.rows].filter(([, each]) => last !== undefined && each.createdAt < last.createdAt)
  return { query, rows: new Map([...older, ...read]), next: before.next }
}

/** A list after workflows have changed. */
const changedIn = (before: Listed, changed: Iterable<Workflow>, filter: FilterParams): Listed => {
  const rows = new Map(before.rows)
  const oldest = newest(rows.values()).at(-1)
  for (const workflow of changed) {
    const isShown = rows.has(workflow.id)
    // What is older than the pages that were read comes with its page.
    const isBelow = before.next !== null && oldest !== undefined && workflow.createdAt < oldest.createdAt
    if (passes(workflow, filter, now.peek())) {
      if (isShown || !isBelow) rows.set(workflow.id, workflow)
    } else rows.delete(workflow.id)
  }
  return { ...before, rows }
}

/** The workflows that pass the filter, the newest first: as many pages as were asked for, and what comes. */
export const useWorkflows = (params: FilterParams): WorkflowList => {
  const query = JSON.stringify([project.value, params])
  const [listed, setListed] = useState<Listed | undefined>(undefined)
  const [problem, setProblem] = useState<Problem | undefined>(undefined)
  const [isReading, setReading] = useState(false)
  const [turn, setTurn] = useState(0)
  const filter = useRef(params)
  filter.current = params
  const current = listed?.query === query ? listed : undefined
  const [seen, sent] = [revision.value, token.value]

  const read = async (cursor: string | undefined, isCurrent: () => boolean) => {
    setReading(true)
    // What is told while a page is on its way may be newer than the page; where it is older, what is newer is told next.
    const meanwhile = new Map<string, Workflow>()
    const stop = onWorkflows((changed) => {
      for (const workflow of changed) meanwhile.set(workflow.id, workflow)
    })
    const size = cursor === undefined ? Math.min(MOST, Math.max(PAGE, current?.rows.size ?? 0)) : PAGE
    try {
      const page = await ask<Page>(path(`/workflows?${toQuery(params, now.peek(), size, cursor)}`))
      if (!isCurrent()) return
      setProblem(undefined)
      setListed((before) =>
        changedIn(joined(query, before?.query === query ? before : undefined, page, cursor), meanwhile.values(), params)
      )
    } catch (error) {
      if (isCurrent()) setProblem(problemFrom(error))
    } finally {
      stop()
      if (isCurrent()) setReading(false)
    }
  }

  useEffect(() => {
    let isCurrent = true
    void read(undefined, () => isCurrent)
    return () => void (isCurrent = false)
  }, [query, turn, seen, sent])

  useEffect(
    () =>
      onWorkflows((changed) =>
        setListed((before) => (before === undefined ? before : changedIn(before, changed, filter.current)))
      ),
    []
  )

  const cursor = current?.next ?? undefined
  return {
    rows: current === undefined ? undefined : newest(current.rows.values()),
    problem,
    isReading,
    older: cursor === undefined ? undefined : () => void read(cursor, () => true),
    again: () => setTurn((n) => n + 1)
  }
}
