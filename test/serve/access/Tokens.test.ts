import { expect, layer } from "@effect/vitest"
import { Effect, Layer, Option, Redacted } from "effect"
import { Database } from "../../../src/database/Database.ts"
import { uuidv7 } from "../../../src/database/Uuid.ts"
import { Tokens } from "../../../src/serve/access/Tokens.ts"
import type { AccessScope } from "../../../src/serve/api/Access.ts"
import * as Serve from "../../../src/serve/Serve.ts"
import { eventually } from "../../fixtures/eventually.ts"
import * as TestInfra from "../../fixtures/TestInfra.ts"
import { ask, server } from "../server.ts"
import { serverOn } from "../servicesAt.ts"

const tokenOf = (projectId: string, ...scopes: ReadonlyArray<AccessScope>) =>
  Effect.flatMap(uuidv7, (name) =>
    Effect.flatMap(Tokens, ({ create }) => create({ projectId, name, scopes })).pipe(
      Effect.map((token) => ({ name, token: Redacted.value(token) }))
    )
  )

const api = (projectId: string) => `/api/v1/projects/${projectId}`

layer(server, { timeout: "60 seconds", excludeTestServices: true })("a token", (it) => {
  it.scoped("is stored as its hash only, and its name is unique while it is valid", () =>
    Effect.gen(function* () {
      const { create, list, revoke, verify } = yield* Tokens
      const { work: sql } = yield* Database
      const projectId = yield* TestInfra.project
      const given = { projectId, name: "ci", scopes: ["read"] as const }
      const token = yield* create(given)
      expect(Redacted.value(token)).toMatch(/^wfi_[\w-]{43}$/)
      const rows = yield* sql`SELECT to_jsonb(t)::text AS row FROM engine.api_tokens t`
      expect(JSON.stringify(rows)).not.toContain(Redacted.value(token).slice(4))
      expect((yield* Effect.flip(create(given)))._tag).toBe("TokenNameTaken")
      expect(yield* verify(token)).toMatchObject(Option.some({ projectId, name: "ci", scopes: ["read"] }))
      const own = (yield* list).filter((each) => each.projectId === projectId)
      expect(own).toMatchObject([{ name: "ci" }])
      expect(yield* revoke(own[0]?.id ?? "")).toBe(true)
      expect(yield* revoke(own[0]?.id ?? "")).toBe(false)
      expect(yield* revoke("nonsense")).toBe(false)
      yield* eventually("it is not valid", verify(token), Option.isNone)
      yield* create(given)
    })
  )

  it.scoped("lets in with its scopes, to its project only", () =>
    Effect.gen(function* () {
      const projectId = yield* TestInfra.project
      const other = yield* TestInfra.project
      const { token } = yield* tokenOf(projectId, "read")
      const status = (method: string, path: string, sent?: string) =>
        Effect.map(
          ask(method, path, {
            ...(sent === undefined ? {} : { token: sent }),
            ...(method === "GET" ? {} : { body: {} })
          }),
          (answer) => answer.status
        )
      expect(yield* status("GET", `${api(projectId)}/workflows`, token)).toBe(200)
      expect(yield* status("GET", `${api(other)}/workflows`, token)).toBe(404)
      expect((yield* ask("GET", "/api/v1/projects", { token })).json.projects).toMatchObject([{ id: projectId }])
      expect(yield* status("POST", `${api(projectId)}/workflows/${projectId}/cancel`, token)).toBe(403)
      expect(yield* status("POST", "/api/v1/projects", token)).toBe(403)
      const runner = yield* tokenOf(projectId, "run")
      expect(yield* status("GET", `${api(projectId)}/workflows`, runner.token)).toBe(403)
      expect(yield* status("POST", `${api(projectId)}/workflows/${projectId}/cancel`, runner.token)).toBe(404)
      for (const wrong of [`${token}x`, "", "wfi_", token.slice(1), "a b", "é"]) {
        const headers = { authorization: `Bearer ${Buffer.from(wrong).toString("latin1")}` }
        expect(yield* ask("GET", `${api(projectId)}/workflows`, { headers })).toMatchObject({
          status: 401,
          headers: { "www-authenticate": expect.stringContaining("Bearer") }
        })
      }
      for (const url of [
        "postgres://u:p@/x?host=/tmp",
        "postgres://u:p@db.example/x?sslmode=verify-ca&sslrootcert=/etc/passwd"
      ]) {
        const refused = yield* ask("POST", `${api(projectId)}/datasources`, { token: runner.token, body: { url } })
        expect(refused).toMatchObject({ status: 422, json: { detail: expect.stringContaining("no files") } })
      }
      const basic = { authorization: `Basic ${token}` }
      expect((yield* ask("GET", `${api(projectId)}/workflows`, { headers: basic })).status).toBe(401)
    })
  )

  it.scoped("is needed by everybody where others than this machine could come, and one must be there", () =>
    Effect.gen(function* () {
      const { list, revoke } = yield* Tokens
      for (const { id } of yield* list) yield* revoke(id)
      const refused = yield* Effect.flip(Layer.build(Serve.layer({ host: "0.0.0.0", port: 0, requestsPerSecond: 1 })))
      expect(refused).toMatchObject({ _tag: "NoTokens", message: expect.stringContaining("token create") })
      const projectId = yield* TestInfra.project
      const { token } = yield* tokenOf(projectId, "read")
      yield* Effect.gen(function* () {
        expect((yield* ask("GET", "/api/v1/projects")).status).toBe(401)
        expect((yield* ask("GET", "/metrics")).status).toBe(401)
        expect((yield* ask("GET", "/api/v1/projects", { token })).status).toBe(200)
        expect((yield* ask("GET", "/health")).json).toEqual({ status: "alive", reasons: [] })
      }).pipe(Effect.provide(Layer.fresh(serverOn("0.0.0.0"))))
    })
  )
})
