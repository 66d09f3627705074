import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Effect, Option, Stream } from "effect"
import { Datasources } from "../../datasource/Datasources.ts"
import type { DiscoveryTarget } from "../../discovery/DiscoveryWorkflow.ts"
import { NO_FINDINGS, stored } from "../../findings/Findings.ts"
import { FORMATS, isBaseIri } from "../../findings/Formats.ts"
import { reportOf, texts } from "../../findings/Texts.ts"
import { POLICY, toJson } from "../../report/Html.ts"
import type { Placing } from "../../report/layout/Placing.ts"
import { textStream } from "../../steps/TextSteps.ts"
import { context } from "../../ontology/context/Context.ts"
import { OntologyWorkflowService } from "../../ontology/OntologyWorkflowService.ts"
import { Api } from "../Api.ts"
import { notFound, orUnavailable, unprocessable } from "../http/Problems.ts"
import { targetOf } from "./Target.ts"

const NOTHING = "there is no ontology yet: start a discovery"
const NO_PAGE = "there is no context page yet: start a discovery"

/** Media types by the ending of a file's name; text for the others. */
const TYPES: Record<string, string> = {
  html: "text/html",
  json: "application/json",
  md: "text/markdown",
  sql: "application/sql",
  ttl: "text/turtle",
  yaml: "application/yaml",
  yml: "application/yaml"
}
const typeOf = (file: string) => `${TYPES[file.replace(/^.*\./, "")] ?? "text/plain"}; charset=utf-8`

/** A report is looked at: as a page of no site, which reaches nothing of this server. */
const LOOKED_AT = { "content-security-policy": `sandbox allow-scripts; ${POLICY}; frame-ancestors 'none'` }

export const OntologyLive = HttpApiBuilder.group(Api, "ontology", (handlers) =>
  Effect.gen(function* () {
    const extraction = yield* OntologyWorkflowService
    const target = targetOf(yield* Datasources)
    const findings = yield* Effect.context<Effect.Effect.Context<ReturnType<typeof stored>> | Placing>()

    const ontology = ({ datasourceId, projectId }: DiscoveryTarget) =>
      Effect.flatMap(
        orUnavailable(extraction.ontology(projectId, datasourceId)),
        Option.match({ onNone: () => Effect.fail(notFound(NOTHING)), onSome: (found) => Effect.succeed(found) })
      )

    return handlers
      .handle("get", ({ path }) => Effect.flatMap(target(path.datasource), ontology))
      .handle("formats", ({ path }) =>
        Effect.as(target(path.datasource), {
          formats: FORMATS.map(({ file, name, purpose }) => ({ name, file, purpose }))
        })
      )
      .handleRaw("export", ({ path, urlParams: { baseIri } }) =>
        Effect.gen(function* () {
          const of = yield* target(path.datasource)
          const format = FORMATS.find(({ name }) => name === path.format)
          if (format === undefined) {
            const names = FORMATS.map(({ name }) => name).join(", ")
            return yield* Effect.fail(notFound(`there is no format "${path.format.slice(0, 100)}"; there are ${names}`))
          }
          if (baseIri !== undefined && !isBaseIri(baseIri)) {
            const message = "baseIri is an absolute IRI like https://example.org/shop"
            return yield* Effect.fail(unprocessable({ message }))
          }
          const found =
            format.alone === true
              ? NO_FINDINGS
              : yield* orUnavailable(Effect.provide(stored(of, { relationships: true, ontology: true }), findings))
          if (format.alone !== true && found.ontology === null) return yield* Effect.fail(notFound(NOTHING))
          const page = found.ontology === null ? null : yield* Effect.orDie(context(found.ontology))
          const [made] = yield* Effect.provide(
            texts(found, [format], { context: page?.text ?? null, baseIri }),
            findings
          )
          if (made === undefined) return yield* Effect.fail(notFound(`there is nothing to say: ${format.purpose}`))
          return HttpServerResponse.stream(Stream.encodeText(made.text), {
            contentType: typeOf(format.file),
            headers:
              format.name === "html" ? LOOKED_AT : { "content-disposition": `attachment; filename="${format.file}"` }
          })
        })
      )
      .handleRaw("report", ({ path }) =>
        Effect.gen(function* () {
          const of = yield* target(path.datasource)
          const found = yield* orUnavailable(
            Effect.provide(stored(of, { relationships: true, ontology: true }), findings)
          )
          const report = yield* Effect.provide(reportOf(found), findings)
          if (report === null) return yield* Effect.fail(notFound(NOTHING))
          return HttpServerResponse.stream(Stream.encodeText(textStream(() => toJson(report))), {
            contentType: "application/json"
          })
        })
      )
      .handle("changes", ({ path }) =>
        Effect.gen(function* () {
          const { datasourceId, projectId } = yield* target(path.datasource)
          return { changes: yield* orUnavailable(extraction.changes(projectId, datasourceId)) }
        })
      )
      .handle("context", ({ path, urlParams: { budget, tables } }) =>
        Effect.gen(function* () {
          const found = yield* Effect.flatMap(target(path.datasource), ontology)
          const options = {
            ...(budget === undefined ? {} : { budget }),
            ...(tables === undefined ? {} : { tables })
          }
          const page = yield* Effect.mapError(context(found, options), unprocessable)
          return page ?? (yield* Effect.fail(notFound(NO_PAGE)))
        })
      )
  })
)
