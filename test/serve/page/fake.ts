import { script, styles } from "#serve-page"
import { Effect } from "effect"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { build } from "../../../src/report/Build.ts"
import { Placing } from "../../../src/report/layout/Placing.ts"
import { HTML } from "../../../src/serve/http/Page.ts"
import { hostile } from "../../report/source.ts"
import {
  ago,
  type Asked,
  type Candidate,
  MARKUP,
  open,
  someCandidates,
  someChanges,
  someLostOwners,
  someOntology,
  someQuestions,
  someTasks,
  someThroughput,
  someValues,
  someWorkflows,
  type Workflow,
  workflow
} from "./fakeData.ts"

const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'"

/** A server that answers as the API does, from what it is given. */
export interface Fake {
  readonly url: string
  /** A workflow is like this from now on, and all who follow are told. */
  readonly change: (workflow: Workflow) => void
  /** Somebody else decides about a relationship. */
  readonly decide: (id: string, by: string) => void
  /** Does not answer any more, until `start`. */
  readonly stop: () => Promise<void>
  readonly start: () => Promise<void>
}

interface Stored {
  workflows: ReadonlyArray<Workflow>
  candidates: ReadonlyArray<Candidate>
  questions: ReadonlyArray<Asked>
  datasources: ReadonlyArray<{ readonly id: string; readonly name: string; readonly settings: object }>
}

const bodyOf = async (request: IncomingMessage): Promise<Record<string, string>> => {
  let text = ""
  for await (const part of request) text += String(part)
  const body: Record<string, string> = text === "" ? {} : JSON.parse(text)
  return body
}

const json = (response: ServerResponse, status: number, body: unknown) =>
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body))

const stale = (response: ServerResponse, version: number, by: string) =>
  json(response, 412, {
    type: "urn:problem-type:workflow-infra:stale",
    title: "Somebody else was faster",
    status: 412,
    detail: `the version is ${version}`,
    version,
    by
  })

/** What a discovery has found, with markup wherever somebody else's text stands. */
const report = await Effect.runPromise(Effect.provide(build(hostile), Placing.layer))

/** Starts one on a free port; `empty` has no database and no workflow. */
export const start = async ({ empty = false } = {}): Promise<Fake> => {
  const stored: Stored = {
    workflows: empty ? [] : someWorkflows(),
    candidates: empty ? [] : someCandidates(),
    questions: empty ? [] : someQuestions(),
    datasources: empty ? [] : [{ id: "shop", name: `shop ${MARKUP}`, settings: {} }]
  }
  const followers = new Set<ServerResponse>()
  const tell = (name: string, data: unknown, to: Iterable<ServerResponse>) => {
    for (const each of to) each.write(`event: ${name}\nid: x-1\ndata: ${JSON.stringify(data)}\n\n`)
  }
  const change = (changed: Workflow) => {
    const others = stored.workflows.filter(({ id }) => id !== changed.id)
    stored.workflows = [changed, ...others].toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
    tell("change", { workflows: [changed] }, followers)
  }
  const decided = (one: Candidate, action: string, by: string): Candidate => {
    const version = one.version + 1
    const { ruled: _ruled, ...before } = one.relationship
    const rules = one.relationship.ruled ?? before
    return action === "undo"
      ? {
          ...one,
          version,
          decision: null,
          relationship: { ...before, decidedBy: "rules", status: rules.status, confidence: rules.confidence }
        }
      : {
          ...one,
          version,
          decision: { action: action === "accept" ? "accept" : "reject", answer: null, by, at: ago(0), version },
          relationship: {
            ...before,
            decidedBy: "person",
            status: action === "accept" ? "accepted" : "rejected",
            confidence: action === "accept" ? 1 : 0,
            ruled: { status: rules.status, confidence: rules.confidence }
          }
        }
  }
  const put = (made: Candidate) =>
    (stored.candidates = stored.candidates.map((each) => (each.id === made.id ? made : each)))

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<unknown> => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://fake")
    const { method = "GET" } = request
    response.setHeader("content-security-policy", POLICY)
    if (pathname === "/") return response.setHeader("content-type", "text/html").end(HTML)
    if (pathname === "/page.js") return response.setHeader("content-type", "text/javascript").end(script)
    if (pathname === "/page.css") return response.setHeader("content-type", "text/css").end(styles)
    const [kind, id = "", ...rest] = pathname
      .replace("/api/v1/projects", "")
      .split("/")
      .slice(2)
      .map(decodeURIComponent)
    if (kind === undefined) {
      return json(response, 200, { projects: [{ id: "p", name: "default", createdAt: ago(9_999) }] })
    }
    const stream = () => response.writeHead(200, { "content-type": "text/event-stream" })
    if (kind === "events") {
      stream()
      followers.add(response)
      response.on("close", () => followers.delete(response))
      return tell("snapshot", { workflows: stored.workflows }, [response])
    }
    if (kind === "servers") {
      const server = {
        host: "vm",
        pid: 17,
        version: "v22.1.0",
        startedAt: ago(900),
        lastHeartbeat: ago(10),
        running: 1
      }
      const servers = [
        { ...server, id: "0190aaaa-1111-7000-8000-0123456789ab", expiresAt: ago(-80), answers: true },
        { ...server, id: "0190aaaa-1111-7000-8000-0123456789ff", expiresAt: ago(5), answers: false }
      ]
      return json(response, 200, { servers, now: ago(0) })
    }
    if (kind === "throughput") return json(response, 200, someThroughput())
    if (kind === "workflows") {
      const one = stored.workflows.find((each) => each.id === id)
      const [what] = rest
      if (id === "bulk") {
        const { ids = "" } = await bodyOf(request)
        for (const each of stored.workflows) if (ids.includes(each.id)) change({ ...each, state: "pending" })
        return json(response, 200, { done: ids.length, refused: [], next: null })
      }
      if (one !== undefined && what === "events") {
        stream()
        tell("snapshot", { workflow: one, tasks: someTasks }, [response])
        return one.state === "completed" || one.state === "failed"
          ? response.end("event: end\ndata: {}\n\n")
          : undefined
      }
      if (what === "lost-owners")
        return json(response, 200, { lostOwners: id === workflow(1, {}).id ? someLostOwners() : [] })
      if (one !== undefined && method === "POST") {
        const state = ({ pause: "paused", resume: "pending", retry: "pending" } as const)[what ?? ""] ?? "failed"
        change({ ...one, state, errorMessage: what === "cancel" ? "cancelled" : null })
        return json(response, 202, { ...one, state })
      }
      const states = searchParams.get("state")?.split(",")
      const kindOf = searchParams.get("kind")
      const key = searchParams.get("idempotencyKey")
      const [from, to] = [searchParams.get("from"), searchParams.get("to")]
      const found = stored.workflows.filter(
        (each) =>
          (states === undefined || states.includes(each.state)) &&
          (kindOf === null || each.kind === kindOf) &&
          (key === null || each.idempotencyKey === key) &&
          (from === null || each.createdAt >= from) &&
          (to === null || each.createdAt < to)
      )
      return json(response, 200, { workflows: found, next: null })
    }
    if (kind === "datasources" && id === "sample" && rest.length === 0) {
      stored.datasources = [{ id: "sample", name: "bike_shop_sample", settings: {} }]
      return json(response, 201, { ...stored.datasources[0], database: "sample", tables: 20, warning: null })
    }
    if (kind === "datasources" && id === "") return json(response, 200, { datasources: stored.datasources })
    const [resource, which = "", more] = rest
    if (resource === "discoveries") {
      const running = workflow(0, { ...open, state: "running", kind: "discovery", datasourceId: id, exclusiveKey: id })
      change(running)
      return json(response, 202, { workflowId: running.id, kind: "discovery" })
    }
    if (resource === "ontology") {
      return stored.candidates.length === 0
        ? json(response, 404, { title: "There is no such thing", status: 404, detail: "no ontology yet" })
        : json(response, 200, someOntology)
    }
    if (resource === "report") {
      return stored.candidates.length === 0
        ? json(response, 404, { title: "There is no such thing", status: 404, detail: "no ontology yet" })
        : json(response, 200, report)
    }
    if (resource === "changes") return json(response, 200, someChanges)
    if (resource === "exports") {
      return json(response, 200, { formats: [{ name: "html", file: "report.html", purpose: "to look at" }] })
    }
    const seen = Number(String(request.headers["if-match"] ?? "").replaceAll('"', ""))
    if (resource === "relationships") {
      const one = stored.candidates.find((each) => each.id === which)
      if (more === "values") return json(response, 200, someValues)
      if (method === "GET" || one === undefined) {
        const wanted = stored.candidates.filter(({ relationship: { status } }) =>
          searchParams.get("status") === null ? true : searchParams.get("status") === status
        )
        const needs = stored.candidates.filter(({ relationship: { status } }) => status === "needs_review").length
        const counts = { accepted: 1, needs_review: needs, rejected: 0 }
        return json(response, 200, { relationships: wanted, next: null, counts })
      }
      if (seen !== one.version) return stale(response, one.version, one.decision?.by ?? "")
      const { action = "", by = "local" } = await bodyOf(request)
      const made = decided(one, action, by)
      put(made)
      return json(response, 200, made)
    }
    if (resource === "questions") {
      const one = stored.questions.find((each) => each.id === which)
      if (one === undefined || more !== "answer") {
        const isOpen = searchParams.get("state") === "open"
        const questions = stored.questions.filter(({ decision }) => !isOpen || decision === null)
        return json(response, 200, { questions })
      }
      if (seen !== one.version) return stale(response, one.version, one.decision?.by ?? "")
      const given = method === "PUT" ? (await bodyOf(request))["answer"] : undefined
      const version = one.version + 1
      const decision =
        given === undefined ? null : { action: "answer" as const, answer: given, by: "local", at: ago(0), version }
      stored.questions = stored.questions.map((each) => (each.id === one.id ? { ...one, version, decision } : each))
      return json(response, 200, decision ?? { action: "undo", answer: null, by: "local", at: ago(0), version })
    }
    return json(response, 404, { title: "Not Found", status: 404, detail: pathname })
  }

  const server = createServer((request, response) => void answer(request, response))
  const listen = (port: number) =>
    new Promise<number>((resolve) => {
      server.listen(port, "127.0.0.1", () => {
        const address = server.address()
        resolve(typeof address === "object" && address !== null ? address.port : 0)
      })
    })
  const port = await listen(0)
  return {
    url: `http://127.0.0.1:${port}`,
    change,
    decide: (id, by) => {
      const one = stored.candidates.find((each) => each.id === id)
      if (one !== undefined) put(decided(one, "reject", by))
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
    start: async () => void (await listen(port))
  }
}
