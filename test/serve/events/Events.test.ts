import { expect, layer } from "@effect/vitest"
import { Deferred, Effect, Exit, Layer, Redacted, Scope } from "effect"
import { Database } from "../../../src/database/Database.ts"
import { uuidv7 } from "../../../src/database/Uuid.ts"
import { Tokens } from "../../../src/serve/access/Tokens.ts"
import { WorkflowInfra } from "../../../src/workflow/WorkflowInfra.ts"
import { eventually } from "../../fixtures/eventually.ts"
import * as TestInfra from "../../fixtures/TestInfra.ts"
import { endless, kind } from "../../fixtures/TestWorkflows.ts"
import { ask, eventsOf, follow, server, services } from "../server.ts"
import { serverOn } from "../servicesAt.ts"

const api = (projectId: string) => `/api/v1/projects/${projectId}`

layer(server, { timeout: "60 seconds", excludeTestServices: true })("events", (it) => {
  it.scoped("of a workflow: all of it, what changes, and its end; and after a break what came meanwhile", () =>
    Effect.gen(function* () {
      const infra = yield* WorkflowInfra
      const projectId = yield* TestInfra.project
      const gates = yield* Effect.all([Deferred.make<void>(), Deferred.make<void>()])
      const steps = kind(`w${yield* uuidv7}`, ({ queue }) =>
        Effect.gen(function* () {
          for (const [n, gate] of gates.entries()) {
            yield* Deferred.await(gate)
            yield* queue.enqueue({ id: `t${n}`, name: `Task ${n}`, class: "data", execute: Effect.void })
            yield* queue.wait
          }
        })
      )
      const { start } = yield* infra.register(steps)
      const { id } = yield* start({ projectId, config: null })
      const path = `${api(projectId)}/workflows/${id}/events`
      const seen = yield* follow(path)
      yield* eventually("there is a snapshot", seen, ({ text }) => text.includes("event: snapshot"))
      yield* Deferred.succeed(gates[0], undefined)
      const changed = yield* eventually("a task is completed", seen, ({ text }) => /"t0"[^}]*"completed"/.test(text))
      const known = eventsOf(changed.text)
      expect(known[0]).toMatchObject({ event: "snapshot", data: { workflow: { id, state: "running" } } })
      expect(known.slice(1).every(({ event }) => event === "change")).toBe(true)
      yield* Deferred.succeed(gates[1], undefined)
      const ended = yield* eventually("the stream has ended", seen, ({ isOver }) => isOver)
      const all = eventsOf(ended.text)
      expect(all.at(-1)?.event).toBe("end")
      expect(all.at(-2)?.data).toMatchObject({ workflow: { state: "completed" } })

      const again = yield* follow(path, { headers: { "last-event-id": "nobody-1" } })
      const whole = yield* eventually("the stream has ended", again, ({ isOver }) => isOver)
      expect(eventsOf(whole.text)).toMatchObject([
        { event: "snapshot", data: { workflow: { state: "completed" }, tasks: [{ id: "t0" }, { id: "t1" }] } },
        { event: "end" }
      ])
      expect((yield* ask("GET", `${api(projectId)}/workflows/${projectId}/events`)).status).toBe(404)
    })
  )

  it.scoped("of a project: its workflows as they come and go, and no other's", () =>
    Effect.gen(function* () {
      const infra = yield* WorkflowInfra
      const projectId = yield* TestInfra.project
      const other = yield* TestInfra.project
      const { start } = yield* infra.register(endless(`e${yield* uuidv7}`))
      const seen = yield* follow(`${api(projectId)}/events`)
      yield* eventually("there is a snapshot", seen, ({ text }) => text.includes("event: snapshot"))
      const foreign = yield* start({ projectId: other, config: null })
      const { id } = yield* start({ projectId, config: null })
      yield* eventually("it runs", seen, ({ text }) => text.includes(id))
      yield* infra.cancel(projectId, id)
      const { text } = yield* eventually("it has ended", seen, (now) => now.text.includes('"cancelled"'))
      expect(text).not.toContain(foreign.id)
      const [first, second] = eventsOf(text)
      const later = yield* follow(`${api(projectId)}/events`, { headers: { "last-event-id": first?.id ?? "" } })
      const resumed = yield* eventually("it goes on", later, (now) => now.text.includes("data: "))
      expect(eventsOf(resumed.text)[0]).toEqual(second)
    })
  )

  it.scoped("end for whoever sent a token that is revoked, and for nobody else", () =>
    Effect.gen(function* () {
      const { create, list, revoke } = yield* Tokens
      const projectId = yield* TestInfra.project
      const made = (name: string) => create({ projectId, name, scopes: ["read"] })
      const [lost, kept] = (yield* Effect.all([made("lost"), made("kept")])).map(Redacted.value)
      const path = `${api(projectId)}/events`
      const [theirs, others] = yield* Effect.all([
        follow(path, { token: lost ?? "" }),
        follow(path, { token: kept ?? "" })
      ])
      yield* eventually("there is a snapshot", theirs, ({ text }) => text.includes("event: snapshot"))
      for (const { id, name, projectId: of } of yield* list) if (of === projectId && name === "lost") yield* revoke(id)
      yield* eventually("the stream has ended", theirs, ({ isOver }) => isOver)
      expect((yield* ask("GET", `${api(projectId)}/workflows`, { token: lost ?? "" })).status).toBe(401)
      expect((yield* others).isOver).toBe(false)
    })
  )

  it.scoped("of a project: also those that end at once in great numbers, which are in no list any more", () =>
    Effect.gen(function* () {
      const { work: sql } = yield* Database
      const projectId = yield* TestInfra.project
      const MANY = 230
      yield* sql`INSERT INTO engine.workflows (project_id, id, kind, state, config, epoch, created_at)
        SELECT ${projectId}, gen_random_uuid(), 'bulk', 'paused', '{}', 0, now() - n * interval '1 minute'
        FROM generate_series(1, ${MANY}::int) n`
      const seen = yield* follow(`${api(projectId)}/events`)
      yield* eventually("there is a snapshot", seen, ({ text }) => eventsOf(text).length === 1)
      yield* sql`UPDATE engine.workflows SET state = 'failed', completed_at = now(), epoch = epoch + 1
        WHERE project_id = ${projectId}`
      yield* eventually("all have ended", seen, ({ text }) => text.split('"state":"failed"').length - 1 === MANY)
    })
  )
})

layer(serverOn("127.0.0.1", { streams: 6 }).pipe(Layer.provideMerge(services)), {
  timeout: "60 seconds",
  excludeTestServices: true
})("a sender", (it) => {
  it.scoped(
    "that holds as many streams as it leaves for others is told so, others are let in, and a place comes back",
    () =>
      Effect.gen(function* () {
        const { create } = yield* Tokens
        const projectId = yield* TestInfra.project
        const made = (name: string) => Effect.map(create({ projectId, name, scopes: ["read"] }), Redacted.value)
        const [greedy, other] = yield* Effect.all([made("greedy"), made("other")])
        const path = `${api(projectId)}/events`
        const flows = (token: string) =>
          Effect.flatMap(follow(path, { token }), (seen) =>
            eventually("it flows", seen, ({ text }) => text.includes("event: snapshot"))
          )
        const first = yield* Scope.make()
        yield* flows(greedy).pipe(Scope.extend(first))
        yield* flows(greedy)
        yield* flows(greedy)
        const refused = yield* ask("GET", path, { token: greedy })
        expect(refused.status).toBe(429)
        expect(refused.headers["content-type"]).toBe("application/problem+json")
        expect(refused.headers["retry-after"]).toBe("1")
        expect(refused.json).toMatchObject({
          type: "urn:problem-type:workflow-infra:too-many-requests",
          detail: expect.stringMatching(/^greedy follows 3 streams of events.*close/)
        })
        yield* flows(other)
        yield* Scope.close(first, Exit.void)
        yield* eventually(
          "there is a place again",
          Effect.scoped(
            Effect.flatMap(follow(path, { token: greedy }), (seen) =>
              eventually("it is answered", seen, ({ status }) => status !== 0)
            )
          ),
          ({ status }) => status === 200
        )
      })
  )
})

layer(services, { timeout: "60 seconds", excludeTestServices: true })("a shutdown", (it) => {
  it.scoped("ends the streams of all clients, and waits for none", () =>
    Effect.gen(function* () {
      const projectId = yield* TestInfra.project
      const infra = yield* WorkflowInfra
      const { start } = yield* infra.register(endless(`x${yield* uuidv7}`))
      const { id } = yield* start({ projectId, config: null })
      const scope = yield* Scope.make()
      const place = yield* Layer.buildWithScope(serverOn("127.0.0.1"), scope)
      yield* Effect.gen(function* () {
        const paths = [`${api(projectId)}/events`, `${api(projectId)}/workflows/${id}/events`]
        const streams = yield* Effect.forEach(
          Array.from({ length: 20 }, (_, n) => paths[n % 2] ?? ""),
          (path) => follow(path)
        )
        for (const seen of streams) yield* eventually("it flows", seen, ({ text }) => text.includes("event: snapshot"))
        yield* Scope.close(scope, Exit.void)
        for (const seen of streams) {
          const { isCut, text } = yield* eventually("it is over", seen, (now) => now.isOver)
          expect(isCut).toBe(false)
          expect(text).not.toContain("event: end")
        }
        const refused = yield* Effect.exit(ask("GET", "/health"))
        expect(Exit.isFailure(refused)).toBe(true)
      }).pipe(Effect.provide(place))
      expect((yield* infra.get(projectId, id)).state).toBe("running")
    })
  )
})
