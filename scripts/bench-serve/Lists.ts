import { Effect, Random, Schema } from "effect"
import { digits } from "../bench-infra/Figures.ts"
import type { Family, Figures, Row } from "../bench-infra/Row.ts"
import { fresh, numberOf, session } from "../bench-infra/Server.ts"
import { DAYS, fill, KEYS, MANY_TASKS, PROJECT, RARE_KIND } from "./Ended.ts"
import { get, serving } from "./Serving.ts"

/** How long the server takes for each list, and for each of its filters, where very many workflows have ended. */

/** Requests of a side in a round, each at another place where it is for one. */
const REQUESTS = 20
/** The goal: no answer takes longer. */
const MOST_MS = 200
const LARGEST_PAGE = 1_000

const Workflows = Schema.parseJson(
  Schema.Struct({ workflows: Schema.NonEmptyArray(Schema.Struct({ id: Schema.String, createdAt: Schema.Date })) })
)
const decode = Schema.decode(Workflows)
const DAY = 24 * 60 * 60 * 1_000

const row = (server: string, workflows: number) =>
  Effect.gen(function* () {
    const url = yield* fresh(server, "bench_serve_lists")
    const { port } = yield* serving(url)
    const own = yield* session(url)
    const from = performance.now()
    yield* Effect.forEach(fill(workflows), (text) => Effect.promise(() => own.query(text)), { discard: true })
    const filled = (performance.now() - from) / 1_000
    const tasks = yield* numberOf(own, "SELECT count(*) FROM engine.workflow_tasks")
    const gigabytes = (yield* numberOf(own, "SELECT pg_database_size(current_database())")) / 1e9

    const project = `/api/v1/projects/${PROJECT}`
    const list = `${project}/workflows`
    const { workflows: newest } = yield* decode(yield* get(port, `${list}?limit=1`))
    const [{ createdAt, id }] = newest
    const now = createdAt.getTime()
    /** Somewhere in the time that they are from. */
    const moment = Effect.map(Random.next, (part) => now - part * (DAYS - 1) * DAY)
    const iso = (time: number) => encodeURIComponent(new Date(time).toISOString())
    const cursor = (time: number) => `cursor=${iso(time)}_ffffffff-ffff-ffff-ffff-ffffffffffff`
    const page = Effect.map(moment, (time) => `&${cursor(time)}`)
    const key = Effect.map(Random.nextIntBetween(0, KEYS), (n) => `exclusiveKey=database%20${n}`)
    const tasksOf = `${list}/${id}/tasks`
    const place = Effect.map(Random.nextIntBetween(0, MANY_TASKS), (ordinal) => `cursor=${ordinal}_z`)

    const is = (path: string) => Effect.succeed(path)
    const of = (before: string, after: Effect.Effect<string>) => Effect.map(after, (text) => `${before}${text}`)
    const routes: Readonly<Record<string, Effect.Effect<string>>> = {
      projects: is("/api/v1/projects"),
      datasources: is(`${project}/datasources`),
      servers: is(`${project}/servers`),
      workflows: is(list),
      "workflows, a deep page": of(`${list}?`, page),
      "workflows, a deep page of 1,000": of(`${list}?limit=${LARGEST_PAGE}`, page),
      kind: of(`${list}?kind=import`, page),
      "kind that is rare": is(`${list}?kind=${RARE_KIND}`),
      "kind that is rare, a deep page": of(`${list}?kind=${RARE_KIND}`, page),
      "kind that nothing has": is(`${list}?kind=nothing`),
      state: of(`${list}?state=failed`, page),
      "states that nothing has": is(`${list}?state=running,paused`),
      exclusiveKey: of(`${list}?`, key),
      "exclusiveKey, a deep page": Effect.flatMap(key, (filter) => of(`${list}?${filter}`, page)),
      "exclusiveKey and state": Effect.map(key, (filter) => `${list}?${filter}&state=failed`),
      "exclusiveKey that nothing has": is(`${list}?exclusiveKey=nothing`),
      idempotencyKey: of(`${list}?idempotencyKey=run%20`, Effect.map(Random.nextIntBetween(2, workflows), String)),
      "idempotencyKey and state": of(
        `${list}?state=completed&idempotencyKey=run%20`,
        Effect.map(Random.nextIntBetween(2, workflows), String)
      ),
      "idempotencyKey that nothing has": is(`${list}?idempotencyKey=nothing`),
      from: of(`${list}?from=`, Effect.map(moment, iso)),
      to: of(`${list}?to=`, Effect.map(moment, iso)),
      "an hour": Effect.map(moment, (time) => `${list}?from=${iso(time)}&to=${iso(time + DAY / 24)}`),
      "an hour that has nothing": is(`${list}?from=${iso(now + DAY)}`),
      "everything at once": Effect.flatMap(key, (filter) =>
        of(`${list}?kind=import&state=failed&${filter}&from=${iso(now - 20 * DAY)}&to=`, Effect.map(moment, iso))
      ),
      "another project's": is("/api/v1/projects/small/workflows"),
      "throughput of an hour": is(`${project}/throughput`),
      "throughput of a day": is(`${project}/throughput?minutes=1440`),
      "one workflow's lost owners": is(`${list}/${id}/lost-owners`),
      "one workflow": is(`${list}/${id}`),
      "tasks of one that has 10,000": is(tasksOf),
      "tasks, a deep page": of(`${tasksOf}?`, place),
      "tasks, a deep page of 1,000": of(`${tasksOf}?limit=${LARGEST_PAGE}&`, place),
      "tasks that failed": of(`${tasksOf}?status=failed&`, place)
    }

    const side = (path: Effect.Effect<string>) =>
      Effect.gen(function* () {
        let most = 0
        let all = 0
        for (let n = 0; n < REQUESTS; n++) {
          const asked = yield* path
          const from = performance.now()
          yield* get(port, asked)
          const took = performance.now() - from
          most = Math.max(most, took)
          all += took
        }
        const figures: Figures = { mean: all / REQUESTS, most }
        return figures
      })

    const names = Object.keys(routes)
    const result: Row = {
      title: `lists: ${workflows.toLocaleString("en-US")} ended workflows, ${tasks.toLocaleString("en-US")} tasks (${digits(gigabytes)} GB, made in ${digits(filled)} s)`,
      columns: { mean: "mean ms", most: "slowest ms" },
      sides: Object.entries(routes).map(([label, path]) => ({ label, measure: side(path) })),
      judge: (medians) => {
        const slow = names.filter((_, n) => !((medians[n]?.["most"] ?? 0) <= MOST_MS))
        const said = `every answer within ${MOST_MS} ms`
        return [slow.length === 0 ? said : `GOAL MISSED: ${said}, but ${slow.join("; ")}`]
      }
    }
    return result
  })

/** A row of lists for each number of workflows. */
export const lists =
  (numbers: ReadonlyArray<number>): Family =>
  (server) =>
    numbers.map((workflows) => row(server, workflows))
