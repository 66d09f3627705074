import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import { Schema } from "effect"
import { Authorized } from "./Access.ts"
import { Name } from "./Texts.ts"

/** A project: a tenant, whose rows nobody else sees. */
export const Project = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  createdAt: Schema.Date
}).annotations({ identifier: "Project" })
/** @see Project */
export type Project = typeof Project.Type

/** The projects that the caller has access to. */
export class ProjectsApi extends HttpApiGroup.make("projects")
  .add(HttpApiEndpoint.get("list", "/projects").addSuccess(Schema.Struct({ projects: Schema.Array(Project) })))
  .add(
    HttpApiEndpoint.post("create", "/projects")
      .setPayload(Schema.Struct({ name: Name }))
      .addSuccess(Project.annotations(HttpApiSchema.annotations({ status: 201 })))
  )
  .middleware(Authorized)
  .prefix("/api/v1") {}
