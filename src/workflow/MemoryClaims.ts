import { Chunk, Effect, Random } from "effect"
import type { Claimable } from "./WorkflowRepository.ts"
import type { Runnable, Workflow } from "./WorkflowState.ts"

/** Whether a server with these kinds may claim a workflow at a time. */
export const isWanted =
  (runs: ReadonlyArray<Runnable>, { except = [], only }: Claimable = {}, at: Date) =>
  ({ id, kind, projectId, startAt, state, version }: Workflow): boolean =>
    state === "pending" &&
    startAt <= at &&
    runs.some((one) => one.kind === kind && one.version === version) &&
    !except.includes(id) &&
    (only === undefined || only.workflowIds.includes(id) || only.projectIds.includes(projectId))

/** By priority, then by age. */
const inTurn = (a: Workflow, b: Workflow) => b.priority - a.priority || Number(a.startAt) - Number(b.startAt)

/** A workflow that may be claimed, with its place among those of its kind. */
interface Candidate {
  readonly workflow: Workflow
  readonly place: number
}

/** Those of a kind with a limit that it leaves room for: first those whose project has the fewest running, then by chance. */
const withinLimit = (
  waiting: ReadonlyArray<Workflow>,
  running: ReadonlyArray<Workflow>,
  { perProject = Infinity, running: all = Infinity }: NonNullable<Runnable["limit"]>
) =>
  Effect.gen(function* () {
    const turns = new Map<string, number>()
    for (const { projectId } of running) turns.set(projectId, (turns.get(projectId) ?? 0) + 1)
    const candidates: Array<readonly [turn: number, Workflow]> = []
    for (const workflow of waiting.toSorted(inTurn)) {
      const turn = (turns.get(workflow.projectId) ?? 0) + 1
      turns.set(workflow.projectId, turn)
      if (turn <= perProject) candidates.push([turn, workflow])
    }
    const shuffled = Chunk.toReadonlyArray(yield* Random.shuffle(candidates))
    return shuffled
      .toSorted(([a], [b]) => a - b)
      .slice(0, Math.max(0, all - running.length))
      .map(([, workflow], index): Candidate => ({ workflow, place: index + 1 }))
  })

/**
 * The workflows that a server may claim, in the order in which it does: of all workflows, those that `waiting` (`isWanted`). The same
 * rules as the statement of `SqlClaims`.
 */
export const inOrder = (
  all: ReadonlyArray<Workflow>,
  waiting: ReadonlyArray<Workflow>,
  runs: ReadonlyArray<Runnable>
): Effect.Effect<ReadonlyArray<Workflow>> =>
  Effect.gen(function* () {
    const limits = new Map(runs.flatMap(({ kind, limit }) => (limit === undefined ? [] : [[kind, limit] as const])))
    const limited = yield* Effect.forEach(limits, ([name, limit]) =>
      withinLimit(
        waiting.filter(({ kind }) => kind === name),
        all.filter(({ kind, state }) => kind === name && state === "running"),
        limit
      )
    )
    const others = waiting
      .filter(({ kind }) => !limits.has(kind))
      .map((workflow): Candidate => ({ workflow, place: 1 }))
    return [...others, ...limited.flat()]
      .toSorted((a, b) => a.place - b.place || inTurn(a.workflow, b.workflow))
      .map(({ workflow }) => workflow)
  })
