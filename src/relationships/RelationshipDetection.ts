import { Effect, Option, Schema } from "effect"
import { tableId } from "../datasource/Catalog.ts"
import type { Datasource } from "../datasource/Datasource.ts"
import { Datasources } from "../datasource/Datasources.ts"
import { passOver } from "../datasource/passOver.ts"
import { ProfileRepository } from "../datasource/ProfileRepository.ts"
import { DATASOURCE_RETRY, EntityDiscoveryService } from "../entities/EntityDiscoveryService.ts"
import { TenantContext } from "../tenant/TenantContext.ts"
import * as WorkflowKind from "../workflow/WorkflowKind.ts"
import { ConcurrencyStrategy } from "../workqueue/ConcurrencyStrategy.ts"
import { type Candidate, pairId } from "./Candidate.ts"
import { inference, type Pair, type ProbePair } from "./Inference.ts"
import type { Relationship } from "./Relationship.ts"
import { RelationshipRepository } from "./RelationshipRepository.ts"
import { withReviews } from "./Review.ts"
import { stepwise } from "./Steps.ts"

/** The kind of its workflows. */
export const RELATIONSHIP_WORKFLOW = "relationships"

/** Tasks that read the datasource at once: as many as it has connections. */
const READS_AT_ONCE = 4

/** What a detection is started with. */
export const DetectionConfig = Schema.Struct({ datasourceId: Schema.String })

/**
 * Describes the workflow that finds out how a datasource's tables hang together, in steps that can be seen and resumed: profiles that
 * are missing, probes (a task per table that is referred to), test joins (a task per table that refers), the decision, and what the
 * entities are told. Every step reads what the one before has stored, so that it does not matter which process ran that one.
 */
export const relationshipDetection = Effect.gen(function* () {
  const { withProject } = yield* TenantContext
  const datasources = yield* Datasources
  const read = yield* ProfileRepository
  const entities = yield* EntityDiscoveryService
  const repository = yield* RelationshipRepository

  return WorkflowKind.make(RELATIONSHIP_WORKFLOW, {
    config: DetectionConfig,
    strategy: ConcurrencyStrategy.serialized({ dataConcurrency: READS_AT_ONCE }),
    retry: DATASOURCE_RETRY,
    run: Effect.fn("RelationshipDetection.run")(function* ({ config: { datasourceId }, progress, queue, workflow }) {
      const { projectId } = workflow
      const asTenant = withProject(projectId)
      const use = <A, E>(f: (datasource: Datasource) => Effect.Effect<A, E>) =>
        Effect.scoped(Effect.flatMap(datasources.open(projectId, datasourceId), f))
      const stored = Effect.all({
        catalog: Effect.map(read.catalog(datasourceId), Option.getOrThrow),
        profiles: read.profiles(datasourceId)
      }).pipe(asTenant)
      const say = (message: string) =>
        Effect.flatMap(queue.counts, ({ completed, total }) => progress({ message, done: completed, total }))

      const profiled = new Set((yield* stored).profiles.map(tableId))
      for (const table of (yield* stored).catalog.tables.filter((table) => !profiled.has(tableId(table)))) {
        yield* queue.enqueue({
          id: `profile:${tableId(table)}`,
          name: `Look at ${tableId(table)}`,
          class: "data",
          execute: say(`looking at ${tableId(table)}`).pipe(
            Effect.zipRight(use((datasource) => datasource.profile(table))),
            passOver(table)
          ),
          commit: (profile) =>
            Option.match(profile, {
              onNone: () => Effect.void,
              onSome: (profile) => read.saveProfile(datasourceId, profile)
            })
        })
      }
      yield* queue.wait

      const foundKeys = new Map(
        (yield* entities.entities(projectId, datasourceId))
          .filter(({ keyColumns, keyDeclared }) => !keyDeclared && keyColumns.length > 1)
          .map((entity) => [tableId(entity), entity.keyColumns])
      )
      const { conclude, joins, keeps, probes } = yield* Effect.flatMap(stored, (read) =>
        stepwise(() => inference({ ...read, foundKeys }))
      )

      const probe = (pairs: ReadonlyArray<ProbePair>) =>
        use((datasource) =>
          Effect.map(datasource.probes(pairs.map(({ to, values }) => ({ values, to: columnOf(to) }))), (counts) =>
            pairs.flatMap(({ from, to, values }, i): ReadonlyArray<Candidate> => {
              const found = { tried: values.length, found: counts[i] ?? 0 }
              return keeps({ from, to }, found) ? [{ from, to, probe: found, inclusion: null }] : []
            })
          )
        )
      for (const { pairs, table } of probes) {
        yield* queue.enqueue({
          id: `candidates:${tableId(table)}`,
          name: `Look up what may refer to ${tableId(table)}`,
          class: "data",
          execute: say(`looking for what refers to ${tableId(table)}`).pipe(
            Effect.zipRight(probe(pairs)),
            passOver(table),
            Effect.map(Option.getOrElse((): ReadonlyArray<Candidate> => []))
          ),
          commit: (candidates) => repository.saveCandidates(workflow.id, candidates)
        })
      }
      yield* queue.wait

      const probed = yield* asTenant(repository.candidates(workflow.id))
      const byPair = new Map(probed.map((candidate) => [pairId(candidate), candidate]))
      const join = (pair: Pair) =>
        use((datasource) => datasource.inclusion(pair.from, pair.to, pair.when)).pipe(
          passOver(pair.from),
          Effect.map((inclusion): Candidate => ({
            from: pair.from,
            to: pair.to,
            probe: byPair.get(pairId(pair))?.probe ?? null,
            inclusion: Option.getOrNull(inclusion)
          }))
        )
      for (const { pairs, table } of yield* stepwise(() => joins(probed))) {
        yield* queue.enqueue({
          id: `evidence:${tableId(table)}`,
          name: `Test ${pairs.length === 1 ? "a join" : `${pairs.length} joins`} of ${tableId(table)}`,
          class: "data",
          execute: say(`testing joins of ${tableId(table)}`).pipe(Effect.zipRight(Effect.forEach(pairs, join))),
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
          Effect.flatMap((candidates) => stepwise(() => conclude(candidates)))
        ),
        commit: (found) => repository.change(datasourceId, (before) => withReviews(found, before))
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
    })
  })
})

/** What the entities are told: what is accepted. */
export const references = (relationships: ReadonlyArray<Relationship>) =>
  relationships
    .filter(({ status }) => status === "accepted")
    .map(({ confidence, from, to }) => ({ from, to, confidence }))

const columnOf = ({ columns, schema, table }: Pair["to"]) => ({ schema, table, column: columns[0] ?? "" })
