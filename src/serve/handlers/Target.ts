import { Effect, Option } from "effect"
import type { DatasourcesService } from "../../datasource/Datasources.ts"
import { type Decision, type Standing } from "../../discovery/Decision.ts"
import { type Caller, CurrentProject } from "../api/Access.ts"
import type { DecisionView } from "../api/DecisionView.ts"
import { badRequest, ifMatchMissing, notFound, orUnavailable } from "../http/Problems.ts"

/** The datasource of a path: it is the project's. */
export const targetOf = (datasources: DatasourcesService) => (datasource: string) =>
  Effect.gen(function* () {
    const { caller, id: projectId } = yield* CurrentProject
    const { id: datasourceId } = yield* datasources.get(projectId, datasource).pipe(
      Effect.catchTag("DatasourceNotFound", ({ message }) => Effect.fail(notFound(message))),
      orUnavailable
    )
    return { projectId, datasourceId, caller }
  })

/** Whom a decision is attributed to: somebody whom a token's owner names is named with the token. */
export const deciderOf = ({ name, projectId }: Caller, by: string | undefined): string =>
  by === undefined ? name : projectId === undefined ? by : `${by} (${name})`

const VERSION = /^(?:W\/)?"(\d{1,9})"$/

/** The version that `If-Match` names; undefined where any will do (`*`). */
export const expectedOf = (ifMatch: string | undefined) => {
  if (ifMatch === undefined) {
    return Effect.fail(ifMatchMissing('send If-Match with the version that was seen, as its ETag ("3"), or * for any'))
  }
  if (ifMatch.trim() === "*") return Effect.succeed(undefined)
  const version = VERSION.exec(ifMatch.trim())?.[1]
  return version === undefined
    ? Effect.fail(badRequest('If-Match is a version as an ETag, like "3", or *'))
    : Effect.succeed(Number(version))
}

/** A version as an ETag. */
export const etagOf = (version: number): string => `"${version}"`

/** A decision as it is sent. */
export const decisionView = ({ action, answer, at, by, version }: Decision): DecisionView => ({
  action,
  answer,
  at,
  by,
  version
})

/** What holds about a subject, as it is sent. */
export const standingView = ({ decision, version }: Standing) => ({
  version,
  decision: Option.map(decision, decisionView)
})
