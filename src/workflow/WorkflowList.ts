import { Effect, Option, Schema } from "effect"
import { type Workflow, WorkflowState } from "./WorkflowState.ts"

/** Default number of workflows on a page: what fits on a screen or two. */
const PAGE = 50
/** Maximum number of workflows on a page, each with a config of up to 1,000,000 bytes. */
const MAX_PAGE = 1_000

/** Which workflows of a project to list. A filter that is left out leaves nothing out. */
export interface ListOptions {
  /** The id of the project (tenant), a UUID. */
  readonly projectId: string
  /** The name of a kind. */
  readonly kind?: string
  /** One or more states. */
  readonly state?: WorkflowState | ReadonlyArray<WorkflowState>
  /** The key that names a workflow: at most one of each kind has it. */
  readonly idempotencyKey?: string
  /** The key of what workflows have for themselves, also of those that have ended. */
  readonly exclusiveKey?: string
  /** Only workflows that were started at this time or later. */
  readonly from?: Date
  /** Only workflows that were started before this time. */
  readonly to?: Date
  /** The number of workflows on a page, 1 to 1,000. Default: 50. */
  readonly limit?: number
  /** Where to continue: `next` of the page before. Default: at the newest workflow. */
  readonly cursor?: string | undefined
}

/** A page of a list, newest first. */
export interface WorkflowPage {
  readonly workflows: ReadonlyArray<Workflow>
  /** The cursor of the next page; none on the last page. */
  readonly next: Option.Option<string>
}

/**
 * A cursor that no list has returned.
 *
 * @example
 * ```ts
 * const page = yield* infra.list({ projectId, cursor: "from an address bar" }).pipe(
 *   Effect.catchTag("InvalidCursor", () => infra.list({ projectId }))
 * )
 * ```
 */
export class InvalidCursor extends Schema.TaggedError<InvalidCursor>()("InvalidCursor", {}) {
  override get message() {
    return "this is no cursor of a list: pass `next` of the page before, or none for the first page"
  }
}

/** The place of a workflow in a list: the time at which it was started, in ISO 8601 with microseconds, and its id. */
export interface Place {
  readonly createdAt: string
  readonly id: string
}

/** What the storage is asked for: `ListOptions` with their defaults. */
export interface ListQuery {
  readonly projectId: string
  readonly kind: Option.Option<string>
  readonly states: ReadonlyArray<WorkflowState>
  readonly idempotencyKey: Option.Option<string>
  readonly exclusiveKey: Option.Option<string>
  readonly from: Option.Option<Date>
  readonly to: Option.Option<Date>
  readonly limit: number
  readonly after: Option.Option<Place>
}

/** A workflow with its place in the list. */
export interface Listed {
  readonly workflow: Workflow
  readonly place: Place
}

const SEPARATOR = "_"
const CURSOR = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d(?::\d\d)?))_(.+)$/

const placeOf = (cursor: string): Effect.Effect<Place, InvalidCursor> => {
  const [, createdAt, id] = CURSOR.exec(cursor) ?? []
  return createdAt === undefined || id === undefined || Number.isNaN(Date.parse(createdAt))
    ? new InvalidCursor()
    : Effect.succeed({ createdAt, id })
}

/** The query of a list. Fails with `InvalidCursor` if no list has returned its cursor, and dies if `from` or `to` is no date. */
export const queryOf = (options: ListOptions): Effect.Effect<ListQuery, InvalidCursor> =>
  Effect.gen(function* () {
    const { cursor, from, limit = PAGE, state = WorkflowState.literals, to } = options
    for (const [name, time] of Object.entries({ from, to })) {
      if (time !== undefined && Number.isNaN(Number(time))) {
        return yield* Effect.die(new RangeError(`${name} of a list is no date`))
      }
    }
    return {
      projectId: options.projectId,
      kind: Option.fromNullable(options.kind),
      states: typeof state === "string" ? [state] : [...new Set(state)],
      idempotencyKey: Option.fromNullable(options.idempotencyKey),
      exclusiveKey: Option.fromNullable(options.exclusiveKey),
      from: Option.fromNullable(from),
      to: Option.fromNullable(to),
      limit: Math.min(Math.max(1, Math.floor(limit) || 1), MAX_PAGE),
      after: cursor === undefined ? Option.none() : Option.some(yield* placeOf(cursor))
    }
  })

/** The page of up to `limit` workflows, of which the storage has returned one more if there are more. */
export const pageOf = (listed: ReadonlyArray<Listed>, limit: number): WorkflowPage => {
  const page = listed.slice(0, limit)
  const last = listed.length > limit ? page.at(-1) : undefined
  return {
    workflows: page.map(({ workflow }) => workflow),
    next: Option.map(Option.fromNullable(last), ({ place: { createdAt, id } }) => `${createdAt}${SEPARATOR}${id}`)
  }
}
