import { Option } from "effect"
import { hasEnded, type Workflow } from "../workflow/WorkflowState.ts"
import type { WorkflowTask } from "../workflow/WorkflowTask.ts"
import { clean, count, duration, number, pad, type Style, truncate, widthOf } from "./Text.ts"

/** A workflow as it is watched; `workflow` is none before it is started. Times are milliseconds of the process's clock. */
export interface Watched {
  /** "Entities". */
  readonly title: string
  readonly workflow: Option.Option<Workflow>
  /** Its tasks that are running. */
  readonly running: ReadonlyArray<WorkflowTask>
  readonly startedAt: Option.Option<number>
  readonly endedAt: Option.Option<number>
}

/** Before it is started. */
export const waiting = (title: string): Watched => ({
  title,
  workflow: Option.none(),
  running: [],
  startedAt: Option.none(),
  endedAt: Option.none()
})

/** Room on the terminal, in columns and lines. */
export interface Room {
  readonly width: number
  readonly height: number
}

/** Running tasks that are named; of the others it is said how many there are. */
const NAMED_TASKS = 4
const BAR = { widest: 32, narrowest: 8 }
/** Plain lines say that a workflow has come a quarter further, but not more often than this. */
const QUIET_MILLIS = 5_000
/** They also say what keeps failing and is tried again, at this pace. */
const QUIET_RETRIES_MILLIS = 20_000

const isState = (watched: Watched, ...states: ReadonlyArray<Workflow["state"]>): boolean =>
  Option.exists(watched.workflow, ({ state }) => states.includes(state))

/** Tasks done and all, as the workflow says of itself: it knows of tasks to come. */
const steps = ({ workflow }: Watched): { readonly done: number; readonly total: number } =>
  Option.getOrElse(
    Option.flatMap(workflow, ({ progress }) => progress),
    () => ({ done: 0, total: 0 })
  )

const share = (watched: Watched): number => {
  if (isState(watched, "completed")) return 1
  const { done, total } = steps(watched)
  return total === 0 ? 0 : Math.min(1, done / total)
}

const elapsed = ({ endedAt, startedAt }: Watched, now: number): string =>
  Option.match(startedAt, {
    onNone: () => "",
    onSome: (start) => duration(Option.getOrElse(endedAt, () => now) - start)
  })

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]

const bar = (fraction: number, width: number): string => {
  const eighths = Math.round(fraction * width * 8)
  const full = "█".repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? "")
  return pad(full, width)
}

const symbol = (watched: Watched, style: Style): string => {
  if (isState(watched, "completed")) return style.green("✓")
  if (isState(watched, "failed")) return style.red("✗")
  if (isState(watched, "paused", "awaiting_input")) return style.yellow("‖")
  return Option.isSome(watched.workflow) ? style.cyan("›") : style.dim("·")
}

const firstLine = (text: string) => clean(text.split("\n")[0] ?? "")

/** What stands behind the bar. */
const say = (watched: Watched): string => {
  const { done, total } = steps(watched)
  return Option.match(watched.workflow, {
    onNone: () => "waiting",
    onSome: ({ errorMessage, progress, requested, state }) => {
      switch (state) {
        case "completed":
          return count(total, "task")
        case "failed":
          return firstLine(Option.getOrElse(errorMessage, () => "failed"))
        case "paused":
          return "paused"
        case "awaiting_input":
          return "waits for an answer"
        case "pending":
          return "waits for a process"
        case "running": {
          const steps = total === 0 ? "" : `${number(done)} of ${count(total, "task")}`
          const doing = Option.match(requested, {
            onSome: (request) => `${request} requested`,
            onNone: () => Option.match(progress, { onNone: () => "", onSome: ({ message }) => firstLine(message) })
          })
          return [steps, doing].filter((part) => part !== "").join(" · ") || "starting"
        }
      }
    }
  })
}

/** What is being done, and what is tried again and why. */
const taskLine = (task: WorkflowTask, width: number, now: number, style: Style): string => {
  const since = Option.match(task.startedAt, { onNone: () => "", onSome: (at) => duration(now - at.getTime()) })
  const error = Option.match(task.error, {
    onNone: () => "",
    onSome: (text) => ` · retry ${task.retryCount}: ${firstLine(text)}`
  })
  const text = truncate(firstLine(task.name) + error, width - widthOf(since) - 6)
  return `    ${style.dim(pad(text, width - widthOf(since) - 6))}  ${style.dim(since)}`
}

const block = (
  watched: Watched,
  titleWidth: number,
  width: number,
  now: number,
  style: Style
): ReadonlyArray<string> => {
  const time = elapsed(watched, now)
  const head = ` ${symbol(watched, style)} ${style.bold(pad(watched.title, titleWidth))}  `
  const room = width - titleWidth - 36
  const barWidth = room < BAR.narrowest ? 0 : Math.min(BAR.widest, Math.max(BAR.narrowest, Math.floor(room / 2)))
  const drawn =
    barWidth === 0 || Option.isNone(watched.workflow) ? "" : `${style.cyan(bar(share(watched), barWidth))}  `
  const left = width - widthOf(head) - widthOf(drawn) - widthOf(time) - 2
  const said = pad(truncate(say(watched), left), left)
  const line = `${head}${drawn}${isState(watched, "failed") ? style.red(said) : said}  ${style.dim(time)}`.trimEnd()
  const running = isState(watched, "running") ? watched.running : []
  // "+ 1 more" takes the line that the one would have taken.
  const named = running.length <= NAMED_TASKS + 1 ? running : running.slice(0, NAMED_TASKS)
  const more = running.length - named.length
  return [
    line,
    ...named.map((task) => taskLine(task, width, now, style)),
    ...(more > 0 ? [`    ${style.dim(`+ ${number(more)} more`)}`] : [])
  ]
}

/** The workflows as they stand at `now`: a line each, with its running tasks below. No line is wider than the room, nor are there more. */
export const render = (all: ReadonlyArray<Watched>, room: Room, now: number, style: Style): ReadonlyArray<string> => {
  const titleWidth = Math.max(...all.map(({ title }) => widthOf(title)))
  const width = Math.max(40, room.width)
  const lines = all.flatMap((watched) => block(watched, titleWidth, width, now, style))
  if (lines.length <= room.height) return lines
  return all
    .flatMap((watched) => block({ ...watched, running: [] }, titleWidth, width, now, style))
    .slice(0, room.height)
}

/** What plain lines have already said of a workflow. */
export interface Said {
  readonly started: boolean
  readonly quarters: number
  readonly ended: boolean
  readonly at: number
}

/** Nothing yet. */
export const SAID_NOTHING: Said = { started: false, quarters: 0, ended: false, at: Number.NEGATIVE_INFINITY }

/** For logs and pipes: at most one line that says what is new about a workflow, and what has been said with it. */
export const milestone = (
  watched: Watched,
  said: Said,
  now: number
): readonly [line: Option.Option<string>, said: Said] => {
  const quarters = Math.floor(share(watched) * 4)
  const ended = Option.exists(watched.workflow, ({ state }) => hasEnded(state))
  const line = (text: string, next: Partial<Said>) =>
    [Option.some(`${watched.title.toLowerCase()}: ${text}`), { ...said, started: true, ...next, at: now }] as const
  if (Option.isNone(watched.workflow) || said.ended) return [Option.none(), said]
  if (ended) {
    const took = Option.isNone(watched.startedAt) ? "" : elapsed(watched, now)
    // Why is what the program ends with.
    if (isState(watched, "failed")) return line(`failed${took === "" ? "" : ` after ${took}`}`, { ended: true })
    return line(took === "" ? `done before, ${say(watched)}` : `done, ${say(watched)} in ${took}`, { ended: true })
  }
  if (!said.started) return line("started", {})
  if (quarters > said.quarters && now - said.at >= QUIET_MILLIS) return line(say(watched), { quarters })
  const retried = watched.running.find(({ error }) => Option.isSome(error))
  if (retried !== undefined && now - said.at >= QUIET_RETRIES_MILLIS)
    return line(`trying again: ${firstLine(Option.getOrElse(retried.error, () => ""))}`, {})
  return [Option.none(), said]
}
