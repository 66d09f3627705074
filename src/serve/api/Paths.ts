import { Schema } from "effect"
import { Segment } from "./Texts.ts"

/** A project's id or name. */
export const InProject = Schema.Struct({ project: Segment })

/** A datasource's id. */
export const OfDatasource = Schema.Struct({ ...InProject.fields, datasource: Segment })

/** A workflow's id. */
export const OfWorkflow = Schema.Struct({ ...InProject.fields, workflow: Segment })
