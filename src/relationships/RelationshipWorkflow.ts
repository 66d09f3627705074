import { Effect, Either, Option } from "effect"
import { tableId, type TableName } from "../datasource/Catalog.ts"
import type { Datasources } from "../datasource/Datasources.ts"
import { grouped } from "../datasource/grouped.ts"
import { passOver } from "../datasource/passOver.ts"
import { ProfileRepository } from "../datasource/ProfileRepository.ts"
import type { RelationshipDecision } from "../discovery/Decision.ts"
import { DecisionRepository } from "../discovery/DecisionRepository.ts"
import { DATASOURCE_RETRY, DiscoveryConfig, readingRun } from "../discovery/DiscoveryWorkflow.ts"
import { EntityDiscoveryService } from "../entities/EntityDiscoveryService.ts"
import { TenantContext } from "../tenant/TenantContext.ts"
import * as WorkflowKind from "../workflow/WorkflowKind.ts"
import { ConcurrencyStrategy } from "../workqueue/ConcurrencyStrategy.ts"
import { type Candidate, type Pair, pairId } from "./Candidate.ts"
import { quotableOrphans } from "./Orphans.ts"
import { inference, type Inference, type ProbePair } from "./inference/Inference.ts"
import type { Relationship } from "./Relationship.ts"
import { RelationshipRepository } from "./RelationshipRepository.ts"
import { heldDecisions, missingColumns, saidOnly, withDecisions } from "./Review.ts"
import { flatMapInSteps, stepwise } from "../steps/Steps.ts"

/** The kind of its workflows. */
export const RELATIONSHIP_WORKFLOW = "relationships"

/** Tasks that read the datasource at once: as many as it has connections. */
const READS_AT_ONCE = 4

/** The decision, and telling the entities. */
const LAST_TASKS = 2

/**
 * The workflow that detects a datasource's relationships, in steps: missing profiles, probes (a task per referenced table), test joins (a
 * task per referencing table), the decision, and the entities' occurrences. Each step reads what the previous one has stored, so that
 * another process can resume it.
 */
export const relationshipWorkflow = Effect.gen(function* () {
  const { withProject } = yield* TenantContext
  const read = yield* ProfileRepository
  const entities = yield* EntityDiscoveryService
  const repository = yield* RelationshipRepository
  const held = heldDecisions(yield* DecisionRepository)
  const context = yield* Effect.context<Datasources | ProfileRepository>()

  return WorkflowKind.make(RELATIONSHIP_WORKFLOW, {
    config: DiscoveryConfig,
    strategy: ConcurrencyStrategy.serialized({ dataConcurrency: READS_AT_ONCE }),
    retry: DATASOURCE_RETRY,
    run: Effect.fn("RelationshipWorkflow.run")(
      function* (run) {
        const { queue, workflow } = run
        const { datasourceId, expect, lookAt, projectId, say, turn, use } = yield* readingRun(run)
        const asTenant = withProject(projectId)
        const stored = Effect.all({
          catalog: Effect.map(read.catalog(datasourceId), Option.getOrThrow),
          opened: read.profiles(datasourceId)
        }).pipe(
          asTenant,
          Effect.flatMap(({ catalog, opened }) => Effect.map(opened, (profiles) => ({ catalog, profiles })))
        )

        const before = yield* stored
        const profiled = new Set(
          before.profiles.flatMap((profile) => (profile.reduced === true ? [] : [tableId(profile)]))
        )
        const missing = before.catalog.tables.filter((table) => !profiled.has(tableId(table)))
        const tables = before.catalog.tables.length
        // Upper bounds of the number of tasks, until all are enqueued.
        yield* expect(missing.length + 2 * tables + LAST_TASKS)
        yield* lookAt(missing)
        yield* queue.wait

        const foundKeys = new Map(
          (yield* entities.entities(projectId, datasourceId))
            .filter(({ keyColumns, keyDeclared }) => !keyDeclared && keyColumns.length > 1)
            .map((entity) => [tableId(entity), entity.keyColumns])
        )
        const known = missing.length === 0 ? before : yield* stored
        const quotable = quotableOrphans(known.catalog)
        const { conclude, joins, keeps, probes, sizes } = yield* stepwise(() => inference({ ...known, foundKeys }))

        yield* expect(missing.length + probes.length + tables + LAST_TASKS)

        const probe = (pairs: ReadonlyArray<ProbePair>) =>
          use((datasource) =>
            Effect.map(
              datasource.probes(pairs.map(({ areNumbers, to, values }) => ({ values, areNumbers, to: columnOf(to) }))),
              (counts) =>
                pairs.flatMap(({ from, to, values }, i): ReadonlyArray<Candidate> => {
                  const found = { tried: values.length, found: counts[i] ?? 0 }
                  return keeps({ from, to }, found) ? [{ from, to, probe: found, inclusion: null }] : []
                })
            )
          )
        for (const { pairs, table } of probes) {
          yield* turn
          yield* queue.enqueue({
            id: `candidates:${tableId(table)}`,
            name: `Look up what may refer to ${tableId(table)}`,
            class: "data",
            execute: say(`looking for what refers to ${tableId(table)}`).pipe(
              Effect.zipRight(probe(pairs)),
              passOver(table),
              Effect.map(Either.getOrElse((): ReadonlyArray<Candidate> => []))
            ),
            commit: (candidates) => repository.saveCandidates(workflow.id, candidates)
          })
        }
        yield* queue.wait

        const gone = missingColumns(known.catalog)
        const said = (yield* asTenant(held(datasourceId))).filter(
          ({ about, action }) => action === "accept" && gone(about).length === 0
        )
        const { probeOf, tests } = yield* Effect.flatMap(asTenant(repository.candidates(workflow.id)), (probed) =>
          stepwise(() => testsOf(joins, probed, said))
        )
        const join = (table: TableName, pairs: ReadonlyArray<Pair>) =>
          use((datasource) => datasource.inclusions(pairs.map((pair) => ({ ...pair, ...sizes(pair) })))).pipe(
            passOver(table),
            Effect.map((found) =>
              pairs.map((pair, place): Candidate => {
                const { from, to, when } = pair
                const inclusion = Either.getOrElse(found, () => [])[place] ?? null
                return {
                  from,
                  to,
                  ...(when === undefined ? {} : { when }),
                  probe: probeOf.get(pairId(pair)) ?? null,
                  inclusion: inclusion === null ? null : quotable(pair, inclusion)
                }
              })
            )
          )
        yield* expect(missing.length + probes.length + tests.length + LAST_TASKS)
        for (const { pairs, table } of tests) {
          yield* turn
          yield* queue.enqueue({
            id: `evidence:${tableId(table)}`,
            name: `Test ${pairs.length === 1 ? "a join" : `${pairs.length} joins`} of ${tableId(table)}`,
            class: "data",
            execute: say(`testing joins of ${tableId(table)}`).pipe(Effect.zipRight(join(table, pairs))),
            commit: (candidates) => repository.saveCandidates(workflow.id, candidates)
          })
        }
        yield* queue.wait

        yield* queue.enqueue({
          id: "decide",
          name: "Decide all candidates together",
          class: "data",
          execute: say("deciding").pipe(
            Effect.zipRight(asTenant(repository.candidates(workflow.id))),
            Effect.flatMap((candidates) =>
              Effect.map(
                stepwise(() => conclude(candidates)),
                (found) => [...named(said, candidates), ...found]
              )
            )
          ),
          // What people decide meanwhile counts as well.
          commit: (found) =>
            repository.replace(
              datasourceId,
              Effect.flatMap(held(datasourceId), (decided) => stepwise(() => withDecisions(found, decided, gone)))
            )
        })
        yield* queue.wait

        yield* queue.enqueue({
          id: "save",
          name: "Tell the entities what refers to them",
          class: "data",
          execute: say("saving"),
          commit: () =>
            Effect.flatMap(repository.list(datasourceId), (relationships) =>
              entities.reviseOccurrences({ projectId, datasourceId, references: references(relationships) })
            )
        })
        yield* queue.wait
        yield* say("done")
      },
      Effect.scoped,
      Effect.provide(context)
    )
  })
})

/**
 * The joins to test, those that people `said` among them, and the probes of those pairs. Of a large schema few candidates are tested; the
 * others are not kept in memory.
 */
function* testsOf(
  joins: Inference["joins"],
  probed: ReadonlyArray<Candidate>,
  said: ReadonlyArray<RelationshipDecision>
) {
  const inferred = yield* joins(probed)
  const planned = new Set(yield* flatMapInSteps(inferred, ({ pairs }) => pairs.map(pairId)))
  const added = grouped(
    said.map(({ about }) => about).filter((pair) => !planned.has(pairId(pair))),
    ({ from }) => tableId(from)
  )
  const others = new Map(said.map(({ about: { from } }) => [tableId(from), from]))
  for (const { table } of inferred) others.delete(tableId(table))
  const tests = [
    ...inferred.map(({ pairs, table }) => ({ table, pairs: [...pairs, ...added(tableId(table))] })),
    ...[...others].map(([id, { schema, table }]) => ({ table: { schema, table }, pairs: [...added(id)] }))
  ].filter(({ pairs }) => pairs.length > 0)
  const tested = new Set(yield* flatMapInSteps(tests, ({ pairs }) => pairs.map(pairId)))
  const probes = yield* flatMapInSteps(probed, (candidate) => {
    const id = pairId(candidate)
    return tested.has(id) ? [[id, candidate.probe] as const] : []
  })
  return { probeOf: new Map(probes), tests }
}

/** What people decided, as relationships with what the test joins of them found: those that the rules do not consider need them. */
const named = (said: ReadonlyArray<RelationshipDecision>, candidates: ReadonlyArray<Candidate>) => {
  if (said.length === 0) return []
  const tested = new Map(candidates.map((candidate) => [pairId(candidate), candidate.inclusion]))
  return said.map((decision) => saidOnly(decision, tested.get(pairId(decision.about)) ?? null))
}

/** The accepted relationships, as references of entities. */
export const references = (relationships: ReadonlyArray<Relationship>) =>
  relationships
    .filter(({ status }) => status === "accepted")
    .map(({ confidence, from, to }) => ({ from, to, confidence }))

const columnOf = ({ columns, schema, table }: Pair["to"]) => ({ schema, table, column: columns[0] ?? "" })
