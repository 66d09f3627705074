import { Effect, Layer, Option } from "effect"
import * as Http from "node:http"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import { Place, serverOn, servicesAt } from "./servicesAt.ts"

/** The same on a fresh database. */
export const services = Layer.unwrapScoped(Effect.map(TestDatabase.create, servicesAt))

/** One with everything around it. */
export const server = serverOn("127.0.0.1").pipe(Layer.provideMerge(services))

/** What is in a list of an answer. */
interface Row {
  readonly id: string
  readonly name: string
  readonly file: string
  readonly table: string
  readonly completed: number
}
type Rows = readonly [Row, ...ReadonlyArray<Row>]

/** The fields of answers that tests read one by one, of whichever answer. */
interface Body {
  readonly id: string
  readonly workflowId: string
  readonly state: string
  readonly status: number
  readonly next: string
  readonly openapi: string
  readonly text: string
  readonly datasources: Rows
  readonly entities: Rows
  readonly formats: Rows
  readonly minutes: Rows
  readonly projects: Rows
  readonly questions: Rows
  readonly relationships: Rows
  readonly servers: Rows
  readonly tasks: Rows
  readonly workflows: Rows
  readonly domain: { readonly relationships: Rows }
}

/** An answer, whole. */
export interface Answer {
  readonly status: number
  readonly headers: Http.IncomingHttpHeaders
  readonly text: string
  /** Undefined where it is none. */
  readonly json: Body
}

/** How a request is sent. */
export interface Asking {
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON, unless it is a text. */
  readonly body?: unknown
  readonly token?: string
}

const parsed = (text: string) => Option.getOrUndefined(Option.liftThrowable(JSON.parse)(text))

/** Sends a request as it is written, and waits for the whole answer. */
export const ask = (method: string, path: string, { body, headers = {}, token }: Asking = {}) =>
  Effect.flatMap(Place, ({ port }) =>
    Effect.async<Answer, Error>((resume) => {
      const text = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body)
      const request = Http.request(
        {
          host: "127.0.0.1",
          port,
          method,
          path,
          agent: false,
          headers: {
            ...(text === undefined ? {} : { "content-type": "application/json" }),
            ...(text === undefined || "transfer-encoding" in headers
              ? {}
              : { "content-length": Buffer.byteLength(text) }),
            ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
            ...headers
          }
        },
        (response) => {
          let all = ""
          response.setEncoding("utf8")
          response.on("data", (part) => (all += String(part)))
          response.on("error", (error) => resume(Effect.fail(error)))
          response.on("end", () =>
            resume(
              Effect.succeed({
                status: response.statusCode ?? 0,
                headers: response.headers,
                text: all,
                json: parsed(all)
              })
            )
          )
        }
      )
      request.on("error", (error) => resume(Effect.fail(error)))
      request.end(text)
      return Effect.sync(() => request.destroy())
    }).pipe(Effect.orDie)
  )

/** A stream of events, until the scope closes: what has arrived so far, and whether it has ended. */
export const follow = (path: string, { headers = {}, token }: Asking = {}) =>
  Effect.flatMap(Place, ({ port }) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        const seen = { status: 0, text: "", isOver: false, isCut: false }
        const request = Http.request(
          {
            host: "127.0.0.1",
            port,
            path,
            agent: false,
            headers: { ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) }
          },
          (response) => {
            seen.status = response.statusCode ?? 0
            response.setEncoding("utf8")
            response.on("data", (part) => (seen.text += String(part)))
            response.on("error", () => (seen.isCut = true))
            response.on("close", () => (seen.isOver = true))
          }
        )
        request.on("error", () => (seen.isOver = true))
        request.end()
        return { seen, request }
      }),
      ({ request }) => Effect.sync(() => request.destroy())
    ).pipe(Effect.map(({ seen }) => Effect.sync(() => ({ ...seen }))))
  )

/** The events of a stream's text. */
export const eventsOf = (text: string) =>
  text.split("\n\n").flatMap((block) => {
    const field = (name: string) =>
      block
        .split("\n")
        .filter((line) => line.startsWith(`${name}: `))
        .map((line) => line.slice(name.length + 2))
        .join("\n")
    const data: unknown = parsed(field("data"))
    return field("event") === "" ? [] : [{ event: field("event"), id: field("id"), data }]
  })
