import { setTimeout } from "node:timers/promises"
import { Client, Pool } from "pg"

/**
 * What the peers' programs share. Each runs one engine in a process of its own and answers bench-peers.ts over IPC. The numbers are the same
 * as in Protocol.ts, which plain Node.js cannot import.
 */

/** The database of this engine and variant, which bench-peers.ts creates anew before each request. */
export const url = process.env.DATABASE_URL ?? ""
/** Whether the engine has the settings that its documentation recommends for speed, instead of its defaults. */
export const tuned = process.env.VARIANT === "tuned"
/** How many parts a workflow of the recovery row has. */
export const PARTS = 10
/** Milliseconds that a part takes. */
export const PART_MILLIS = 500
/** How many starts are under way at once. */
export const AT_ONCE = 16

/** Milliseconds between two checks whether everything is completed: short beside any measurement. */
const POLL = 5

/** Answers requests: `rows` has a function for each row of the benchmark. */
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

/** Runs `use` on a connection of the benchmark's own, whose statements are not counted as the engine's. */
const session = async (use) => {
  const client = new Client({ connectionString: url })
  own.add(client)
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}

/** The number in column `n` of the only row of a query on a session of the benchmark's own. */
export const numberOf = (text, values) =>
  session(async (client) => {
    const { rows } = await client.query(text, values)
    return rows[0].n
  })

const own = new Set()
let statements = 0
const { query } = Client.prototype
// All engines use this copy of the driver.
Client.prototype.query = function (...args) {
  if (!own.has(this)) statements++
  return Reflect.apply(query, this, args)
}

/** Polls `check` until it gives true or the deadline (ms of `performance.now`) has passed. Gives whether it gave true. */
export const until = async (deadline, check) => {
  while (!(await check())) {
    if (performance.now() > deadline) return false
    await setTimeout(POLL)
  }
  return true
}

/** Calls `start` for each number below `n`, `AT_ONCE` at a time, until the deadline. Gives how long each call took, in ms. */
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

/** The smallest of the values that at least this share (0 to 1) of all values do not exceed. */
const percentile = (values, share) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0

/** Adds to what `run` gives how many seconds it took and how many statements the engine sent. `limit` is in seconds. */
export const timed = async (limit, run) => {
  const from = performance.now()
  const before = statements
  const measured = await run(from + limit * 1000)
  return { ...measured, seconds: (performance.now() - from) / 1000, statements: statements - before }
}

/** The statement of each task of the row "inserts". The table has no unique key, so that a second execution shows. */
export const INSERT = "INSERT INTO bench_results (task) VALUES ($1)"

/** The row "inserts": `run` works the tasks. At most as many count as done as have their line in the table; fails when one has two. */
export const measureInserts = async (run) => {
  await session((client) => client.query("CREATE TABLE bench_results (task int NOT NULL)"))
  const measured = await run()
  const twice = await numberOf("SELECT (count(*) - count(DISTINCT task))::int AS n FROM bench_results")
  if (twice > 0) throw new Error(`${twice} INSERTs are there twice`)
  return { ...measured, done: Math.min(measured.done, await numberOf("SELECT count(*)::int AS n FROM bench_results")) }
}

/**
 * The row "workflows": calls `start` for each number below `n`. `finish` gets the deadline and how many were started, waits until these are
 * completed in the database, and gives how many are.
 */
export const measureStarts = ({ limit, n }, start, finish) =>
  timed(limit, async (deadline) => {
    const took = await startAll(n, start, deadline)
    return { done: await finish(deadline, took.length), p50: percentile(took, 0.5), p99: percentile(took, 0.99) }
  })

/** Records that a workflow has begun or ended in this process, in a table that bench-peers.ts has made and polls. */
export const mark = (workflow, what) =>
  marks.query("INSERT INTO bench_marks (pid, workflow, what) VALUES ($1, $2, $3)", [process.pid, workflow, what])

/** A workflow of the recovery row, for an engine whose jobs have no parts: it takes as long as all parts. */
export const longJob = async (workflow) => {
  await mark(workflow, "began")
  await setTimeout(PARTS * PART_MILLIS)
  await mark(workflow, "ended")
}

const marks = new Pool({ connectionString: url, max: 4 })
marks.on("connect", (client) => own.add(client))
marks.on("error", () => {})
