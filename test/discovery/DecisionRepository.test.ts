import { expect, layer } from "@effect/vitest"
import { Effect, Either, Layer } from "effect"
import { Database } from "../../src/database/Database.ts"
import { uuidv7 } from "../../src/database/Uuid.ts"
import type { NewDecision } from "../../src/discovery/Decision.ts"
import { DecisionRepository } from "../../src/discovery/DecisionRepository.ts"
import { TenantContext } from "../../src/tenant/TenantContext.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"

const side = (table: string) => ({ schema: "public", table, columns: ["id"] })

const said = (action: "accept" | "reject" | "undo", by = "ann"): NewDecision => ({
  kind: "relationship",
  about: { from: side("orders"), to: side("customers") },
  subject: "orders customers",
  action,
  answer: null,
  by
})

/** A project with a datasource, and the repository as its tenant. */
const setup = Effect.gen(function* () {
  const projectId = yield* TestInfra.project
  const datasourceId = yield* uuidv7
  const { work: sql } = yield* Database
  const { withProject } = yield* TenantContext
  yield* withProject(projectId)(
    sql`INSERT INTO engine.datasources (project_id, id, name, connection, settings)
      VALUES (${projectId}, ${datasourceId}, 'shop', '', '{}')`
  )
  const repository = yield* DecisionRepository
  const as = withProject(projectId)
  const add = (...[decision, expected]: [decision: NewDecision, expected?: number]) =>
    as(repository.add(datasourceId, decision, expected))
  const history = as(repository.history(datasourceId, "relationship"))
  return { add, as, datasourceId, history, repository, sql, withProject }
})

layer(DecisionRepository.layer.pipe(Layer.provideMerge(TestInfra.database)), {
  timeout: "60 seconds",
  excludeTestServices: true
})("decisions of people", (it) => {
  it.scoped("are kept in order, with who made them and when", () =>
    Effect.gen(function* () {
      const { add, history } = yield* setup
      yield* add(said("accept"))
      yield* add(said("reject", "bob"), 1)
      yield* add(said("undo"), 2)
      const kept = yield* history
      expect(kept.map(({ action, by, version }) => [version, action, by])).toEqual([
        [1, "accept", "ann"],
        [2, "reject", "bob"],
        [3, "undo", "ann"]
      ])
      expect(kept[0]).toMatchObject(said("accept"))
      expect(Math.abs(Date.now() - (kept[0]?.at.getTime() ?? 0))).toBeLessThan(3_600_000)
    })
  )

  it.scoped("conflict where somebody else decided since one looked", () =>
    Effect.gen(function* () {
      const { add, history } = yield* setup
      const both = yield* Effect.all(
        [Effect.either(add(said("accept"), 0)), Effect.either(add(said("reject", "bob"), 0))],
        { concurrency: "unbounded" }
      )
      expect(both.filter(Either.isRight)).toHaveLength(1)
      const late = both.find(Either.isLeft)?.left
      expect(late).toMatchObject({ _tag: "DecisionConflict", expected: 0, actual: 1 })
      expect(late?.message).toContain("has decided about public.orders(id) -> public.customers(id) meanwhile")
      expect(yield* history).toHaveLength(1)
    })
  )

  it.scoped("take their turns where nobody says what was seen", () =>
    Effect.gen(function* () {
      const { add, history } = yield* setup
      yield* Effect.all([add(said("accept")), add(said("reject")), add(said("accept"))], { concurrency: "unbounded" })
      expect((yield* history).map(({ version }) => version)).toEqual([1, 2, 3])
    })
  )

  it.scoped("are not taken back twice", () =>
    Effect.gen(function* () {
      const { add } = yield* setup
      expect((yield* Effect.flip(add(said("undo"))))._tag).toBe("NothingToUndo")
      yield* add(said("accept"))
      yield* add(said("undo"))
      expect((yield* Effect.flip(add(said("undo"))))._tag).toBe("NothingToUndo")
    })
  )

  it.scoped("are another project's business only where they are its own, and nobody changes them", () =>
    Effect.gen(function* () {
      const { add, as, datasourceId, repository, sql, withProject } = yield* setup
      yield* add(said("accept"))
      const other = withProject(yield* TestInfra.project)
      expect(yield* other(repository.history(datasourceId, "relationship"))).toEqual([])
      for (const statement of ["DELETE FROM engine.decisions", "UPDATE engine.decisions SET action = 'reject'"]) {
        expect(String(yield* Effect.flip(as(sql.unsafe(statement))))).toContain("permission denied")
      }
    })
  )
})
