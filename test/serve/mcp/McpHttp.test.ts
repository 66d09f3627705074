import { expect, it } from "@effect/vitest"
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import { Effect, Redacted } from "effect"
import { Tokens } from "../../../src/serve/access/Tokens.ts"
import { Projects } from "../../../src/tenant/Projects.ts"
import { ask, server } from "../server.ts"
import { Place } from "../servicesAt.ts"

const PATIENCE = 120_000
const rpc = (method: string, params: unknown = {}) => ({ jsonrpc: "2.0", id: 1, method, params })

/** A transport without `sessionId`, which its class declares in another way than its interface. */
const plain = (transport: StreamableHTTPClientTransport): Transport => {
  const made: Transport = {
    start: () => Promise.resolve(),
    send: (message) => transport.send(message),
    close: () => transport.close(),
    setProtocolVersion: (version) => transport.setProtocolVersion(version)
  }
  return Object.assign(made, {
    start: () => {
      Object.assign(transport, { onmessage: made.onmessage, onerror: made.onerror, onclose: made.onclose })
      return transport.start()
    }
  })
}

/** The official client, over HTTP with this token, until the scope closes. */
const connected = (path: string, token?: string) =>
  Effect.flatMap(Place, ({ port }) =>
    Effect.acquireRelease(
      Effect.promise(async () => {
        const client = new Client({ name: "test", version: "1" })
        const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
        const transport = new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}${path}`), {
          requestInit: { headers }
        })
        await client.connect(plain(transport))
        return client
      }),
      (client) => Effect.promise(() => client.close())
    )
  )

/** A token of a project of its own. */
const tokenOf = (project: string, scopes: ReadonlyArray<"read" | "decide" | "run">) =>
  Effect.gen(function* () {
    const { create } = yield* Tokens
    const projectId = yield* Effect.flatMap(Projects, ({ ensure }) => ensure(project))
    return Redacted.value(yield* create({ projectId, name: scopes.join(), scopes }))
  })

it.layer(server, { timeout: PATIENCE })("MCP over HTTP", (test) => {
  test.scoped("answers the official client, with the tools that its token allows", () =>
    Effect.gen(function* () {
      const names = (client: Client) =>
        Effect.map(
          Effect.promise(() => client.listTools()),
          ({ tools }) => tools.map(({ name }) => name)
        )
      const reader = yield* connected("/mcp", yield* tokenOf("acme", ["read"]))
      expect(yield* names(reader)).toEqual([
        ...["get_context", "search", "describe", "join_path", "probe_column", "list_relationships", "list_questions"]
      ])
      const decider = yield* connected("/mcp", yield* tokenOf("acme", ["read", "decide", "run"]))
      expect(yield* names(decider)).toContain("decide_relationship")
      expect(yield* names(decider)).not.toContain("run_query")
      const local = yield* connected("/mcp?datasource=shop")
      const answer = yield* Effect.promise(() => local.callTool({ name: "get_context" }))
      expect(answer).toMatchObject({ isError: true, content: [{ text: "there is no datasource shop; there is none" }] })
      const many = yield* Effect.promise(() =>
        Promise.all(Array.from({ length: 20 }, () => local.callTool({ name: "get_context", arguments: {} })))
      )
      expect(many.every(({ isError }) => isError === true)).toBe(true)
    })
  )

  test.effect("takes POST only, from who may, and one message at a time; notifications are not answered", () =>
    Effect.gen(function* () {
      for (const method of ["GET", "DELETE", "PUT"]) {
        const { headers, status } = yield* ask(method, "/mcp")
        expect([method, status, headers["allow"]]).toEqual([method, 405, "POST"])
      }
      const list = rpc("tools/list")
      expect(yield* ask("POST", "/mcp", { body: list, token: "wfi_wrong" })).toMatchObject({ status: 401 })
      const runner = yield* tokenOf("runners", ["run"])
      expect(yield* ask("POST", "/mcp", { body: list, token: runner })).toMatchObject({ status: 403 })
      expect(yield* ask("POST", "/mcp", { body: list, headers: { host: "evil.example" } })).toMatchObject({
        status: 403
      })
      expect(yield* ask("POST", "/mcp", { body: list, headers: { origin: "https://evil.example" } })).toMatchObject({
        status: 403
      })
      expect(yield* ask("POST", "/mcp", { body: "{" })).toMatchObject({ status: 400 })
      expect(yield* ask("POST", "/mcp", { body: [list] })).toMatchObject({ status: 400 })
      const note = { jsonrpc: "2.0", method: "notifications/initialized" }
      expect(yield* ask("POST", "/mcp", { body: note })).toMatchObject({ status: 202, text: "" })
      expect(yield* ask("POST", "/mcp", { body: rpc("no/such/method") })).toMatchObject({ json: { error: {} } })
      for (const params of [undefined, null, 7, { name: 7 }, { name: "nothing" }, { name: "search", arguments: [] }]) {
        const { status, text } = yield* ask("POST", "/mcp", { body: rpc("tools/call", params) })
        expect([params, status]).toEqual([params, 200])
        expect(text).not.toMatch(/node_modules|\.ts:\d/)
      }
    })
  )
})
