import { createHash } from "node:crypto"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Effect, Option } from "effect"
import type { ColumnSet } from "../../datasource/Inclusion.ts"
import { Datasources } from "../../datasource/Datasources.ts"
import { type DecisionConflict, type NothingToUndo, standing } from "../../discovery/Decision.ts"
import type { DiscoveryTarget } from "../../discovery/DiscoveryWorkflow.ts"
import { EntityDiscoveryService } from "../../entities/EntityDiscoveryService.ts"
import { type Candidate, Decisions } from "../../ontology/Decisions.ts"
import { OntologyWorkflowService } from "../../ontology/OntologyWorkflowService.ts"
import { type Pair, pairId, type RelationshipNotFound } from "../../relationships/RelationshipWorkflowService.ts"
import { reportColumn } from "../../report/Tables.ts"
import type { RelationshipView } from "../api/RelationshipsApi.ts"
import { Api } from "../Api.ts"
import { badRequest, conflict, notFound, orUnavailable, stale, unprocessable } from "../http/Problems.ts"
import { Rebuilds } from "../Rebuilds.ts"
import { deciderOf, etagOf, expectedOf, standingView, targetOf } from "./Target.ts"

/** Relationships of a page, unless it says how many. */
const PAGE = 200

/** Names two ends in a path: a hash, because the names of columns may be long and hold anything. */
const idOf = (pair: Pair): string => createHash("sha256").update(pairId(pair)).digest("base64url").slice(0, 22)

const viewOf = ({ decision, relationship, version }: Candidate): RelationshipView => ({
  id: idOf(relationship),
  relationship,
  ...standingView({ decision, version })
})

/** Sends a version as the ETag of the answer. */
export const withEtag = <A extends { readonly version: number }>(view: A) =>
  Effect.as(
    HttpApp.appendPreResponseHandler((_request, response) =>
      Effect.succeed(HttpServerResponse.setHeader(response, "etag", etagOf(view.version)))
    ),
    view
  )

/** What goes wrong where somebody decides. */
export const decisionErrors = {
  RelationshipNotFound: (error: RelationshipNotFound) => Effect.fail(unprocessable(error)),
  DecisionConflict: (error: DecisionConflict) => Effect.fail(stale(error)),
  NothingToUndo: (error: NothingToUndo) => Effect.fail(conflict(error))
}

export const RelationshipsLive = HttpApiBuilder.group(Api, "relationships", (handlers) =>
  Effect.gen(function* () {
    const decisions = yield* Decisions
    const rebuilds = yield* Rebuilds
    const extraction = yield* OntologyWorkflowService
    const discovery = yield* EntityDiscoveryService
    const target = targetOf(yield* Datasources)

    const find = (of: DiscoveryTarget, id: string) =>
      Effect.flatMap(orUnavailable(decisions.candidates(of)), (all) => {
        const found = all.find(({ relationship }) => idOf(relationship) === id)
        return found === undefined
          ? Effect.fail(notFound(`there is no relationship ${id}`))
          : Effect.succeed(viewOf(found))
      })

    return handlers
      .handle("list", ({ path, urlParams: { cursor, limit = PAGE, status } }) =>
        Effect.gen(function* () {
          const all = yield* orUnavailable(decisions.candidates(yield* target(path.datasource)))
          const views = all.map(viewOf)
          const wanted =
            status === undefined ? views : views.filter(({ relationship }) => status.includes(relationship.status))
          const start = cursor === undefined ? 0 : wanted.findIndex(({ id }) => id === cursor) + 1
          if (cursor !== undefined && !views.some(({ id }) => id === cursor)) {
            return yield* Effect.fail(badRequest("cursor: pass `next` of the page before, or none for the first page"))
          }
          const page = wanted.slice(start, start + limit)
          const count = (one: "accepted" | "needs_review" | "rejected") =>
            views.filter(({ relationship }) => relationship.status === one).length
          return {
            relationships: page,
            next: start + limit < wanted.length ? Option.fromNullable(page.at(-1)?.id) : Option.none(),
            counts: { accepted: count("accepted"), needs_review: count("needs_review"), rejected: count("rejected") }
          }
        })
      )
      .handle("get", ({ path }) =>
        Effect.flatMap(target(path.datasource), (of) => Effect.flatMap(find(of, path.relationship), withEtag))
      )
      .handle("values", ({ path }) =>
        Effect.gen(function* () {
          const { datasourceId, projectId } = yield* target(path.datasource)
          const of = { datasourceId, projectId }
          const { from, to } = (yield* find(of, path.relationship)).relationship
          const ontology = yield* orUnavailable(extraction.ontology(projectId, datasourceId))
          const entities = Option.match(ontology, { onNone: () => [], onSome: ({ entities: all }) => all })
          const profiles = yield* orUnavailable(discovery.profiles(projectId, datasourceId))
          // What no ontology describes has nobody looked at: nothing of it is shown.
          const columns = (end: ColumnSet) => {
            const isThere = ({ schema, table }: { readonly schema: string; readonly table: string }) =>
              schema === end.schema && table === end.table
            const profile = profiles.find(isThere)
            const entity = entities.find(isThere)
            return end.columns.flatMap((name) => {
              const column = entity?.columns.find((each) => each.name === name)
              const found = profile?.columns.find((each) => each.column === name)
              return column === undefined ? [] : [reportColumn(column, found)]
            })
          }
          return { from: columns(from), to: columns(to) }
        })
      )
      .handle("add", ({ path, payload: { action, by, from, to, when } }) =>
        Effect.gen(function* () {
          const { caller, ...of } = yield* target(path.datasource)
          const { decision, relationship } = yield* decisions
            .decide({ ...of, from, to, when, action, by: deciderOf(caller, by) })
            .pipe(
              Effect.catchTags({ ...decisionErrors, DecisionConflict: Effect.die, NothingToUndo: Effect.die }),
              orUnavailable
            )
          yield* rebuilds.after(of)
          return yield* Option.match(relationship, {
            onNone: () => Effect.dieMessage("a relationship vanished while it was decided about"),
            onSome: (made) => withEtag(viewOf({ relationship: made, ...standing([decision]) }))
          })
        })
      )
      .handle("decide", ({ headers, path, payload: { action, by } }) =>
        Effect.gen(function* () {
          const { caller, ...of } = yield* target(path.datasource)
          const expected = yield* expectedOf(headers["if-match"])
          const before = yield* find(of, path.relationship)
          const { from, to, when } = before.relationship
          yield* decisions
            .decide({ ...of, from, to, when, action, expected, by: deciderOf(caller, by) })
            .pipe(Effect.catchTags(decisionErrors), orUnavailable)
          yield* rebuilds.after(of)
          return yield* Effect.flatMap(find(of, path.relationship), withEtag)
        })
      )
  })
)
