import type { ComponentChildren } from "preact"
import { Icon } from "../../report/page/Icon.tsx"
import { ThemeButton } from "../../report/page/Parts.tsx"
import type { Problem } from "./Requests.ts"
import { hold, isHeld, standing, tryNow, waiting } from "./Live.ts"
import { said } from "./Say.ts"
import { StateMark } from "./State.tsx"
import { now, running } from "./Words.ts"

/** A page's name, what can be done there, and whether what it shows is live. */
export const Head = ({
  children,
  live = false,
  title
}: {
  readonly title: ComponentChildren
  readonly live?: boolean
  readonly children?: ComponentChildren
}) => (
  <div class="hrow">
    <h1>{title}</h1>
    <span class="sp" />
    {live ? <Live /> : null}
    {children}
    <ThemeButton />
  </div>
)

const Live = () => {
  const { is } = standing.value
  const held = isHeld.value
  const text = held
    ? waiting.value.length === 0
      ? "Held"
      : `Held, ${waiting.value.length} ${waiting.value.length === 1 ? "change waits" : "changes wait"}`
    : is === "live"
      ? "Live"
      : is === "connecting"
        ? "Connecting …"
        : "Not connected"
  return (
    <>
      <span class={`live is-${held ? "held" : is}`} role="status">
        <i aria-hidden="true" />
        {text}
      </span>
      <button type="button" class="btn" aria-pressed={held} onClick={hold}>
        <Icon name={held ? "play" : "pause"} />
        {held ? "Go on" : "Pause updates"}
      </button>
    </>
  )
}

/** Tells that the server does not answer, since when, and what is done about it. */
export const Banner = () => {
  const at = standing.value
  if (at.is === "refused" && at.problem.status !== 401) return <ProblemCard problem={at.problem} />
  if (at.is !== "lost") return null
  const left = Math.max(0, Math.ceil((at.next - now.value) / 1000))
  return (
    <div class="banner" role="alert">
      <Icon name="plug" />
      <span>
        <b>Not connected for {running(now.value - at.since)}.</b> What you see is from then.{" "}
        {at.problem === undefined ? "" : `${at.problem.title}: ${at.problem.detail}. `}Trying again{" "}
        {left === 0 ? "now" : `in ${left} s`}, for the {ordinal(at.tries)} time; nothing is lost, the servers work on.
      </span>
      <span class="sp" />
      <button type="button" class="btn" onClick={tryNow}>
        Try now
      </button>
    </div>
  )
}

const ordinal = (n: number): string => {
  const ending = n % 100 > 10 && n % 100 < 14 ? "th" : (["th", "st", "nd", "rd"][n % 10] ?? "th")
  return `${n}${ending}`
}

/** What was done, or what went wrong. */
export const Said = () => {
  const saying = said.value
  if (saying === undefined) return <div role="status" />
  const { action, detail, title, tone } = saying
  return (
    <div class={`said ${tone}`} role={tone === "bad" ? "alert" : "status"}>
      <StateMark of={({ bad: "failed", busy: "running", done: "completed" } as const)[tone]} size={18} />
      <span>
        <b>{title}</b> {detail}
      </span>
      <span class="sp" />
      {action === undefined ? null : (
        <button type="button" class="btn" onClick={action.run}>
          {action.name} {action.key === undefined ? null : <kbd>{action.key}</kbd>}
        </button>
      )}
      <button type="button" class="btn ghost icon" aria-label="Close" onClick={() => void (said.value = undefined)}>
        <Icon name="cross" />
      </button>
    </div>
  )
}

/** What went wrong, what still works, and what to do. */
export const ProblemCard = ({ again, problem }: { readonly problem: Problem; readonly again?: () => void }) => (
  <div class="card probl" role="alert">
    <StateMark of="failed" size={26} />
    <div>
      <h2>{problem.title}</h2>
      <p>{problem.detail}</p>
      {again === undefined ? null : (
        <div class="acts">
          <button type="button" class="btn primary" onClick={again}>
            <Icon name="retry" />
            Try again
          </button>
        </div>
      )}
      {problem.status === 0 ? null : (
        <dl>
          <dt>Status</dt>
          <dd>
            {problem.status}
            {problem.kind === "" ? "" : `, ${problem.kind}`}
          </dd>
          {problem.reference === undefined ? null : (
            <>
              <dt>Reference</dt>
              <dd>
                <code>{problem.reference}</code>
              </dd>
            </>
          )}
        </dl>
      )}
    </div>
  </div>
)

/** That something is under way, in words. */
export const Loading = ({ what }: { readonly what: string }) => (
  <p class="card loading" role="status">
    Reading {what} …
  </p>
)

/** What is shown where there is nothing: why, and what to do. */
export const Empty = ({ children, title }: { readonly title: string; readonly children: ComponentChildren }) => (
  <div class="card emptyc">
    <h2>{title}</h2>
    {children}
  </div>
)
