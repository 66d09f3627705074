import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import { Schema } from "effect"
import { Entity, EntityVerdict } from "../../entities/Entity.ts"
import { OfProject } from "./Access.ts"
import { OfDatasource } from "./Paths.ts"
import { NotFound } from "./Problem.ts"
import { list } from "./Texts.ts"

/** The tables of a datasource and what they stand for. */
export class EntitiesApi extends HttpApiGroup.make("entities")
  .add(
    HttpApiEndpoint.get("list", "/entities")
      .setPath(OfDatasource)
      .setUrlParams(Schema.Struct({ verdict: Schema.optionalWith(list(EntityVerdict), { exact: true }) }))
      .addSuccess(Schema.Struct({ entities: Schema.Array(Entity) }))
      .addError(NotFound)
  )
  .middleware(OfProject)
  .prefix("/api/v1/projects/:project/datasources/:datasource") {}
