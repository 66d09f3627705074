import { useMemo, useState } from "preact/hooks"
import { counted, figure } from "../../report/page/Text.ts"
import { StateMark } from "./State.tsx"
import type { LostOwner, Task } from "./Types.ts"
import { now, type Shown, span, taskStateOf, WORDS } from "./Words.ts"
import { short } from "./WorkflowRow.tsx"

/** Bars that are drawn: more than the eye tells apart; the table has all. */
const MOST = 600
/** Tracks of a lane: the most tasks of a class that are drawn one below the other. */
const TRACKS = 12
/** The height of a track, and of the bar in it, in CSS pixels. */
const HEIGHT = { track: 28, bar: 24, above: 8 }
/** From this share of the width on a bar has a name, and can be pressed. */
const NAMED = 4
/** Position on the time line, in percent, from which a takeover's text stands on its left: on its right there is no room. */
const LATE = 75

const LANES = [
  ["data", false],
  ["llm", true]
] as const
const LEGEND: ReadonlyArray<Shown> = ["completed", "running", "retrying", "failed"]

interface Bar {
  readonly task: Task
  readonly from: number
  readonly to: number
  readonly track: number
}

/** Puts every task into the first track that is free when it begins. */
const placed = (tasks: ReadonlyArray<Task>, end: number): ReadonlyArray<Bar> => {
  const free: Array<number> = []
  return tasks
    .flatMap((task) =>
      task.startedAt === null
        ? []
        : [
            {
              task,
              from: Date.parse(task.startedAt),
              to: task.completedAt === null ? end : Date.parse(task.completedAt)
            }
          ]
    )
    .sort((a, b) => a.from - b.from)
    .slice(-MOST)
    .map((bar) => {
      const first = free.findIndex((at) => at <= bar.from)
      const track = first < 0 ? free.length : first
      free[track] = bar.to
      return { ...bar, track }
    })
}

const STEPS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400].map(
  (s) => s * 1_000
)

/** When tasks ran: a lane for each class, a track for each that ran at the same time. */
export const TimeLine = ({
  isOver,
  lostOwners,
  onChoose,
  tasks
}: {
  readonly tasks: ReadonlyArray<Task>
  readonly lostOwners: ReadonlyArray<LostOwner>
  /** Whether nothing goes on: it has ended, or waits for somebody. */
  readonly isOver: boolean
  readonly onChoose: (id: string) => void
}) => {
  const [focus, setFocus] = useState(0)
  const started = tasks.filter(({ startedAt }) => startedAt !== null)
  const first = Math.min(...started.map(({ startedAt }) => Date.parse(startedAt ?? "")))
  const last = Math.max(...started.map(({ completedAt, startedAt }) => Date.parse(completedAt ?? startedAt ?? "")))
  const end = isOver ? last : Math.max(last, now.value)
  const lanes = useMemo(
    () =>
      LANES.map(([name, llm]) => ({
        name,
        bars: placed(
          tasks.filter((task) => task.requiresLlm === llm),
          end
        )
      })),
    [tasks, end]
  )
  if (started.length === 0) return null
  // Where it goes on there is room for what comes.
  const length = Math.max(1, (end - first) * (isOver ? 1.002 : 1.06))
  const share = (at: number) => ((at - first) / length) * 100
  const step = STEPS.find((one) => length / one <= 9) ?? 86_400_000
  const ticks = Array.from({ length: Math.floor((end - first) / step) }, (_, at) => (at + 1) * step)
  const all = lanes.flatMap(({ bars }) => bars).filter((bar) => share(bar.to) - share(bar.from) >= NAMED)
  const stop = Math.min(focus, all.length - 1)
  const move = (event: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (by === undefined || all.length === 0) return
    event.preventDefault()
    const next = (stop + by + all.length) % all.length
    setFocus(next)
    const bars =
      event.currentTarget instanceof Element ? event.currentTarget.querySelectorAll<HTMLElement>("button") : []
    bars[next]?.focus()
  }
  return (
    <div class="card tl">
      <div class="tlh">
        <h2>Time line</h2>
        <div class="lg">
          {LEGEND.map((each) => (
            <span key={each}>
              <StateMark of={each} size={12} />
              {WORDS[each].toLowerCase()}
            </span>
          ))}
        </div>
      </div>
      <div class="scroll" tabIndex={0} role="region" aria-label="Time line of tasks" onKeyDown={move}>
        <div class={lostOwners.length === 0 ? "tlg" : "tlg handed"}>
          <div class="axis" aria-hidden="true">
            {ticks.map((tick) => (
              <div key={tick} class="tx" style={{ left: `${share(first + tick)}%` }}>
                <span>{span(tick)}</span>
              </div>
            ))}
            {lostOwners.map(({ epoch, lostAt, ownerId }) => {
              const left = Math.max(0, Math.min(100, share(Date.parse(lostAt))))
              return (
                <div key={epoch} class={left > LATE ? "epoch late" : "epoch"} style={{ left: `${left}%` }}>
                  <span>
                    epoch {epoch} → {epoch + 1}: {short(ownerId)} died
                  </span>
                </div>
              )
            })}
            {isOver ? null : (
              <div class="now" style={{ left: `${share(end)}%` }}>
                <span>now</span>
              </div>
            )}
          </div>
          {lanes.map(({ bars, name }) => {
            const of = tasks.filter(({ requiresLlm }) => requiresLlm === (name === "llm"))
            if (of.length === 0) return null
            const tracks = Math.min(TRACKS, Math.max(1, ...bars.map(({ track }) => track + 1)))
            const waits = of.filter(({ status }) => status === "pending").length
            return (
              <div class="lane" key={name}>
                <div class="ln">
                  <b>{name}</b>
                  <span>{counted(of.length, "task")}</span>
                  {waits === 0 ? null : <span>{figure(waits)} waiting</span>}
                </div>
                <div class="tracks" style={{ height: `${tracks * HEIGHT.track + HEIGHT.above + 4}px` }}>
                  {bars
                    .filter(({ track }) => track < TRACKS)
                    .map((bar) => (
                      <TaskBar
                        key={bar.task.id}
                        bar={bar}
                        left={share(bar.from)}
                        width={share(bar.to) - share(bar.from)}
                        isStop={all[stop] === bar}
                        onChoose={onChoose}
                      />
                    ))}
                </div>
              </div>
            )
          })}
        </div>
      </div>
      {started.length > MOST ? (
        <p class="foot">
          The newest {figure(MOST)} of {figure(started.length)} tasks are drawn; the table has all.
        </p>
      ) : null}
    </div>
  )
}

const TaskBar = ({
  bar: { from, task, to, track },
  isStop,
  left,
  onChoose,
  width
}: {
  readonly bar: Bar
  readonly left: number
  readonly width: number
  readonly isStop: boolean
  readonly onChoose: (id: string) => void
}) => {
  const state = taskStateOf(task)
  const style = { left: `${left}%`, width: `${width}%`, top: `${track * HEIGHT.track + HEIGHT.above}px` }
  const title = `${task.name}, ${WORDS[state].toLowerCase()}, ${span(to - from)}`
  return width < NAMED ? (
    <i class={`tk tiny ${state}`} style={style} title={title} />
  ) : (
    <button
      type="button"
      class={`tk ${state}`}
      style={style}
      title={title}
      tabIndex={isStop ? 0 : -1}
      onClick={() => onChoose(task.id)}
    >
      <span>{task.name}</span>
    </button>
  )
}
