import { Data, Deferred, Effect, FiberId, Redacted, Schema, type Scope } from "effect"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Database } from "../../src/database/Database.ts"
import { WorkflowHealth } from "../../src/workflow/WorkflowHealth.ts"
import { eventually } from "../fixtures/eventually.ts"
import { type Asked, Said } from "./Asked.ts"
import * as Proxy from "./Proxy.ts"

const program = fileURLToPath(new URL("./ledgerProgram.ts", import.meta.url))

/** What a server answered in place of what it was asked for. */
export class Refused extends Data.TaggedError("Refused")<{
  readonly error: string
  readonly message: string
  readonly workflowId: string | undefined
}> {}

/** A server in a process of its own, with a network of its own between it and the database. */
export interface Server {
  readonly pid: number
  readonly proxy: Proxy.Proxy
  /** Asks it, and waits for its answer. Dies where it ends before. */
  readonly ask: (asked: Asked) => Effect.Effect<string | number | null, Refused>
  /** Starts a workflow there, and gives its id. */
  readonly start: (asked: Omit<Extract<Asked, { readonly ask: "start" }>, "ask">) => Effect.Effect<string, Refused>
  /** Waits until a workflow stands still at a point of the ledger, and gives its id. */
  readonly reached: (point: string) => Effect.Effect<string>
  /** `kill -9`, and waits until it is gone. */
  readonly kill: Effect.Effect<void>
  /** Sends a signal. */
  readonly signal: (signal: NodeJS.Signals) => Effect.Effect<void>
  /** How it ended: its exit code or signal. */
  readonly ended: Effect.Effect<number | string>
  /** What it has written so far, for those who look for what went wrong. */
  readonly output: Effect.Effect<string>
  /** How it says it stands. */
  readonly health: Effect.Effect<WorkflowHealth>
}

/** Leases of 4.5 s at the most: fit for tests that have to wait for their end. */
const SHORT_LEASES = {
  WORKFLOW_HEARTBEAT_INTERVAL: "1 second",
  WORKFLOW_HEARTBEAT_TIMEOUT: "500 millis",
  WORKFLOW_POLL_INTERVAL: "100 millis",
  WORKFLOW_WRITER_DEBOUNCE: "50 millis",
  WORKFLOW_SHUTDOWN_DEADLINE: "3 seconds"
}

/** No session lock: it is the lease that counts. */
export const NO_LOCK = { WORKFLOW_SESSION_LOCK: "false" }

const decodeHealth = Schema.decodeUnknown(Schema.parseJson(WorkflowHealth))

const decodeSaid = Schema.decodeUnknownSync(Said)

/** Connections of a server to the database at the most: work, books, control, the session lock, the listener. */
export const CONNECTIONS = 4 + 3 + 3 + 1 + 1

/** Runs `ledgerProgram.ts` on the test's database, with these settings in its environment, until the scope closes. Returns when it is up. */
export const run = (
  settings: Readonly<Record<string, string>> = {},
  imports: ReadonlyArray<string> = []
): Effect.Effect<Server, never, Database | Scope.Scope> =>
  Effect.flatMap(Database, ({ url }) => runOn(url, settings, imports))

/** The same on another database, or as another login. */
export const runOn = (
  url: Redacted.Redacted,
  settings: Readonly<Record<string, string>> = {},
  imports: ReadonlyArray<string> = []
): Effect.Effect<Server, never, Scope.Scope> =>
  Effect.flatMap(Proxy.make(url), (proxy) => begin(proxy, settings, imports)).pipe(Effect.tap(({ up }) => up))

/** Runs another program on the test's database that says when it is up, until the scope closes. Returns when it is. */
export const runProgram = (
  file: string,
  settings: Readonly<Record<string, string>> = {}
): Effect.Effect<Server, never, Database | Scope.Scope> =>
  Effect.flatMap(Database, ({ url }) =>
    Effect.flatMap(Proxy.make(url), (proxy) => begin(proxy, settings, [], file)).pipe(Effect.tap(({ up }) => up))
  )

/** `run` through a network that is there already. Returns at once: `up` waits until it is up. */
export const begin = (
  proxy: Proxy.Proxy,
  settings: Readonly<Record<string, string>> = {},
  imports: ReadonlyArray<string> = [],
  file = program
): Effect.Effect<Server & { readonly up: Effect.Effect<void> }, never, Scope.Scope> =>
  Effect.gen(function* () {
    const ready = yield* Deferred.make<void>()
    const ended = yield* Deferred.make<number | string>()
    const answers = new Map<number, Deferred.Deferred<string | number | null, Refused>>()
    const points = new Map<string, Deferred.Deferred<string>>()
    let output = ""
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(
          process.execPath,
          ["--expose-gc", "--import", "tsx", ...imports.flatMap((each) => ["--import", each]), file],
          {
            stdio: ["ignore", "pipe", "pipe", "ipc"],
            env: {
              ...process.env,
              DATABASE_URL: Redacted.value(proxy.url),
              DATABASE_CONNECTIONS: "4",
              ...SHORT_LEASES,
              ...settings
            }
          }
        )
      ),
      (started) =>
        Effect.zipRight(
          Effect.sync(() => started.kill("SIGKILL")),
          Deferred.await(ended)
        )
    )
    const point = (name: string) => {
      const known = points.get(name)
      if (known !== undefined) return known
      const made = Deferred.unsafeMake<string>(FiberId.none)
      points.set(name, made)
      return made
    }
    child.on("message", (message) => {
      const said = decodeSaid(message)
      if ("ready" in said) Deferred.unsafeDone(ready, Effect.void)
      else if ("reached" in said) Deferred.unsafeDone(point(said.reached), Effect.succeed(said.workflowId))
      else {
        const waiting = answers.get(said.number)
        if (waiting === undefined) return
        Deferred.unsafeDone(
          waiting,
          "answer" in said
            ? Effect.succeed(said.answer)
            : Effect.fail(new Refused({ error: said.error, message: said.message, workflowId: said.workflowId }))
        )
      }
    })
    const read = (chunk: Buffer) => void (output += String(chunk))
    child.stdout?.on("data", read)
    child.stderr?.on("data", read)
    child.once("close", (code, signal) => {
      const gone = Effect.suspend(() => Effect.dieMessage(`the server has ended: ${output}`))
      Deferred.unsafeDone(ready, gone)
      for (const waiting of answers.values()) Deferred.unsafeDone(waiting, gone)
      for (const waiting of points.values()) Deferred.unsafeDone(waiting, gone)
      Deferred.unsafeDone(ended, Effect.succeed(code ?? signal ?? "unknown"))
    })
    let number = 0
    const ask: Server["ask"] = (asked) =>
      Effect.gen(function* () {
        const waiting = yield* Deferred.make<string | number | null, Refused>()
        const mine = number++
        answers.set(mine, waiting)
        child.send({ number: mine, asked })
        return yield* Deferred.await(waiting)
      })
    const signal = (which: NodeJS.Signals) => Effect.sync(() => void child.kill(which))
    return {
      pid: child.pid ?? 0,
      proxy,
      up: Deferred.await(ready),
      ask,
      start: (asked) => Effect.map(ask({ ask: "start", ...asked }), String),
      reached: (name) => Effect.suspend(() => Deferred.await(point(name))),
      kill: Effect.zipRight(signal("SIGKILL"), Effect.asVoid(Deferred.await(ended))),
      signal,
      ended: Deferred.await(ended),
      output: Effect.sync(() => output),
      health: Effect.flatMap(ask({ ask: "health" }), (answer) => decodeHealth(answer)).pipe(Effect.orDie)
    }
  })

/** A message of the log begins so. */
const LOGGED = /^\[[\d:.]+\] (?<level>[A-Z]+) /

/** The messages of its log at "info" and above, and how many there are of all, from a length of its output on. */
export const log = (server: Server, from = 0) =>
  Effect.map(server.output, (output) => {
    const lines = output.slice(from).split("\n")
    const levels = lines.flatMap((line) => LOGGED.exec(line)?.groups?.["level"] ?? [])
    const told = lines.filter((line) => (LOGGED.exec(line)?.groups?.["level"] ?? "DEBUG") !== "DEBUG")
    return { told, all: levels.length }
  })

/** Nothing of a server is left that nobody uses: no session more than its pools have, none idle in a transaction. */
export const expectNoLeak = (server: Server) =>
  Effect.gen(function* () {
    const { work: sql } = yield* Database
    const ports = yield* server.proxy.ports
    const look = sql<{ application_name: string; state: string }>`SELECT application_name, state FROM pg_stat_activity
      WHERE client_port = ANY(${ports}::int[])`
    yield* eventually(
      "no connection is leaked",
      look,
      (sessions) =>
        sessions.length <= CONNECTIONS && sessions.every(({ state }) => !state.startsWith("idle in transaction"))
    )
  })
