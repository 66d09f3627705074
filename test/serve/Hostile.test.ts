import * as HttpApi from "@effect/platform/HttpApi"
import { expect, layer } from "@effect/vitest"
import { Arbitrary, Effect, FastCheck as fc, Option, Redacted, Runtime, Schema } from "effect"
import * as Net from "node:net"
import { Database } from "../../src/database/Database.ts"
import { uuidv7 } from "../../src/database/Uuid.ts"
import { Datasources } from "../../src/datasource/Datasources.ts"
import { Tokens } from "../../src/serve/access/Tokens.ts"
import { Api } from "../../src/serve/Api.ts"
import { WorkflowInfra } from "../../src/workflow/WorkflowInfra.ts"
import { eventually } from "../fixtures/eventually.ts"
import { serverUrl } from "../fixtures/TestDatabase.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { endless } from "../fixtures/TestWorkflows.ts"
import { ask, follow, server } from "./server.ts"
import { Place } from "./servicesAt.ts"

/** Requests of each kind to each route. */
const RUNS = 12

/** Stands in every text of the other project. */
const MARK = "SOMEBODY-ELSES-ROW"

/** A route and what it takes. */
interface Route {
  readonly name: string
  readonly method: string
  readonly path: string
  readonly payload: Option.Option<Schema.Schema<never, unknown>>
  readonly query: Option.Option<Schema.Schema<never, unknown>>
}

const routes: Array<Route> = []
HttpApi.reflect(Api, {
  onGroup: () => {},
  onEndpoint: ({ endpoint, group }) => {
    routes.push({
      name: `${group.identifier}.${endpoint.name}`,
      method: endpoint.method,
      path: endpoint.path,
      payload: endpoint.payloadSchema,
      query: endpoint.urlParamsSchema
    })
  }
})

/** It makes the sample on the tests' server, which takes no input. */
const SKIPPED = ["datasources.addSample"]
const STREAMS = ["events.ofWorkflow", "events.ofProject"]

const strange = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "",
    "../..",
    "..%2f",
    "%00",
    "\u0000",
    "'; DROP TABLE x; --",
    "null",
    "-1",
    "1e999",
    "a".repeat(5_000),
    "\ud800"
  )
)

/** What a schema takes, as it is sent; and what it may not. */
const fitting = (schema: Option.Option<Schema.Schema<never, unknown>>): fc.Arbitrary<unknown> =>
  Option.match(schema, {
    onNone: () => fc.constant(undefined),
    onSome: (known) => Arbitrary.make(Schema.encodedBoundSchema(known))
  })

const escaped = (text: string) => {
  try {
    return encodeURIComponent(text)
  } catch {
    return "%ED%A0%80"
  }
}

const queryOf = (value: unknown): string => {
  const pairs = Object.entries(Object(value)).map(([name, text]) => `${escaped(name)}=${escaped(String(text))}`)
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`
}

/** Two projects with rows; what of them a path may name, and a token of the first. */
const world = Effect.gen(function* () {
  const infra = yield* WorkflowInfra
  const datasources = yield* Datasources
  const tokens = yield* Tokens
  const { work: sql } = yield* Database
  const { start } = yield* infra.register(endless(`${MARK} kind ${yield* uuidv7}`))
  const own = yield* infra.register(endless(`own ${yield* uuidv7}`))
  const url = yield* serverUrl
  const [mine, theirs] = [yield* TestInfra.project, yield* TestInfra.project]
  yield* sql`UPDATE engine.projects SET name = ${`${MARK} ${theirs}`} WHERE id = ${theirs}`
  const workflows = [
    yield* own.start({ projectId: mine, config: null }),
    yield* start({ projectId: theirs, idempotencyKey: MARK, exclusiveKey: MARK, config: null })
  ]
  const sources = [
    yield* datasources.register(mine, { url, name: "own" }),
    yield* datasources.register(theirs, { url, name: MARK })
  ]
  const ids = [mine, theirs, ...workflows.map(({ id }) => id), ...sources.map(({ id }) => id)]
  const token = yield* tokens.create({ projectId: mine, name: yield* uuidv7, scopes: ["read", "decide", "run"] })
  return { mine, ids, token: Redacted.value(token) }
})

layer(server, { timeout: "60 seconds", excludeTestServices: true })("hostile input", (it) => {
  it.scoped("to no route gives an internal error, or a row of another project", () =>
    Effect.gen(function* () {
      const { ids, mine, token } = yield* world
      const run = Runtime.runPromise(yield* Effect.runtime<Place>())
      const segment = fc.oneof(fc.constantFrom(...ids, "default", "html"), strange)
      const project = fc.oneof({ weight: 4, arbitrary: fc.constant(mine) }, { weight: 1, arbitrary: segment })

      for (const route of routes.filter(({ name }) => !SKIPPED.includes(name))) {
        const names = [...route.path.matchAll(/:(\w+)/g)].map(([, name = ""]) => name)
        const input = fc.record({
          segments: fc.tuple(...names.map((name) => (name === "project" ? project : segment))),
          query: fc.oneof(
            fitting(route.query),
            fc.dictionary(fc.constantFrom("limit", "cursor", "state", "status", "x"), strange)
          ),
          body: fc.oneof(fitting(route.payload), fc.jsonValue(), strange),
          headers: fc.constantFrom(
            {},
            { "if-match": "*" },
            { "if-match": '"0"' },
            { "if-match": "x" },
            { "last-event-id": "x-1" },
            { "content-type": "text/plain" },
            { "content-type": "multipart/form-data; boundary=x" },
            { "content-type": "application/x-www-form-urlencoded" }
          )
        })
        const property = fc.asyncProperty(input, async ({ body, headers, query, segments }) => {
          const filled = segments.reduce((path: string, text) => path.replace(/:\w+/, () => escaped(text)), route.path)
          const path = filled + queryOf(query)
          if (STREAMS.includes(route.name)) {
            const seen = await run(
              Effect.scoped(Effect.flatMap(follow(path, { token, headers }), (now) => Effect.delay(now, "20 millis")))
            )
            expect(seen.status).toBeLessThan(500)
            expect(seen.text).not.toContain(MARK)
            return
          }
          const answer = await run(
            ask(route.method, path, { token, headers, ...(route.method === "GET" ? {} : { body: body ?? {} }) })
          )
          expect([route.name, answer.status < 500 ? "" : answer.text]).toEqual([route.name, ""])
          expect(answer.text).not.toContain(MARK)
          if (answer.status >= 400) expect(answer.json?.status).toBe(answer.status)
        })
        yield* Effect.promise(() => fc.assert(property, { numRuns: RUNS }))
      }
    })
  )

  it.scoped("that is nested deeper than any body is refused, by every route that takes one", () =>
    Effect.gen(function* () {
      const { mine, token } = yield* world
      const deep = (open: string, close: string) => `${open.repeat(20_000)}1${close.repeat(20_000)}`
      for (const route of routes.filter(({ payload }) => Option.isSome(payload))) {
        const path = route.path.replace(":project", mine).replace(/:\w+/g, mine)
        for (const body of [deep("[", "]"), deep('{"name":', "}"), `{"url":${deep("[", "]")},"ids":[]}`]) {
          const { status } = yield* ask(route.method, path, { token, headers: { "if-match": "*" }, body })
          expect([route.name, status >= 400 && status < 500 ? "refused" : status]).toEqual([route.name, "refused"])
        }
      }
      const rpc = (given: string) =>
        `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search","arguments":{"query":${given}}}}`
      for (const given of [deep("[", "]"), deep('{"a":', "}")]) {
        const { status, text } = yield* ask("POST", "/mcp", { token, body: rpc(given) })
        expect([status < 500, text]).toEqual([true, expect.not.stringMatching(/reason that is not yours|stack/)])
      }
    })
  )

  it.scoped("that comes slowly loses its connection, and others are answered meanwhile", () =>
    Effect.gen(function* () {
      const { port } = yield* Place
      const slow = yield* Effect.forEach(Array.from({ length: 200 }), () =>
        Effect.acquireRelease(
          Effect.sync(() => {
            const socket = Net.connect(port, "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX"))
            socket.on("error", () => {})
            return socket.resume()
          }),
          (socket) => Effect.sync(() => socket.destroy())
        )
      )
      expect((yield* ask("GET", "/ready")).status).toBe(200)
      yield* eventually(
        "all are closed",
        Effect.sync(() => slow.filter(({ closed }) => !closed)),
        (open) => open.length === 0
      )
    })
  )

  it.scoped("that is hardly HTTP does no harm", () =>
    Effect.gen(function* () {
      const { port } = yield* Place
      const send = (text: string) =>
        Effect.async<string>((resume) => {
          const socket = Net.connect(port, "127.0.0.1", () => socket.end(text))
          let all = ""
          socket.on("data", (part) => (all += String(part)))
          socket.on("error", () => resume(Effect.succeed(all)))
          socket.on("close", () => resume(Effect.succeed(all)))
        })
      const lines = (first: string, ...headers: ReadonlyArray<string>) =>
        [first, ...headers, "Connection: close", "", ""].join("\r\n")
      const host = "Host: 127.0.0.1"
      for (const request of [
        lines("GET // HTTP/1.1", host),
        lines("GET //[ HTTP/1.1", host),
        lines("GET http://[ HTTP/1.1", host),
        lines("GET http://evil.example/api/v1/projects HTTP/1.1", host),
        lines("GET /%zz HTTP/1.1", host),
        lines("GET /api/v1/projects/%00/workflows HTTP/1.1", host),
        lines("GET /api/v1/projects?limit=%zz HTTP/1.1", host),
        lines("OPTIONS * HTTP/1.1", host),
        lines("GET /api/v1/projects HTTP/1.1", "Host: a b"),
        lines("GET /api/v1/projects HTTP/1.1"),
        lines("GET /api/v1/projects HTTP/1.1", host, "Upgrade: websocket", "Sec-WebSocket-Key: x"),
        lines("POST /api/v1/projects HTTP/1.1", host, "Content-Length: 5", "Transfer-Encoding: chunked"),
        lines("POST /api/v1/projects HTTP/1.1", host, "Content-Length: -1"),
        "garbage\r\n\r\n"
      ]) {
        const answer = yield* send(request)
        expect(answer).not.toMatch(/^HTTP\/1\.1 [25]/)
      }
      expect((yield* ask("GET", "/ready")).status).toBe(200)
    })
  )
})
