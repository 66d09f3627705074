import { expect, layer } from "@effect/vitest"
import { Effect, FastCheck as fc, Redacted, Runtime, Schema } from "effect"
import { Tokens } from "../../../src/serve/access/Tokens.ts"
import { eventually } from "../../fixtures/eventually.ts"
import * as TestInfra from "../../fixtures/TestInfra.ts"
import { ask, server } from "../server.ts"
import type { Place } from "../servicesAt.ts"
import { shop } from "../shop.ts"

const PATIENCE = 240_000
/** Calls of each tool. */
const RUNS = 40

const rpc = (method: string, params: unknown) => ({ jsonrpc: "2.0", id: 1, method, params })

const decodeTools = Schema.decodeUnknownSync(
  Schema.Struct({
    result: Schema.Struct({
      tools: Schema.Array(
        Schema.Struct({
          name: Schema.String,
          inputSchema: Schema.Struct({
            properties: Schema.optionalWith(Schema.Record({ key: Schema.String, value: Schema.Unknown }), {
              default: () => ({})
            })
          })
        })
      )
    })
  })
)

/** What a model may say: names that are there, texts that are not, and values of any other type. */
const said = fc.oneof(
  fc.constantFrom("orders", "customers", "public.orders", "customer_id", "total", "accept", "undo", "open", "full"),
  fc.constantFrom("'; DROP TABLE orders; --", '"', "\u0000", "\ud800", "%", "..", "__proto__", "a".repeat(30_000)),
  fc.constantFrom({ table: "orders", columns: ["customer_id"] }, { table: "customers", columns: ["customer_id"] }),
  fc.array(fc.constantFrom("orders", "nothing", "\u0000")),
  fc.string({ unit: "binary" }),
  fc.integer(),
  fc.double(),
  fc.jsonValue()
)

layer(server, { timeout: "60 seconds", excludeTestServices: true })("hostile input to a tool", (it) => {
  it.scoped(
    "is answered, and never by an error of ours",
    () =>
      Effect.gen(function* () {
        const projectId = yield* TestInfra.project
        const api = `/api/v1/projects/${projectId}`
        const added = yield* ask("POST", `${api}/datasources`, { body: { url: yield* shop, name: "shop" } })
        const started = yield* ask("POST", `${api}/datasources/${added.json.id}/discoveries`, { body: {} })
        yield* eventually(
          "it has completed",
          Effect.map(ask("GET", `${api}/workflows/${started.json.workflowId}`), ({ json }) => json.state),
          (state) => state === "completed"
        )
        const { create } = yield* Tokens
        const token = Redacted.value(yield* create({ projectId, name: "model", scopes: ["read", "decide"] }))
        const call = (method: string, params: unknown) => ask("POST", "/mcp", { body: rpc(method, params), token })
        const { tools } = decodeTools((yield* call("tools/list", {})).json).result
        expect(tools.map(({ name }) => name)).toContain("probe_column")
        const run = Runtime.runPromise(yield* Effect.runtime<Place>())
        for (const { inputSchema, name } of tools) {
          const fields = Object.keys(inputSchema.properties)
          const given = fc.oneof(
            { weight: 5, arbitrary: fc.record(Object.fromEntries(fields.map((field) => [field, said]))) },
            { weight: 2, arbitrary: fc.dictionary(fc.constantFrom(...fields, "x"), said) },
            { weight: 1, arbitrary: fc.jsonValue() }
          )
          const property = fc.asyncProperty(given, async (value) => {
            const answer = await run(call("tools/call", { name, arguments: value }))
            expect(answer.status).toBe(200)
            expect(answer.text).not.toMatch(/for a reason that is not yours|"stack"|node_modules/)
          })
          yield* Effect.promise(() => fc.assert(property, { numRuns: RUNS }))
        }
      }),
    PATIENCE
  )
})
