import { expect, layer } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { uuidv7 } from "../../src/database/Uuid.ts"
import { Projects } from "../../src/tenant/Projects.ts"
import { WorkflowInfra } from "../../src/workflow/WorkflowInfra.ts"
import * as WorkflowKind from "../../src/workflow/WorkflowKind.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { endless, enqueueMany, kind } from "../fixtures/TestWorkflows.ts"
import { ask, server } from "./server.ts"

const api = (projectId: string) => `/api/v1/projects/${projectId}`

layer(server, { timeout: "60 seconds", excludeTestServices: true })("the HTTP API", (it) => {
  it.scoped("knows projects, by id and by name", () =>
    Effect.gen(function* () {
      const name = `p ${yield* uuidv7} <b>`
      const made = yield* ask("POST", "/api/v1/projects", { body: { name } })
      expect(made).toMatchObject({ status: 201, json: { name } })
      expect((yield* ask("GET", "/api/v1/projects")).json.projects).toContainEqual(made.json)
      for (const segment of [made.json.id, encodeURIComponent(name)]) {
        expect((yield* ask("GET", `${api(segment)}/workflows`)).json).toEqual({ workflows: [], next: null })
      }
      expect(yield* ask("GET", `${api(yield* uuidv7)}/workflows`)).toMatchObject({ status: 404 })
    })
  )

  it.scoped("lists workflows by kind, state, key and time, a page at a time, and shows one with its tasks", () =>
    Effect.gen(function* () {
      const infra = yield* WorkflowInfra
      const projectId = yield* TestInfra.project
      const name = `k${yield* uuidv7}`
      const many = yield* infra.register(
        WorkflowKind.make(name, {
          config: Schema.Struct({ secret: Schema.String }),
          run: ({ queue }) =>
            Effect.zipRight(
              enqueueMany(queue, 5, () => undefined),
              queue.wait
            )
        })
      )
      const started = yield* Effect.forEach(["a", "b", "c"], (idempotencyKey) =>
        many.start({ projectId, idempotencyKey, config: { secret: "hunter2" } })
      )
      yield* Effect.forEach(started, ({ id }) => many.join(projectId, id))
      const list = (query: string) => Effect.map(ask("GET", `${api(projectId)}/workflows${query}`), ({ json }) => json)
      const all = yield* list(`?kind=${name}`)
      expect(all.workflows.map((each) => each.id)).toEqual(started.map(({ id }) => id).reverse())
      expect(JSON.stringify(all)).not.toContain("hunter2")
      const first = yield* list("?limit=2")
      expect(first.workflows).toHaveLength(2)
      const second = yield* list(`?limit=2&cursor=${encodeURIComponent(first.next)}`)
      expect(second).toMatchObject({ workflows: [{ id: started[0]?.id }], next: null })
      expect((yield* list("?state=failed,paused")).workflows).toEqual([])
      expect((yield* list("?state=completed&idempotencyKey=b")).workflows).toHaveLength(1)
      expect((yield* list("?from=2999-01-01")).workflows).toEqual([])
      expect((yield* list("?to=2999-01-01")).workflows).toHaveLength(3)
      // The first and the last time of JavaScript.
      expect((yield* list("?from=-271821-04-20T00:00:00Z&to=%2B275760-09-13T00:00:00Z")).workflows).toHaveLength(3)
      expect((yield* list("?to=-271821-04-20T00:00:00Z")).workflows).toEqual([])
      const throughput = yield* ask("GET", `${api(projectId)}/throughput?minutes=10`)
      const counts = throughput.json.minutes.map(({ completed }) => completed)
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(3)
      expect((yield* ask("GET", `${api(projectId)}/throughput?minutes=0`)).status).toBe(400)

      const id = started[0]?.id ?? ""
      expect((yield* ask("GET", `${api(projectId)}/workflows/${id}/lost-owners`)).json).toEqual({ lostOwners: [] })
      const one = yield* ask("GET", `${api(projectId)}/workflows/${id}`)
      expect(one.json).toMatchObject({ id, kind: name, state: "completed", idempotencyKey: "a", ownerId: null })
      const tasks = (query: string) =>
        Effect.map(ask("GET", `${api(projectId)}/workflows/${id}/tasks${query}`), ({ json }) => json)
      const firstTasks = yield* tasks("?limit=3&status=completed")
      expect(firstTasks.tasks.map((each) => each.id)).toEqual(["t0", "t1", "t2"])
      const rest = yield* tasks(`?cursor=${encodeURIComponent(firstTasks.next)}`)
      expect(rest).toMatchObject({ tasks: [{ id: "t3" }, { id: "t4" }], next: null })
      expect((yield* tasks("?status=failed,running")).tasks).toEqual([])
    })
  )

  it.scoped("cancels, pauses, resumes and retries, one and many", () =>
    Effect.gen(function* () {
      const infra = yield* WorkflowInfra
      const projectId = yield* TestInfra.project
      const endlessly = yield* infra.register(endless(`e${yield* uuidv7}`))
      const { id } = yield* endlessly.start({ projectId, config: null })
      const path = `${api(projectId)}/workflows/${id}`
      const becomes = (state: string, at = path) =>
        eventually(
          `it is ${state}`,
          Effect.map(ask("GET", at), ({ json }) => json.state),
          (seen) => seen === state
        )
      expect(yield* ask("POST", `${path}/pause`)).toMatchObject({ status: 202, json: { id } })
      yield* becomes("paused")
      expect(yield* ask("POST", `${path}/retry`)).toMatchObject({ status: 409, json: { state: "paused" } })
      expect((yield* ask("POST", `${path}/resume`)).status).toBe(202)
      yield* becomes("running")
      expect((yield* ask("POST", `${path}/cancel`)).status).toBe(202)
      yield* becomes("failed")
      expect(yield* ask("POST", `${path}/cancel`)).toMatchObject({ status: 409, json: { state: "failed" } })
      expect((yield* ask("POST", `${path}/retry`)).status).toBe(202)
      yield* becomes("running")

      const second = yield* endlessly.start({ projectId, config: null })
      const nobody = yield* uuidv7
      const bulk = (body: unknown) => ask("POST", `${api(projectId)}/workflows/bulk`, { body })
      const paused = yield* bulk({ action: "pause", ids: [id, nobody] })
      expect(paused.json).toMatchObject({ done: 1, refused: [{ workflowId: nobody }], next: null })
      yield* becomes("paused")
      const cancelled = yield* bulk({ action: "cancel", filter: { state: ["running", "paused"] } })
      expect(cancelled.json).toMatchObject({ done: 2, refused: [], next: null })
      yield* becomes("failed")
      yield* becomes("failed", `${api(projectId)}/workflows/${second.id}`)
      expect((yield* bulk({ action: "cancel" })).status).toBe(400)
      expect((yield* bulk({ action: "cancel", ids: [], filter: {} })).status).toBe(400)
    })
  )

  it.scoped("says which servers there are, and what they run", () =>
    Effect.gen(function* () {
      const infra = yield* WorkflowInfra
      const projectId = yield* TestInfra.project
      const endlessly = yield* infra.register(endless(`s${yield* uuidv7}`))
      yield* endlessly.start({ projectId, config: null })
      const { json } = yield* ask("GET", `${api(projectId)}/servers`)
      expect(json.servers).toMatchObject([{ pid: process.pid, answers: true, running: 1 }])
      const other = yield* ask("GET", `${api(yield* TestInfra.project)}/servers`)
      expect(other.json.servers).toMatchObject([{ running: 0 }])
    })
  )

  it.scoped("says all that a value could have been, in one issue", () =>
    Effect.gen(function* () {
      const projectId = yield* TestInfra.project
      const { json } = yield* ask("GET", `${api(projectId)}/workflows?state=failed,sleeping`)
      expect(json).toMatchObject({
        detail: expect.stringMatching(/^state\.1: Expected "pending" or "running" or .*"failed", actual "sleeping"$/),
        issues: [{ path: ["state", "1"] }]
      })
    })
  )

  it.scoped("answers every error as problem details", () =>
    Effect.gen(function* () {
      const projectId = yield* TestInfra.project
      const type = "application/problem+json"
      const errors = [
        yield* ask("GET", "/nothing/here"),
        yield* ask("PUT", "/api/v1/projects"),
        yield* ask("GET", `${api(projectId)}/workflows/${projectId}`),
        yield* ask("GET", `${api(projectId)}/workflows?cursor=nonsense`),
        yield* ask("GET", `${api(projectId)}/workflows?state=sleeping`),
        yield* ask("GET", `${api("%ff")}/workflows`),
        yield* ask("POST", "/api/v1/projects", { body: '{"name":' }),
        yield* ask("POST", "/api/v1/projects", { body: { name: "a".repeat(201) } }),
        yield* ask("POST", "/api/v1/projects", { body: { name: "a\u0000b" } }),
        yield* ask("POST", "/api/v1/projects", { body: { name: "x".repeat(1_100_000) } }),
        yield* ask("POST", "/api/v1/projects", { body: "name=x", headers: { "content-type": "text/plain" } }),
        yield* ask("POST", "/api/v1/projects", {
          body: { name: "x" },
          headers: { "transfer-encoding": "chunked" }
        })
      ]
      expect(errors.map(({ status }) => status)).toEqual([404, 405, 404, 400, 400, 400, 400, 400, 400, 413, 415, 411])
      for (const { headers, json, status } of errors) {
        expect(headers["content-type"]).toBe(type)
        expect(json).toMatchObject({
          type: expect.any(String),
          title: expect.any(String),
          detail: expect.any(String),
          status
        })
      }
      expect(errors[1]?.headers["allow"]).toBe("GET, POST")
    })
  )

  it.scoped("lets no other site in, under whatever name, and gives every answer strict headers", () =>
    Effect.gen(function* () {
      const statusWith = (headers: Readonly<Record<string, string>>) =>
        Effect.map(ask("GET", "/api/v1/projects", { headers }), ({ status }) => status)
      expect(yield* statusWith({ host: "rebound.example" })).toBe(403)
      expect(yield* statusWith({ host: "localhost:8080" })).toBe(200)
      expect(yield* statusWith({ origin: "http://evil.example" })).toBe(403)
      expect(yield* statusWith({ origin: "null" })).toBe(403)
      expect(yield* statusWith({ host: "localhost:1", origin: "http://localhost:3000" })).toBe(403)
      expect(yield* statusWith({ host: "localhost:1", origin: "http://localhost:1" })).toBe(200)
      expect(yield* statusWith({ "sec-fetch-site": "cross-site" })).toBe(403)
      expect(yield* statusWith({ "x-forwarded-for": "192.0.2.1" })).toBe(401)
      const { headers } = yield* ask("GET", "/docs")
      expect(headers["content-security-policy"]).toMatch(/^default-src 'none'; script-src 'self'; /)
      expect(headers["content-security-policy"]).not.toContain("unsafe")
      expect(headers).toMatchObject({ "x-content-type-options": "nosniff", "referrer-policy": "no-referrer" })
      expect(headers["access-control-allow-origin"]).toBeUndefined()
    })
  )

  it.scoped("is healthy and ready, counts, and describes itself", () =>
    Effect.gen(function* () {
      // A machine that is busy makes it degraded.
      expect((yield* ask("GET", "/health")).json).toMatchObject({ status: expect.stringMatching(/^(alive|degraded)$/) })
      expect((yield* ask("GET", "/ready")).json).toEqual({ ready: true })
      const metrics = yield* ask("GET", "/metrics")
      expect(metrics.headers["content-type"]).toMatch(/^text\/plain; version=0\.0\.4/)
      expect(metrics.text).toMatch(/^http_requests_total\{.*route="\/ready".*\} \d+$/m)
      const { json, text } = yield* ask("GET", "/openapi.json")
      expect(json.openapi).toMatch(/^3\.1/)
      expect(text).not.toContain("HttpApiDecodeError")
      const page = yield* ask("GET", "/docs")
      for (const [, source = ""] of page.text.matchAll(/(?:src|href)="([^"]+)"/g)) {
        expect((yield* ask("GET", source)).status).toBe(200)
      }
    })
  )

  it.scoped("tells names full of markup as they are", () =>
    Effect.gen(function* () {
      const infra = yield* WorkflowInfra
      const { ensure } = yield* Projects
      const name = `<script>alert(1)</script>${yield* uuidv7}`
      const projectId = yield* ensure(name)
      const { start } = yield* infra.register(kind(name, () => Effect.void))
      yield* start({ projectId, config: null, exclusiveKey: '"><img src=x onerror=alert(1)>' })
      const { headers, json } = yield* ask("GET", `${api(encodeURIComponent(name))}/workflows`)
      expect(headers["content-type"]).toBe("application/json")
      expect(json.workflows).toMatchObject([{ kind: name, exclusiveKey: '"><img src=x onerror=alert(1)>' }])
    })
  )
})
