import { setTimeout } from "node:timers/promises"
import { Client, Pool } from "pg"

/** What the peers' programs have in common: each runs one engine in a process of its own, and answers bench-peers.ts over IPC. */

/** The database of this engine and variant; made anew by bench-peers.ts before every request. */
export const url = process.env.DATABASE_URL ?? ""
/** Whether the engine runs as its documentation tunes it, or as it comes. */
export const tuned = process.env.VARIANT === "tuned"
/** Of workflows that are killed: how many parts each has, and how long a part takes (ms). The same for every engine. */
export const PARTS = 10
export const PART_MILLIS = 500
/** Starts that are under way at once in the row of workflows. */
export const AT_ONCE = 16

/** How often it is looked whether everything has ended (ms): a small part of any measurement. */
const LOOK_AGAIN = 5

/** Answers each request by the function of its row, one after the other. */
export const serve = (rows) => {
  process.on("disconnect", () => process.exit(1))
  process.on("message", async (request) => {
    try {
      process.send({ id: request.id, result: await rows[request.row](request) })
    } catch (error) {
      process.send({ id: request.id, error: error instanceof Error ? error.message : String(error) })
    }
  })
}

/** A session of the benchmark's own, which does not count as the engine's. */
export const session = async (use) => {
  const client = new Client({ connectionString: url })
  own.add(client)
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}

const own = new Set()
let statements = 0
const { query } = Client.prototype
// Every engine here sends its statements through this one driver.
Client.prototype.query = function (...args) {
  if (!own.has(this)) statements++
  return Reflect.apply(query, this, args)
}
/** How many statements the engine has sent so far: BEGIN and COMMIT count as any other. */
export const sent = () => statements

/** Waits until `look` says true, at most until the deadline (ms, of `performance.now`): whether it did. */
export const until = async (deadline, look) => {
  while (!(await look())) {
    if (performance.now() > deadline) return false
    await setTimeout(LOOK_AGAIN)
  }
  return true
}

/** Calls `start` for each number below `n`, sixteen at a time, and gives how long each call took, in ms. */
export const startAll = async (n, start, deadline) => {
  const took = []
  let next = 0
  const starter = async () => {
    while (next < n && performance.now() < deadline) {
      const which = next++
      const from = performance.now()
      await start(which)
      took.push(performance.now() - from)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, starter))
  return took
}

/** The value that this part of all values is not above. */
export const percentile = (values, part) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? 0

/** Measures from the start to when everything is done; `run` gives how many were, and more to say. */
export const timed = async (limit, run) => {
  const from = performance.now()
  const before = sent()
  const { done, ...more } = await run(from + limit * 1000)
  return { done, seconds: (performance.now() - from) / 1000, statements: sent() - before, ...more }
}

/** The table that the row of INSERTs writes to: nothing keeps a line from being there twice. */
export const createResults = () => session((client) => client.query("CREATE TABLE bench_results (task int NOT NULL)"))
export const INSERT = "INSERT INTO bench_results (task) VALUES ($1)"

/** How many lines there are; an error where one is there twice. */
export const countResults = () =>
  session(async (client) => {
    const { rows } = await client.query(
      "SELECT count(*)::int AS all, count(DISTINCT task)::int AS once FROM bench_results"
    )
    if (rows[0].all !== rows[0].once) throw new Error(`${rows[0].all - rows[0].once} INSERTs are there twice`)
    return rows[0].once
  })

/** Notes that a workflow begins or has ended in this process; bench-peers.ts has made the table, and looks at it. */
export const mark = (workflow, what) =>
  marks.query("INSERT INTO bench_marks (pid, workflow, what) VALUES ($1, $2, $3)", [process.pid, workflow, what])
const marks = new Pool({ connectionString: url, max: 4 })
marks.on("connect", (client) => own.add(client))
marks.on("error", () => {})
