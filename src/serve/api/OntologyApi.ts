import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import { Schema } from "effect"
import { Changes } from "../../ontology/Change.ts"
import { Ontology } from "../../ontology/Ontology.ts"
import { Report } from "../../report/Report.ts"
import { OfProject } from "./Access.ts"
import { OfDatasource } from "./Paths.ts"
import { NotFound, Unprocessable } from "./Problem.ts"
import { list, Segment, text } from "./Texts.ts"

/** The page for language models, and its size. */
export const ContextView = Schema.Struct({
  text: Schema.String,
  /** Characters / 4. May be more than the budget: warnings, tables and joins are never left out. */
  tokens: Schema.Number
}).annotations({ identifier: "Context" })

/** What a database is about, for people, programs and language models. */
export class OntologyApi extends HttpApiGroup.make("ontology")
  .add(HttpApiEndpoint.get("get", "/ontology").setPath(OfDatasource).addSuccess(Ontology).addError(NotFound))
  .add(
    HttpApiEndpoint.get("formats", "/exports")
      .setPath(OfDatasource)
      .addSuccess(
        Schema.Struct({
          formats: Schema.Array(Schema.Struct({ name: Schema.String, file: Schema.String, purpose: Schema.String }))
        })
      )
      .addError(NotFound)
  )
  .add(
    HttpApiEndpoint.get("export", "/exports/:format")
      .setPath(Schema.Struct({ ...OfDatasource.fields, format: Segment }))
      .setUrlParams(Schema.Struct({ baseIri: Schema.optionalWith(text(2_000), { exact: true }) }))
      .addSuccess(HttpApiSchema.Text())
      .addError(NotFound)
      .addError(Unprocessable)
  )
  /** What `report.html` shows, with the places of its pictures. */
  .add(HttpApiEndpoint.get("report", "/report").setPath(OfDatasource).addSuccess(Report).addError(NotFound))
  .add(
    HttpApiEndpoint.get("context", "/context")
      .setPath(OfDatasource)
      .setUrlParams(
        Schema.Struct({
          /** The most tokens. Default: the whole page. */
          budget: Schema.optionalWith(Schema.NumberFromString.pipe(Schema.int(), Schema.positive()), { exact: true }),
          /** Names of tables, a comma between them. Default: all. */
          tables: Schema.optionalWith(list(Schema.String), { exact: true })
        })
      )
      .addSuccess(ContextView)
      .addError(NotFound)
      .addError(Unprocessable)
  )
  .add(
    HttpApiEndpoint.get("changes", "/changes")
      .setPath(OfDatasource)
      /** What the newest build says that the one before did not: with answers and decisions of the time between. Null where that is nothing. */
      .addSuccess(Schema.Struct({ changes: Schema.OptionFromNullOr(Changes) }))
      .addError(NotFound)
  )
  .middleware(OfProject)
  .prefix("/api/v1/projects/:project/datasources/:datasource") {}
