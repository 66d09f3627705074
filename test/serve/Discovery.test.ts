import { expect, layer } from "@effect/vitest"
import { Effect } from "effect"
import { Database } from "../../src/database/Database.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { ask, server } from "./server.ts"
import { shop } from "./shop.ts"

layer(server, { timeout: "120 seconds", excludeTestServices: true })("a discovery over HTTP", (it) => {
  it.scoped(
    "from a database's URL to decisions and files",
    () =>
      Effect.gen(function* () {
        const projectId = yield* TestInfra.project
        const api = `/api/v1/projects/${projectId}`
        const url = yield* shop

        const wrong = url.replace(/:[^:@/]*@/, ":hunter3@").replace(/\/[^/]*$/, "/nothing_of_that_name")
        const refused = yield* ask("POST", `${api}/datasources`, { body: { url: wrong } })
        expect(refused.status).toBe(422)
        expect(refused.text).not.toContain("hunter3")
        expect((yield* ask("GET", `${api}/datasources`)).json).toEqual({ datasources: [] })
        const added = yield* ask("POST", `${api}/datasources`, { body: { url, name: "shop" } })
        expect(added).toMatchObject({ status: 201, json: { name: "shop", tables: 2 } })
        const listed = yield* ask("GET", `${api}/datasources`)
        expect(listed.json.datasources).toEqual([{ id: added.json.id, name: "shop", settings: {} }])
        const { work: sql } = yield* Database
        const stored = yield* sql`SELECT connection FROM engine.datasources WHERE id = ${added.json.id}`
        expect(JSON.stringify(stored)).not.toContain(Buffer.from(url).toString("base64"))

        const path = `${api}/datasources/${added.json.id}`
        const discover = (body: unknown) => ask("POST", `${path}/discoveries`, { body })
        expect(yield* ask("GET", `${path}/ontology`)).toMatchObject({ status: 404 })
        expect(yield* discover({ step: "ontology" })).toMatchObject({
          status: 409,
          json: { title: expect.any(String) }
        })
        const started = yield* discover({})
        expect(started).toMatchObject({ status: 202, json: { kind: "discovery" } })
        const { workflowId } = started.json
        expect(yield* discover({})).toMatchObject({ status: 409, json: { workflowId } })
        expect(yield* ask("DELETE", path)).toMatchObject({ status: 409 })
        const ended = (id: string) =>
          eventually(
            "it has completed",
            Effect.map(ask("GET", `${api}/workflows/${id}`), ({ json }) => json),
            ({ state }) => state === "completed" || state === "failed"
          )
        expect(yield* ended(workflowId)).toMatchObject({ state: "completed" })

        const { json: entities } = yield* ask("GET", `${path}/entities?verdict=entity`)
        expect(entities.entities.map((each) => each.table)).toEqual(["customers", "orders"])
        const { json: found } = yield* ask("GET", `${path}/relationships?status=accepted`)
        const [reference] = found.relationships
        expect(reference).toMatchObject({
          version: 0,
          relationship: {
            from: { table: "orders" },
            to: { table: "customers" },
            evidence: { lines: expect.arrayContaining([expect.anything()]) }
          }
        })

        const values = yield* ask("GET", `${path}/relationships/${reference.id}/values`)
        expect(values.json).toMatchObject({
          from: [
            { name: "customer_id", distinct: expect.any(Number), range: [expect.any(String), expect.any(String)] }
          ],
          to: [{ name: "customer_id", key: "primary" }]
        })

        const one = `${path}/relationships/${reference.id}`
        expect((yield* ask("GET", one)).headers["etag"]).toBe('"0"')
        const decide = (action: string, ifMatch?: string) =>
          ask("PATCH", one, {
            body: { action, by: "ann" },
            ...(ifMatch === undefined ? {} : { headers: { "if-match": ifMatch } })
          })
        expect((yield* decide("reject")).status).toBe(428)
        expect((yield* decide("reject", "zero")).status).toBe(400)
        expect((yield* decide("undo", '"0"')).status).toBe(409)
        const rejected = yield* decide("reject", '"0"')
        expect(rejected).toMatchObject({
          status: 200,
          headers: { etag: '"1"' },
          json: {
            version: 1,
            decision: { action: "reject", by: "ann" },
            relationship: { status: "rejected", decidedBy: "person" }
          }
        })
        expect(yield* decide("accept", '"0"')).toMatchObject({ status: 412, json: { version: 1, by: "ann" } })
        const builds = Effect.map(ask("GET", `${api}/workflows?kind=ontology`), ({ json }) => json.workflows)
        const [build] = yield* eventually("the ontology follows", builds, (all) => all.length === 2)
        expect(yield* ended(build.id)).toMatchObject({ state: "completed" })
        const { json: ontology } = yield* ask("GET", `${path}/ontology`)
        expect(ontology.domain.relationships).toEqual([])
        expect((yield* decide("undo", '"1"')).json).toMatchObject({
          version: 2,
          decision: null,
          relationship: { status: "accepted" }
        })

        const own = { schema: "public", table: "orders", columns: ["order_id"] }
        const named = { from: own, to: { ...own, table: "customers", columns: ["customer_id"] }, action: "reject" }
        expect((yield* ask("POST", `${path}/relationships`, { body: named })).json).toMatchObject({ version: 1 })
        const nowhere = { ...named, to: { ...own, columns: ["nothing"] } }
        expect((yield* ask("POST", `${path}/relationships`, { body: nowhere })).status).toBe(422)

        const { json: asked } = yield* ask("GET", `${path}/questions?state=open`)
        const [question] = asked.questions
        const answer = `${path}/questions/${encodeURIComponent(question.id)}/answer`
        const answered = yield* ask("PUT", answer, { body: { answer: "<i>Euro</i>" }, headers: { "if-match": '"0"' } })
        expect(answered.json).toMatchObject({ action: "answer", answer: "<i>Euro</i>", by: "local", version: 1 })
        expect((yield* ask("GET", `${path}/questions?state=answered`)).json.questions).toMatchObject([
          { id: question.id }
        ])
        expect((yield* ask("DELETE", answer, { headers: { "if-match": "*" } })).json).toMatchObject({
          action: "undo",
          version: 2
        })

        const { json: formats } = yield* ask("GET", `${path}/exports`)
        for (const { file, name } of formats.formats) {
          const made = yield* ask("GET", `${path}/exports/${name}`)
          expect([name, made.status]).toEqual([name, name === "changes" ? made.status : 200])
          if (name === "html") {
            // It is looked at, as a page of no site: nothing of this server is its own.
            expect(made.headers["content-security-policy"]).toMatch(/^sandbox allow-scripts; default-src 'none'/)
            expect(made.text).toContain("<!doctype html>")
          } else if (made.status === 200) {
            expect(made.headers["content-disposition"]).toBe(`attachment; filename="${file}"`)
          }
        }
        const { json: page } = yield* ask("GET", `${path}/context?budget=50&tables=orders`)
        expect(page.text).toContain("orders")
        expect((yield* ask("GET", `${path}/context?tables=nothing`)).status).toBe(422)
        yield* eventually(
          "nothing of it runs",
          Effect.map(ask("GET", `${api}/workflows?state=running,pending`), ({ json }) => json.workflows),
          (all) => all.length === 0
        )
        expect((yield* ask("DELETE", path)).status).toBe(204)
        expect((yield* ask("GET", path)).status).toBe(404)
      }),
    120_000
  )

  it.scoped(
    "of a database that is gone says once what is wrong, and where",
    () =>
      Effect.gen(function* () {
        const projectId = yield* TestInfra.project
        const { work: sql } = yield* Database
        const api = `/api/v1/projects/${projectId}`
        const url = yield* shop
        const added = yield* ask("POST", `${api}/datasources`, { body: { url } })
        yield* sql`DROP DATABASE ${sql(new URL(url).pathname.slice(1))} WITH (FORCE)`
        const started = yield* ask("POST", `${api}/datasources/${added.json.id}/discoveries`, { body: {} })
        const ended = yield* eventually(
          "it has failed",
          ask("GET", `${api}/workflows/${started.json.workflowId}`),
          ({ json }) => json.state === "failed"
        )
        expect(ended.json).toMatchObject({
          errorMessage: expect.stringMatching(/^Entities: Read the schema: .*there is no database/)
        })
      }),
    120_000
  )

  it.scoped(
    "is cancelled with its step",
    () =>
      Effect.gen(function* () {
        const projectId = yield* TestInfra.project
        const api = `/api/v1/projects/${projectId}`
        const added = yield* ask("POST", `${api}/datasources`, {
          body: { url: yield* shop, settings: { gentle: true } }
        })
        const started = yield* ask("POST", `${api}/datasources/${added.json.id}/discoveries`, { body: {} })
        const steps = Effect.map(ask("GET", `${api}/workflows?kind=entities`), ({ json }) => json.workflows)
        const [step] = yield* eventually("its first step is there", steps, (all) => all.length === 1)
        yield* ask("POST", `${api}/workflows/${started.json.workflowId}/cancel`)
        yield* eventually(
          "both have ended",
          Effect.all([started.json.workflowId, step.id].map((id) => ask("GET", `${api}/workflows/${id}`))),
          (all) => all.every(({ json }) => json.state === "failed" || json.state === "completed")
        )
        const later = yield* ask("GET", `${api}/workflows?kind=ontology`)
        expect(later.json.workflows).toEqual([])
      }),
    120_000
  )
})
