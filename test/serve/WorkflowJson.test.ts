import { describe, expect, it } from "@effect/vitest"
import { FastCheck as fc, Option, Schema } from "effect"
import { TaskView, WorkflowView } from "../../src/serve/api/WorkflowsApi.ts"
import { taskJson, workflowJson } from "../../src/serve/WorkflowJson.ts"
import { type Workflow, WorkflowRequest, WorkflowState } from "../../src/workflow/WorkflowState.ts"
import { type WorkflowTask, WorkflowTaskStatus } from "../../src/workflow/WorkflowTask.ts"

const maybe = <A>(value: fc.Arbitrary<A>) => fc.option(value).map(Option.fromNullable)
const time = fc.date({ noInvalidDate: true })
const text = fc.string()
const count = fc.nat()

const workflow: fc.Arbitrary<Workflow> = fc.record({
  id: fc.uuid(),
  projectId: fc.uuid(),
  datasourceId: maybe(fc.uuid()),
  ontologyId: maybe(fc.uuid()),
  idempotencyKey: maybe(text),
  exclusiveKey: maybe(text),
  kind: text,
  version: count,
  state: fc.constantFrom(...WorkflowState.literals),
  requested: maybe(fc.constantFrom(...WorkflowRequest.literals)),
  config: fc.jsonValue(),
  errorMessage: maybe(text),
  ownerId: maybe(fc.uuid()),
  epoch: count,
  attempt: count,
  createdAt: time,
  startAt: time,
  priority: fc.integer(),
  startedAt: maybe(time),
  completedAt: maybe(time),
  progress: maybe(fc.record({ message: text, done: count, total: count }))
})

const task: fc.Arbitrary<WorkflowTask> = fc.record({
  id: text,
  ordinal: count,
  name: text,
  status: fc.constantFrom(...WorkflowTaskStatus.literals),
  requiresLlm: fc.boolean(),
  error: maybe(text),
  retryCount: count,
  startedAt: maybe(time),
  completedAt: maybe(time)
})

describe("a workflow and a task as JSON", () => {
  it("are what the schema of a workflow encodes, and nothing else", () => {
    const encode = Schema.encodeSync(WorkflowView)
    fc.assert(
      fc.property(workflow, (row) => {
        expect(workflowJson(row)).toStrictEqual(encode(row))
      })
    )
  })

  it("are what the schema of a task encodes, and nothing else", () => {
    const encode = Schema.encodeSync(TaskView)
    fc.assert(
      fc.property(task, (row) => {
        expect(taskJson(row)).toStrictEqual(encode(row))
      })
    )
  })
})
