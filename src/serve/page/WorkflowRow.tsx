import { figure } from "../../report/page/Text.ts"
import { hasEnded } from "./Live.ts"
import { href } from "./Route.ts"
import { StateMark } from "./State.tsx"
import type { Workflow } from "./Types.ts"
import { kindName, moment, now, running, span, stateOf, subject, WORDS } from "./Words.ts"

/** A workflow in the list. */
export const WorkflowRow = ({
  isSelected,
  onSelect,
  workflow
}: {
  readonly workflow: Workflow
  readonly isSelected: boolean
  readonly onSelect: (id: string) => void
}) => {
  const { createdAt, epoch, id, kind, ownerId } = workflow
  const state = stateOf(workflow)
  return (
    <div class={isSelected ? "wr sel" : "wr"} role="row" data-state={state}>
      <span class="ck" role="cell">
        <input
          type="checkbox"
          aria-label={`Select ${kindName(kind)}, ${subject(workflow)}`}
          checked={isSelected}
          onChange={() => onSelect(id)}
        />
      </span>
      <span class="sm" role="cell" title={WORDS[state]}>
        <StateMark of={state} size={16} />
        <span class="vh">{WORDS[state]}</span>
      </span>
      <span class="nm" role="cell">
        <a href={href("workflow", { id })} title={`${kindName(kind)} · ${subject(workflow)}`} data-row>
          {kindName(kind)} <span class="muted">·</span> {subject(workflow)}
        </a>
        <span class={`two ${state}`}>{lineOf(workflow)}</span>
      </span>
      <span class="pr" role="cell">
        <Progress workflow={workflow} />
      </span>
      <span class="ow" role="cell">
        {ownerId === null ? (
          <span class="muted">{hasEnded(workflow) ? "ended" : "no owner"}</span>
        ) : (
          <code>{short(ownerId)}</code>
        )}
        <small>epoch {epoch}</small>
      </span>
      <span class="tm sta" role="cell" title={createdAt}>
        {moment(createdAt)}
      </span>
      <span class="tm du" role="cell">
        {tookOf(workflow)}
      </span>
    </div>
  )
}

/** The end of an id, which tells servers and workflows apart. */
export const short = (id: string): string => id.slice(-8)

/** How long a workflow has run, or has waited for its start. */
export const tookOf = ({ completedAt, createdAt, startedAt }: Workflow): string =>
  completedAt === null
    ? running(now.value - Date.parse(startedAt ?? createdAt))
    : span(Date.parse(completedAt) - Date.parse(startedAt ?? createdAt))

const lineOf = (workflow: Workflow): string => {
  const { errorMessage, progress, requested, startAt, state } = workflow
  if (requested !== null && !hasEnded(workflow)) return `Asked to ${requested}; stops after what it does now`
  if (state === "failed") return errorMessage ?? "No error was stored"
  if (state === "pending") {
    const left = Date.parse(startAt) - now.value
    return left > 1_000 ? `Begins in ${running(left)}` : "No owner yet; a server takes it within seconds"
  }
  if (state === "completed") return "Done"
  const message = progress?.message ?? ""
  return message === "" ? WORDS[stateOf(workflow)] : message.charAt(0).toUpperCase() + message.slice(1)
}

/** How far a workflow is. */
export const Progress = ({ workflow }: { readonly workflow: Workflow }) => {
  const { progress, state } = workflow
  const [done, total] = [progress?.done ?? 0, progress?.total ?? 0]
  // A workflow that is through has done everything, whether or not it has said so.
  const share = state === "completed" ? 1 : total === 0 ? 0 : Math.min(1, done / total)
  return (
    <div class="prog">
      <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        <rect class="all" width="100" height="6" />
        <rect class={`done ${stateOf(workflow)}`} width={share * 100} height="6" />
      </svg>
      {total === 0
        ? state === "completed"
          ? "all"
          : "not begun"
        : `${figure(state === "completed" ? total : done)} of ${figure(total)}`}
    </div>
  )
}
