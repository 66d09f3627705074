import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import { Schema } from "effect"
import { OfProject } from "./Access.ts"
import { InProject, OfDatasource } from "./Paths.ts"
import { AlreadyRunning, Conflict, NotFound, Unprocessable } from "./Problem.ts"
import { Name, text } from "./Texts.ts"

const Names = Schema.Array(Name).pipe(Schema.maxItems(1_000))

/** Which tables of a datasource are read, and how. Default: at most 3,000 tables with 12,500 columns (`MOST`), without views and foreign tables. */
export const DatasourceOptions = Schema.Struct({
  schemas: Schema.optionalWith(Names, { exact: true }),
  exclude: Schema.optionalWith(Names, { exact: true }),
  mostTables: Schema.optionalWith(Schema.Int.pipe(Schema.positive()), { exact: true }),
  views: Schema.optionalWith(Schema.Boolean, { exact: true }),
  gentle: Schema.optionalWith(Schema.Boolean, { exact: true }),
  foreign: Schema.optionalWith(Schema.Boolean, { exact: true })
}).annotations({ identifier: "DatasourceOptions" })

/** A database that is read; its URL is never given out. */
export const DatasourceView = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  settings: DatasourceOptions
}).annotations({ identifier: "Datasource" })
/** @see DatasourceView */
export type DatasourceView = typeof DatasourceView.Type

/** What the connection test found. */
export const AddedDatasource = Schema.Struct({
  ...DatasourceView.fields,
  database: Schema.String,
  /** Tables that can be read. */
  tables: Schema.Int,
  /** What should be known about the login, such as that it may write; null where there is nothing. */
  warning: Schema.NullOr(Schema.String)
}).annotations({ identifier: "AddedDatasource" })

/** A datasource to add: its URL is tested before anything is stored, and stored encrypted. */
export const NewDatasource = Schema.Struct({
  /** `postgres://user:password@host:port/database`. */
  url: Schema.Redacted(text(10_000)),
  /** Default: host, port, database and what of it is read. */
  name: Schema.optionalWith(Name, { exact: true }),
  settings: Schema.optionalWith(DatasourceOptions, { exact: true })
}).annotations({ identifier: "NewDatasource" })

/** What a discovery is started with. */
export const NewDiscovery = Schema.Struct({
  /** One of the three workflows, or all of them one after the other (the default). */
  step: Schema.optionalWith(Schema.Literal("all", "entities", "relationships", "ontology"), { exact: true }),
  /** Whether to read tables again that have not moved since the last run. Default: false. */
  fresh: Schema.optionalWith(Schema.Boolean, { exact: true })
}).annotations({ identifier: "NewDiscovery" })

/** A started workflow. */
export const Started = Schema.Struct({ workflowId: Schema.String, kind: Schema.String }).annotations({
  identifier: "Started"
})

const added = AddedDatasource.annotations(HttpApiSchema.annotations({ status: 201 }))

/** The databases of a project that are read, and the start of their discovery. */
export class DatasourcesApi extends HttpApiGroup.make("datasources")
  .add(
    HttpApiEndpoint.get("list", "/datasources")
      .setPath(InProject)
      .addSuccess(Schema.Struct({ datasources: Schema.Array(DatasourceView) }))
  )
  .add(
    HttpApiEndpoint.post("add", "/datasources")
      .setPath(InProject)
      .setPayload(NewDatasource)
      .addSuccess(added)
      .addError(Unprocessable)
  )
  .add(
    HttpApiEndpoint.post("addSample", "/datasources/sample")
      .setPath(InProject)
      .addSuccess(added)
      .addError(Unprocessable)
  )
  .add(
    HttpApiEndpoint.get("get", "/datasources/:datasource")
      .setPath(OfDatasource)
      .addSuccess(DatasourceView)
      .addError(NotFound)
  )
  .add(
    HttpApiEndpoint.del("remove", "/datasources/:datasource")
      .setPath(OfDatasource)
      .addSuccess(HttpApiSchema.NoContent)
      .addError(NotFound)
      .addError(AlreadyRunning)
  )
  .add(
    HttpApiEndpoint.post("discover", "/datasources/:datasource/discoveries")
      .setPath(OfDatasource)
      .setPayload(NewDiscovery)
      .addSuccess(Started.annotations(HttpApiSchema.annotations({ status: 202 })))
      .addError(NotFound)
      .addError(AlreadyRunning)
      .addError(Conflict)
  )
  .middleware(OfProject)
  .prefix("/api/v1/projects/:project") {}
