import { signal } from "@preact/signals"
import { useEffect, useRef } from "preact/hooks"
import { Icon } from "../../report/page/Icon.tsx"
import { useKeys } from "../../report/page/Keys.tsx"
import { figure, sure } from "../../report/page/Text.ts"
import { CandidatePage } from "./Candidate.tsx"
import { ask, type Problem, problemFrom } from "./Requests.ts"
import { isConnected, readAgain } from "./Live.ts"
import { Empty, Head, Loading, ProblemCard } from "./Parts.tsx"
import { datasource, ofDatasource } from "./Project.ts"
import {
  chanceOf,
  endText,
  type Group,
  groupOf,
  GROUPS,
  inGroup,
  loadOntology,
  loadRelationships
} from "./Relationships.ts"
import { go, href, route, setParams } from "./Route.ts"
import { said, say, sayProblem } from "./Say.ts"
import { NoDatabase, StartButton } from "./Start.tsx"
import type { Candidate } from "./Types.ts"
import { useResource } from "./useResource.ts"

/** Those that are put off: they stand last, until the page is loaded again. */
const later = signal<ReadonlySet<string>>(new Set())
/** What was decided last, and can be undone. */
const decidedLast = signal<string | undefined>(undefined)

const NAME = "name"
/** Who decides, where somebody has said so. */
const decider = signal(storedName())

function storedName(): string {
  try {
    return localStorage.getItem(NAME) ?? ""
  } catch {
    return ""
  }
}

/** Attributes decisions to somebody from now on. */
const setDecider = (name: string) => {
  decider.value = name
  try {
    localStorage.setItem(NAME, name)
  } catch {
    // It holds until the page is loaded again.
  }
}

const DONE = { accept: "Accepted:", reject: "Rejected:", undo: "Undone:" } as const
type Action = keyof typeof DONE

/** Candidates one by one, most worth deciding first. */
export const ReviewPage = () => {
  const at = datasource.value
  const found = useResource(at?.id, () => loadRelationships(at?.id ?? ""))
  const ontology = useResource(at?.id, () => loadOntology(at?.id ?? ""))
  const { id, params } = route.value
  const all = found.value ?? []
  // Who undoes acts later, and on what there is by then.
  const latest = useRef(all)
  latest.current = all
  const group = GROUPS.find(([name]) => name === params["show"])?.[0] ?? "decide"
  /** Versions that were made here. */
  const own = useRef(new Map<string, number>())
  const isLater = (each: Candidate) => Number(later.value.has(each.id))
  const queue = inGroup(all, group).toSorted((a, b) => isLater(a) - isLater(b))
  const chosen = all.find((each) => each.id === id)
  const current = chosen ?? queue[0]
  const place = queue.findIndex((each) => each.id === current?.id)

  const show = (candidate: Candidate | undefined) =>
    go(href("review", { ...(candidate === undefined ? {} : { id: candidate.id }), params: { show: params["show"] } }))
  // Others decide, too: what one looks at stays where it is, and it is told who has decided.
  const looked = useRef(current)
  useEffect(() => {
    const before = looked.current
    const after = all.find((each) => each.id === before?.id)
    looked.current = current
    if (before === undefined || after === undefined || after.version <= before.version) return
    if (after.version <= (own.current.get(after.id) ?? 0)) return
    show(after)
    tellDecided(after)
  }, [found.value, current?.id])
  const move = (by: number) => {
    const next = queue[Math.max(0, Math.min(queue.length - 1, place + by))]
    if (next !== undefined) show(next)
  }
  const decide = async (candidate: Candidate, action: Action) => {
    if (at === undefined) return
    const { from, to } = candidate.relationship
    const text = `${endText(from)} → ${endText(to)}`
    const next = place < 0 ? undefined : (queue[place + 1] ?? queue[place - 1])
    try {
      const made = await ask<Candidate>(ofDatasource(at.id, `/relationships/${encodeURIComponent(candidate.id)}`), {
        method: "PATCH",
        version: candidate.version,
        body: { action, ...(decider.value.trim() === "" ? {} : { by: decider.value.trim() }) }
      })
      own.current.set(made.id, made.version)
      decidedLast.value = action === "undo" ? undefined : made.id
      // What depends on it is decided anew, and read again.
      found.set(all.map((each) => (each.id === made.id ? made : each)))
      readAgain()
      if (action === "undo") show(made)
      else if (groupOf(made) !== group) show(next)
      else move(1)
      say(
        `${DONE[action]} ${text}.`,
        "What depends on it follows within seconds.",
        action === "undo" ? undefined : { name: "Undo", key: "U", run: undo }
      )
    } catch (error) {
      const problem = problemFrom(error)
      if (problem.status === 412 || problem.status === 409) {
        // Told together with how it stands now.
        const read = await loadRelationships(at.id).catch(() => undefined)
        if (read !== undefined) {
          own.current.set(candidate.id, read.find(({ id }) => id === candidate.id)?.version ?? 0)
          found.set(read)
        }
        show(candidate)
      }
      if (problem.kind === "stale") tellStale(problem, text)
      else sayProblem(problem)
    }
  }
  // Undone is the newest state of what was decided last, wherever one is by then.
  const undo = () => {
    const last = latest.current.find((each) => each.id === decidedLast.value)
    const which = last ?? (current === undefined || current.decision === null ? undefined : current)
    if (which !== undefined) void decide(which, "undo")
  }
  const act = {
    a: () => (current === undefined ? undefined : void decide(current, "accept")),
    r: () => (current === undefined ? undefined : void decide(current, "reject")),
    l: () => {
      if (current === undefined) return
      const next = queue[place + 1]
      later.value = new Set([...later.value, current.id])
      if (next !== undefined) show(next)
      say("Later.", "It stands last now.")
    },
    u: undo,
    j: () => move(1),
    k: () => move(-1)
  }
  useKeys({ pages: {}, actions: act })
  useEffect(() => {
    document.querySelector(".queue [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" })
  }, [current?.id])

  if (at === undefined) {
    return (
      <>
        <Head title="Review" />
        <NoDatabase what="Candidates" />
      </>
    )
  }
  return (
    <>
      <Head title="Review" />
      <p class="lead">
        How the tables of <b>{at.name}</b> hang together, one by one: the ones whose answer changes most first.
      </p>
      <div class="bar1">
        <div class="seg" role="group" aria-label="Which relationships">
          {GROUPS.map(([name, text]) => {
            const count = inGroup(all, name).length
            return count === 0 && name !== "decide" && name !== group ? null : (
              <button
                key={name}
                type="button"
                aria-pressed={group === name}
                onClick={() => go(href("review", { params: { show: name === "decide" ? undefined : name } }))}
              >
                {text} <span class="n">{figure(count)}</span>
              </button>
            )
          })}
        </div>
      </div>
      {found.problem === undefined ? null : <ProblemCard problem={found.problem} again={found.again} />}
      {found.value === undefined ? (
        found.problem === undefined ? (
          <Loading what="the relationships" />
        ) : null
      ) : current === undefined ? (
        <Nothing isRead={all.length > 0} group={group} inferred={inGroup(all, "inferred").length} />
      ) : (
        <>
          <div class="rv">
            <Queue queue={queue} current={current} group={group} />
            <CandidatePage
              candidate={current}
              all={all}
              ontology={ontology.value}
              place={place < 0 ? undefined : `${place + 1} of ${queue.length}`}
            />
          </div>
          <Bar act={act} current={current} />
        </>
      )}
    </>
  )
}

const tellStale = ({ by, detail }: Problem, text: string) => {
  said.value = {
    tone: "bad",
    title: `${by ?? "Somebody"} has decided meanwhile about ${text}.`,
    detail: `Your decision was not written; this is how it stands now. ${by === undefined ? detail : ""}`
  }
}

const tellDecided = ({ decision, relationship: { from, to } }: Candidate) => {
  const text = `${endText(from)} → ${endText(to)}`
  say(
    decision === null
      ? `Somebody has taken back what was decided about ${text}.`
      : `${decision.by} has ${decision.action}ed ${text}.`,
    "This is how it stands now."
  )
}

const Nothing = ({
  group,
  inferred,
  isRead
}: {
  readonly isRead: boolean
  readonly group: Group
  readonly inferred: number
}) =>
  isRead ? (
    <Empty title={group === "decide" ? "Nothing is left to decide" : "There are none like that"}>
      <p>What the rules were sure of can be looked over, and decided otherwise.</p>
      <p>
        <button type="button" class="btn" onClick={() => setParams({ show: "inferred" })}>
          Look over the {inferred === 1 ? "one that was" : `${figure(inferred)} that were`} inferred
        </button>
      </p>
    </Empty>
  ) : (
    <Empty title="Nothing was found out yet">
      <p>A discovery reads the database and says how its tables hang together.</p>
      <p>
        <StartButton />
      </p>
    </Empty>
  )

/** Candidates that are listed beside the one that is shown. */
const LISTED = 200

const Queue = ({
  current,
  group,
  queue
}: {
  readonly queue: ReadonlyArray<Candidate>
  readonly current: Candidate
  readonly group: Group
}) => (
  <nav class="queue" aria-label="Candidates">
    <ul>
      {queue.slice(0, LISTED).map((each) => {
        const { from, to } = each.relationship
        const chance = chanceOf(each)
        return (
          <li key={each.id}>
            <a
              href={href("review", { id: each.id, params: { show: group === "decide" ? undefined : group } })}
              aria-current={each.id === current.id ? "true" : undefined}
            >
              <code>
                {endText(from)}
                <br />
                <span class="to">→ {to.table}</span>
              </code>
              <span class="m">
                <svg viewBox="0 0 100 3" preserveAspectRatio="none" aria-hidden="true">
                  <rect class="all" width="100" height="3" />
                  <rect class={group} width={chance * 100} height="3" />
                </svg>
                {group === "declared" ? "declared" : sure({ confidence: chance })}
                {later.value.has(each.id) ? ", later" : ""}
              </span>
            </a>
          </li>
        )
      })}
    </ul>
    {queue.length > LISTED ? <p class="muted small">and {figure(queue.length - LISTED)} more, by J</p> : null}
  </nav>
)

const Bar = ({
  act,
  current
}: {
  readonly act: Readonly<Record<"a" | "r" | "l" | "u", () => void>>
  readonly current: Candidate
}) => {
  const off = !isConnected.value
  const canUndo = decidedLast.value !== undefined || current.decision !== null
  return (
    <div class="act" role="toolbar" aria-label="Decide">
      <div class="in">
        <button type="button" class="btn primary" aria-disabled={off} onClick={act.a}>
          <Icon name="check" />
          Accept <kbd>A</kbd>
        </button>
        <button type="button" class="btn" aria-disabled={off} onClick={act.r}>
          <Icon name="cross" />
          Reject <kbd>R</kbd>
        </button>
        <button type="button" class="btn" onClick={act.l}>
          <Icon name="later" />
          Later <kbd>L</kbd>
        </button>
        <button type="button" class="btn" aria-disabled={off || !canUndo} onClick={act.u}>
          <Icon name="undo" />
          Undo <kbd>U</kbd>
        </button>
        <label class="who">
          <span>as</span>
          <input
            class="field"
            type="text"
            placeholder="your name"
            aria-label="Your name, which decisions are told with"
            autocomplete="off"
            maxLength={100}
            value={decider.value}
            onInput={({ currentTarget }) => setDecider(currentTarget.value)}
          />
        </label>
        <span class="sp" />
        <span class="hint">
          <kbd>J</kbd> <kbd>K</kbd> next, previous
        </span>
      </div>
    </div>
  )
}
