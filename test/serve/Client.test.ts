import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { describe, expect, it, layer } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { build, type BuildOptions } from "esbuild"
import { make } from "../../src/client.ts"
import { uuidv7 } from "../../src/database/Uuid.ts"
import { Tokens } from "../../src/serve/access/Tokens.ts"
import { WorkflowInfra } from "../../src/workflow/WorkflowInfra.ts"
import { eventually } from "../fixtures/eventually.ts"
import { endless } from "../fixtures/TestWorkflows.ts"
import { server } from "./server.ts"
import { Place } from "./servicesAt.ts"

describe("The client", () => {
  it.live("needs nothing of Node.js", () =>
    Effect.gen(function* () {
      const options: BuildOptions = { entryPoints: ["src/client.ts"], bundle: true, platform: "browser" }
      const made = yield* Effect.promise(() => build({ ...options, write: false, logLevel: "silent", format: "esm" }))
      expect(made.errors).toEqual([])
    })
  )
})

layer(server, { timeout: "60 seconds", excludeTestServices: true })("a client of the API", (it) => {
  it.scoped("asks with types, whatever is in a path, and fails with problems by their tags", () =>
    Effect.gen(function* () {
      const infra = yield* WorkflowInfra
      const { port } = yield* Place
      const baseUrl = `http://127.0.0.1:${port}`
      const client = yield* make({ baseUrl })
      const name = `a/b ?#% ü ${yield* uuidv7}`
      const { id: projectId } = yield* client.projects.create({ payload: { name } })
      const { start } = yield* infra.register(endless(`c${yield* uuidv7}`))
      const { id } = yield* start({ projectId, config: null, idempotencyKey: "x" })
      const project = name
      const listed = yield* client.workflows.list({
        path: { project },
        urlParams: { state: ["running", "pending"], limit: 1 }
      })
      expect(listed.workflows.map((workflow) => workflow.id)).toEqual([id])
      const path = { project, workflow: id }
      const refused = yield* Effect.flip(client.workflows.retry({ path }))
      expect(refused).toMatchObject({ _tag: "WrongState", status: 409, state: "running" })
      const missing = yield* Effect.flip(client.workflows.get({ path: { project, workflow: "../x" } }))
      expect(missing._tag).toBe("NotFound")
      yield* client.workflows.cancel({ path })
      const ended = yield* eventually("it has ended", client.workflows.get({ path }), ({ state }) => state === "failed")
      expect(ended.completedAt._tag).toBe("Some")

      const token = yield* Effect.flatMap(Tokens, ({ create }) => create({ projectId, name: "t", scopes: ["decide"] }))
      const decider = yield* make({ baseUrl, token })
      const forbidden = yield* Effect.flip(decider.workflows.list({ path: { project }, urlParams: {} }))
      expect(forbidden).toMatchObject({ _tag: "Forbidden" })
      const stranger = yield* make({ baseUrl, token: Redacted.make("wfi_x") })
      expect(yield* Effect.flip(stranger.projects.list())).toMatchObject({ _tag: "Unauthorized" })
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )
})
