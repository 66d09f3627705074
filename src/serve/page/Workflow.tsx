import { useState } from "preact/hooks"
import { counted, figure } from "../../report/page/Text.ts"
import { Actions } from "./Actions.tsx"
import { hasEnded } from "./Live.ts"
import { Head, Loading, ProblemCard } from "./Parts.tsx"
import { datasourceName, path } from "./Project.ts"
import { ask } from "./Requests.ts"
import { href } from "./Route.ts"
import { State, StateMark } from "./State.tsx"
import { Tasks } from "./Tasks.tsx"
import { TimeLine } from "./TimeLine.tsx"
import type { LostOwner } from "./Types.ts"
import { useResource } from "./useResource.ts"
import { useWorkflow } from "./useWorkflow.ts"
import { kindName, moment, type Shown, stateOf, subject, taskStateOf, WORDS } from "./Words.ts"
import { Progress, short, tookOf } from "./WorkflowRow.tsx"

/** One workflow: its tasks as a line of time and as a table, its errors, its owner. */
export const WorkflowPage = ({ id }: { readonly id: string }) => {
  const { problem, set, tasks, workflow } = useWorkflow(id)
  // Whoever loses a workflow leaves it with a higher epoch.
  const { value: lost } = useResource(workflow === undefined ? undefined : `${id} ${workflow.epoch}`, () =>
    ask<{ readonly lostOwners: ReadonlyArray<LostOwner> }>(path(`/workflows/${encodeURIComponent(id)}/lost-owners`))
  )
  const lostOwners = lost?.lostOwners ?? []
  const [chosen, setChosen] = useState<string | undefined>(undefined)
  if (workflow === undefined) {
    return (
      <>
        <Head title="Workflow" />
        {problem === undefined ? <Loading what="the workflow" /> : <ProblemCard problem={problem} />}
      </>
    )
  }
  const { attempt, createdAt, epoch, errorMessage, exclusiveKey, idempotencyKey, kind, ownerId, priority, requested } =
    workflow
  const state = stateOf(workflow)
  const name = `${kindName(kind)} · ${subject(workflow)}`
  return (
    <>
      <div class="top">
        <nav class="crumbs" aria-label="Where you are">
          <a href={href("workflows")}>Workflows</a>
          <span aria-hidden="true">/</span>
          <span aria-current="page">{name}</span>
        </nav>
      </div>
      <Head
        title={
          <>
            {kindName(kind)} <span class="muted">·</span> {subject(workflow)}
          </>
        }
        live={!hasEnded(workflow)}
      >
        <Actions workflow={workflow} onDone={set} />
      </Head>
      <div class="meta">
        <span aria-live="polite">
          <State of={state} />
        </span>
        {requested === null || hasEnded(workflow) ? null : <span class="chip review">asked to {requested}</span>}
        <span>
          <span class="k">owner</span>{" "}
          {ownerId === null ? (
            "none"
          ) : (
            <a href={href("servers")}>
              <code>{short(ownerId)}</code>
            </a>
          )}
        </span>
        <span>
          <span class="k">epoch</span> {epoch}
          {attempt === 0 ? null : <span class="bad">, {counted(attempt, "owner")} in a row died</span>}
        </span>
        <span title={createdAt}>
          <span class="k">started</span> {moment(createdAt)}
        </span>
        <span>
          <span class="k">{hasEnded(workflow) ? "took" : "for"}</span> {tookOf(workflow)}
        </span>
        {priority === 0 ? null : (
          <span>
            <span class="k">priority</span> {priority}
          </span>
        )}
        {idempotencyKey === null ? null : (
          <span class="long">
            <span class="k">key</span> <code>{idempotencyKey}</code>
          </span>
        )}
        {exclusiveKey === null ? null : (
          <span class="long">
            <span class="k">exclusive key</span>{" "}
            <a class="link" href={href("workflows", { params: { holds: exclusiveKey } })}>
              {datasourceName(exclusiveKey) ?? <code>{exclusiveKey}</code>}
            </a>
          </span>
        )}
        <span class="muted long">
          <code>{id}</code>
        </span>
      </div>
      {errorMessage === null || state === "cancelled" ? null : (
        <pre class="err" tabIndex={0}>
          {errorMessage}
        </pre>
      )}
      <div class="card sum">
        <Progress workflow={workflow} />
        <Tally states={tasks.map(taskStateOf)} isOver={hasEnded(workflow)} />
      </div>
      <TimeLine
        tasks={tasks}
        lostOwners={lostOwners}
        isOver={hasEnded(workflow) || state === "paused" || state === "awaiting"}
        onChoose={setChosen}
      />
      <LostOwners of={lostOwners} />
      <Tasks tasks={tasks} chosen={chosen} onShow={setChosen} />
    </>
  )
}

/** Who had it and died, in words. */
const LostOwners = ({ of }: { readonly of: ReadonlyArray<LostOwner> }) =>
  of.length === 0 ? null : (
    <ul class="card lost" aria-label="Takeovers">
      {of.map(({ epoch, lostAt, ownerId }) => (
        <li key={epoch}>
          <b>
            Epoch {epoch} → {epoch + 1}
          </b>{" "}
          {moment(lostAt)}: taken from its owner <code>{short(ownerId)}</code>, which had died. Nothing that was done is
          done again.
        </li>
      ))}
    </ul>
  )

const TOLD: ReadonlyArray<Shown> = [
  "completed",
  "running",
  "retrying",
  "failed",
  "cancelled",
  "paused",
  "pending",
  "unknown"
]

const Tally = ({ isOver, states }: { readonly states: ReadonlyArray<Shown>; readonly isOver: boolean }) => (
  <div class="meta tally">
    {TOLD.map((each) => {
      const count = states.filter((one) => one === each).length
      return count === 0 ? null : (
        <span key={each} class="state">
          <StateMark of={each} size={13} />
          <b>{figure(count)}</b> <span class="k">{WORDS[each].toLowerCase()}</span>
        </span>
      )
    })}
    <span class="k end">
      {counted(states.length, "task")}
      {isOver ? "" : " so far"}
    </span>
  </div>
)
