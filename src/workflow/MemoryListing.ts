import { Equal, Option } from "effect"
import type { ListQuery, Place } from "./WorkflowList.ts"
import type { Workflow } from "./WorkflowState.ts"

const placeOf = ({ createdAt, id }: Workflow): Place => ({ createdAt: createdAt.toISOString(), id })

const byPlace = (a: Place, b: Place) => (`${a.createdAt} ${a.id}` < `${b.createdAt} ${b.id}` ? -1 : 1)

const isListed = (workflow: Workflow, query: ListQuery) =>
  workflow.projectId === query.projectId &&
  query.states.includes(workflow.state) &&
  Option.match(query.kind, { onNone: () => true, onSome: (kind) => workflow.kind === kind }) &&
  (["idempotencyKey", "exclusiveKey"] as const).every(
    (key) => Option.isNone(query[key]) || Equal.equals(workflow[key], query[key])
  ) &&
  !Option.exists(query.from, (time) => workflow.createdAt < time) &&
  !Option.exists(query.to, (time) => workflow.createdAt >= time) &&
  !Option.exists(query.after, (place) => byPlace(placeOf(workflow), place) >= 0 || workflow.id === place.id)

/** The workflows that are asked for, each with its place, newest first; one more than fit on a page, where there are more. */
export const listed = (workflows: ReadonlyArray<Workflow>, query: ListQuery) =>
  workflows
    .filter((workflow) => isListed(workflow, query))
    .map((workflow) => ({ workflow, place: placeOf(workflow) }))
    .sort((a, b) => -byPlace(a.place, b.place))
    .slice(0, query.limit + 1)
