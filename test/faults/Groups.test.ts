import { expect, layer } from "@effect/vitest"
import type { PgClient } from "@effect/sql-pg"
import { Effect, Exit, Fiber, Option } from "effect"
import { Database } from "../../src/database/Database.ts"
import type { Tenant } from "../../src/tenant/TenantContext.ts"
import * as Commits from "../../src/workflow/Commits.ts"
import { WorkflowRepository } from "../../src/workflow/WorkflowRepository.ts"
import { describeCause } from "../../src/workqueue/Task.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { task } from "../fixtures/TestWorkflows.ts"
import * as Faults from "./Faults.ts"
import { owned } from "./Invariants.ts"
import * as Ledger from "./Ledger.ts"

/** Commits of a group, and the one of them that something is wrong with. */
const GROUP = 20
const POISONED = 7

/** Rows that nobody may hold twice, and that refer to others, which are looked for at the end of a transaction. */
const tables = Effect.gen(function* () {
  const { tenantRole, work: sql } = yield* Database
  yield* sql`CREATE TABLE IF NOT EXISTS rows (id text PRIMARY KEY, n int,
    other text REFERENCES rows (id) DEFERRABLE INITIALLY DEFERRED)`
  yield* sql`INSERT INTO rows VALUES ('held', 0, NULL) ON CONFLICT DO NOTHING`
  yield* sql`GRANT SELECT, INSERT, UPDATE ON rows TO ${sql(tenantRole)}`
  yield* sql`CREATE OR REPLACE FUNCTION end_session() RETURNS void SECURITY DEFINER LANGUAGE sql
    AS 'SELECT pg_terminate_backend(pg_backend_pid())'`
})

/** A group of commits, one of which does something more, on its way: a fiber for each, in their order. */
const together = (poison: Effect.Effect<unknown, unknown, Tenant>) =>
  Effect.gen(function* () {
    const { work: sql } = yield* Database
    const repository = yield* WorkflowRepository
    const ownership = yield* owned
    const { workflowId } = ownership
    const writers = yield* TestInfra.writers(repository, TestInfra.quick)
    const writer = yield* writers.start(ownership, Effect.void)
    const commitsOf = yield* Commits.make
    const commits = yield* commitsOf({ kind: "given", ownership, writer, onCommitted: Effect.void })
    const complete = (n: number, more: Effect.Effect<unknown, unknown, Tenant>) =>
      commits.complete(
        task(`t${n}`, { ordinal: n, status: "completed" }),
        Effect.asVoid(
          Effect.zipRight(
            sql`INSERT INTO ledger (workflow_id, epoch, task, pid) VALUES (${workflowId}, 1, ${n}, 0)`,
            more
          )
        )
      )
    // While this one is under way the others gather: they are the next group.
    const underWay = yield* Effect.makeLatch()
    const gathered = yield* Effect.makeLatch()
    const first = yield* Effect.fork(complete(GROUP, Effect.zipRight(underWay.open, gathered.await)))
    yield* underWay.await
    const fibers = yield* Effect.forEach(Array.from({ length: GROUP }), (_, n) =>
      Effect.fork(complete(n, n === POISONED ? poison : Effect.void))
    )
    yield* Effect.yieldNow()
    yield* gathered.open
    yield* Fiber.join(first)
    const written = Effect.map(Ledger.entries("ledger", workflowId), (rows) =>
      rows.map((row) => row.task).toSorted((a, b) => a - b)
    )
    const completed = Effect.map(repository.tasks(ownership.projectId, workflowId), (tasks) =>
      tasks.filter(({ status }) => status === "completed").map(({ ordinal }) => ordinal)
    )
    return {
      poisoned: fibers[POISONED] ?? first,
      siblings: fibers.filter((_, n) => n !== POISONED),
      written,
      completed
    }
  })

const everyone = Array.from({ length: GROUP + 1 }, (_, n) => n)
const siblings = everyone.filter((n) => n !== POISONED)

type Poison = (sql: PgClient.PgClient) => Effect.Effect<unknown, unknown>

/** What is wrong with a commit, and how its task fails of it. */
const failing: Record<string, readonly [Poison, RegExp]> = {
  "violates a constraint": [(sql) => sql`INSERT INTO rows (id) VALUES ('held')`, /duplicate key/],
  "has a type error": [(sql) => sql`SELECT 'x'::int`, /invalid input syntax/],
  "violates a constraint that is looked at in the end": [
    (sql) => sql`INSERT INTO rows (id, other) VALUES ('a', 'nobody')`,
    /violates foreign key/
  ],
  "fails with an error of its own": [() => Effect.fail({ message: "second thoughts" }), /^second thoughts$/],
  dies: [() => Effect.dieMessage("a mistake"), /^a mistake$/],
  "interrupts itself": [() => Effect.interrupt, /interrupted itself/],
  "kills its connection": [(sql) => sql`SELECT end_session()`, /lost its connection/]
}

layer(Faults.database, { timeout: "60 seconds", excludeTestServices: true })("a commit in a group", (it) => {
  for (const [what, [poison, message]] of Object.entries(failing)) {
    it.scoped(`36: a commit in a group ${what}: only its task fails; the others are there once`, () =>
      Effect.gen(function* () {
        const { work: sql } = yield* Database
        yield* tables
        const group = yield* together(poison(sql))
        for (const sibling of group.siblings) yield* Fiber.join(sibling)
        const exit = yield* Fiber.await(group.poisoned)
        expect(Exit.isFailure(exit) ? describeCause(exit.cause) : "").toMatch(message)
        expect(yield* group.written).toEqual(siblings)
        expect(yield* group.completed).toEqual(siblings)
      }).pipe(Faults.soundly)
    )
  }

  it.scoped("36: a commit in a group blocks: the others are there once while it still does", () =>
    Effect.gen(function* () {
      const { work: sql } = yield* Database
      const blocks = (poison: Effect.Effect<unknown, unknown>) =>
        Effect.gen(function* () {
          const group = yield* together(poison)
          for (const sibling of group.siblings) yield* Fiber.join(sibling)
          expect(yield* Fiber.poll(group.poisoned)).toEqual(Option.none())
          expect(yield* group.completed).toEqual(siblings)
          // Withdrawn, it is not there.
          yield* Fiber.interrupt(group.poisoned)
          expect(yield* group.written).toEqual(siblings)
          expect(yield* group.completed).toEqual(siblings)
        })
      yield* Effect.all([blocks(Effect.never), blocks(sql`SELECT pg_sleep(3600)`)], { concurrency: 2 })
    }).pipe(Faults.soundly)
  )

  it.scoped("36: a commit in a group waits for somebody else's lock: the others are there once; then it, too", () =>
    Effect.gen(function* () {
      yield* tables
      const { url, work: sql } = yield* Database
      const other = yield* Effect.flatMap(TestDatabase.connect(url), (client) => Effect.uninterruptible(client.reserve))
      const say = (text: string) => other.executeUnprepared(text, [], undefined)
      yield* say("BEGIN; SELECT FROM rows WHERE id = 'held' FOR UPDATE")
      const group = yield* together(sql`UPDATE rows SET n = n + 1 WHERE id = 'held'`)
      for (const sibling of group.siblings) yield* Fiber.join(sibling)
      expect(yield* group.completed).toEqual(siblings)
      yield* say("ROLLBACK")
      yield* Fiber.join(group.poisoned)
      expect(yield* group.written).toEqual(everyone)
      expect(yield* sql`SELECT n FROM rows WHERE id = 'held'`).toEqual([{ n: 1 }])
    }).pipe(Faults.soundly)
  )
})
