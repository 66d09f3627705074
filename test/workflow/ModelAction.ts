import { FastCheck, Option } from "effect"
import { CANCELLED, type Ending, PAUSED, RELEASED } from "../../src/workflow/WorkflowRepository.ts"
import { hasEnded, type WorkflowRequest } from "../../src/workflow/WorkflowState.ts"
import type { WorkflowTaskStatus } from "../../src/workflow/WorkflowTask.ts"
import type { Model } from "./Model.ts"

/** Servers in a run, places (project, key, kind) for workflows, tasks that a workflow may complete. */
export const SERVERS = ["A", "B", "C"]
export const PLACES = 5
/** The place whose key names the workflow: all that is started there is the same one, also when it has ended. */
export const ONE_PLACE = 4
export const TASKS = 3

/** What a server lists its workflow's tasks as, by their number. */
export const LISTED: ReadonlyArray<WorkflowTaskStatus> = ["running", "pending", "failed"]

/** The ways for a run to end. */
export const ENDINGS = {
  completed: { state: "completed", errorMessage: Option.none(), unfinishedTasks: "unknown" },
  failed: { state: "failed", errorMessage: Option.some("broken"), unfinishedTasks: "pending" },
  cancelled: CANCELLED,
  paused: PAUSED,
  "awaiting input": { state: "awaiting_input", errorMessage: Option.none(), unfinishedTasks: "paused" },
  released: RELEASED,
  "given up": { ...RELEASED, isAttempt: true }
} as const satisfies Record<string, Ending>

/** Somebody who owned a workflow once, or does. */
export interface Holder {
  readonly lease: string
  readonly epoch: number
}

/** One thing that somebody does, by the names of leases and workflows. */
export type Action =
  | { readonly do: "start"; readonly workflow: string; readonly place: number; readonly lease: string | null }
  | { readonly do: "join"; readonly lease: string; readonly server: number }
  | { readonly do: "beat" | "expire" | "crash" | "obey"; readonly lease: string }
  | { readonly do: "sweep" | "revoke" }
  | { readonly do: "claim"; readonly lease: string; readonly limit: number }
  | { readonly do: "request"; readonly workflow: string; readonly request: WorkflowRequest }
  | { readonly do: "resume" | "retry"; readonly workflow: string }
  | { readonly do: "list" | "write"; readonly workflow: string; readonly holder: Holder }
  | { readonly do: "complete"; readonly workflow: string; readonly holder: Holder; readonly task: number }
  | {
      readonly do: "end"
      readonly workflow: string
      readonly holder: Holder
      readonly how: keyof typeof ENDINGS
    }

/**
 * What is to be done, as drawn at random: whom it concerns depends on what is there by then, and is mostly somebody to whom it can
 * happen. `age` 0 is a server's newest lease, or a workflow's newest holder; `which` counts workflows from the newest.
 */
export interface Command {
  readonly do: Action["do"]
  readonly server: number
  readonly age: number
  readonly which: number
  readonly number: number
  readonly how: keyof typeof ENDINGS
}

// So that in a run workflows change hands several times: more servers come than go, and few runs end for good.
const WEIGHTS: ReadonlyArray<readonly [number, Action["do"]]> = [
  [7, "start"],
  [5, "join"],
  [1, "beat"],
  [1, "expire"],
  [4, "crash"],
  [2, "sweep"],
  [7, "revoke"],
  [9, "claim"],
  [3, "obey"],
  [4, "request"],
  [3, "resume"],
  [2, "retry"],
  [2, "list"],
  [5, "write"],
  [6, "complete"],
  [4, "end"]
]

const weighted = <const A>(...values: ReadonlyArray<readonly [weight: number, value: A]>) =>
  FastCheck.oneof(...values.map(([weight, value]) => ({ weight, arbitrary: FastCheck.constant(value) })))

const command: FastCheck.Arbitrary<Command> = FastCheck.record({
  do: weighted(...WEIGHTS),
  server: FastCheck.nat(SERVERS.length - 1),
  age: weighted([4, 0], [2, 1], [1, 2]),
  which: weighted([4, 0], [3, 1], [2, 2], [1, 3]),
  number: FastCheck.nat(PLACES - 1),
  how: weighted(
    [5, "released"],
    [2, "given up"],
    [2, "paused"],
    [2, "awaiting input"],
    [1, "cancelled"],
    [1, "completed"],
    [1, "failed"]
  )
})

/** Steps one after the other; a step is one command, or two or three at the same moment. */
export const steps = (most: number): FastCheck.Arbitrary<ReadonlyArray<ReadonlyArray<Command>>> =>
  FastCheck.array(
    FastCheck.oneof(
      { weight: 2, arbitrary: FastCheck.tuple(command) },
      { weight: 1, arbitrary: FastCheck.array(command, { minLength: 2, maxLength: 3, size: "max" }) }
    ),
    { minLength: 1, maxLength: most, size: "max" }
  )

const back = <A>(all: ReadonlyArray<A>, age: number): A | undefined => all[Math.max(0, all.length - 1 - age)]

/** Workflows by name; those that have ended are older than all others. */
const byAge = ({ rows }: Model): ReadonlyArray<string> => {
  const all = [...rows].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const [going, ended] = [false, true].map((isOver) => all.filter(([, { state }]) => hasEnded(state) === isOver))
  return [...(ended ?? []), ...(going ?? [])].map(([name]) => name)
}

/** Whom a command concerns, as things stand; undefined where there is nobody. What it makes is named by `turn`. */
export const resolve = (command: Command, model: Model, turn: number): Action | undefined => {
  const leases = model.servers.map((each) => back(each, command.age) ?? "")
  const given = leases[command.server] ?? ""
  const alive = [given, ...leases].find((each) => model.leases.get(each) === "alive") ?? given
  const workflow = back(byAge(model), command.which)
  const holder = back(model.rows.get(workflow ?? "")?.holders ?? [], command.age)
  const owner = model.rows.get(workflow ?? "")?.owner ?? given
  const name = String(turn).padStart(3, "0")
  switch (command.do) {
    case "start":
      return {
        do: "start",
        workflow: `w${name}`,
        place: command.number,
        lease: command.which === 3 ? null : command.age > 0 ? given : alive
      }
    case "join":
      return { do: "join", lease: `${SERVERS[command.server]}${name}`, server: command.server }
    case "claim":
      return { do: "claim", lease: command.age > 0 ? given : alive, limit: 1 + (command.number % 2) }
    case "sweep":
    case "revoke":
      return { do: command.do }
    case "beat":
      return { do: command.do, lease: given }
    case "expire":
    case "crash":
    case "obey":
      return { do: command.do, lease: owner }
  }
  if (workflow === undefined) return undefined
  if (command.do === "request") return { do: command.do, workflow, request: command.number < 2 ? "cancel" : "pause" }
  if (command.do === "resume" || command.do === "retry") return { do: command.do, workflow }
  if (holder === undefined) return undefined
  switch (command.do) {
    case "list":
    case "write":
      return { do: command.do, workflow, holder }
    case "complete":
      return { do: command.do, workflow, holder, task: command.number % TASKS }
    case "end":
      return { do: command.do, workflow, holder, how: command.how }
  }
}

/** An action in words: `complete w003 by A000@1 task 2`. */
export const inWords = (action: Action): string =>
  [
    action.do,
    "workflow" in action ? action.workflow : "",
    "place" in action ? `at place ${action.place}` : "",
    "lease" in action ? `by ${action.lease ?? "nobody"}` : "",
    "holder" in action ? `by ${action.holder.lease}@${action.holder.epoch}` : "",
    "task" in action ? `task ${action.task}` : "",
    "how" in action ? `as ${action.how}` : "",
    "request" in action ? action.request : "",
    "limit" in action ? `up to ${action.limit}` : ""
  ]
    .filter((word) => word !== "")
    .join(" ")
