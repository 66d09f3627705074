import { Array, Effect, Option } from "effect"
import { tableId } from "../datasource/Catalog.ts"
import { DiscoveryConfig, readingRun } from "../discovery/DiscoveryWorkflow.ts"
import { EntityDiscoveryService } from "../entities/EntityDiscoveryService.ts"
import { EntitiesMissing, RelationshipWorkflowService } from "../relationships/RelationshipWorkflowService.ts"
import { othersTurn, stepwise } from "../steps/Steps.ts"
import { TenantContext } from "../tenant/TenantContext.ts"
import * as WorkflowKind from "../workflow/WorkflowKind.ts"
import type { Datasources } from "../datasource/Datasources.ts"
import { DecisionRepository } from "../discovery/DecisionRepository.ts"
import { ProfileRepository } from "../datasource/ProfileRepository.ts"
import { heldAnswers, knowledgeOf, withMissing } from "./Answers.ts"
import { assemble } from "./Build.ts"
import type { Changes } from "./Change.ts"
import { changesBetween } from "./Changes.ts"
import { contextPage } from "./context/ContextTier.ts"
import type { ContextPage } from "./context/Page.ts"
import { discovery } from "./Discovered.ts"
import { domainTier } from "./Domain.ts"
import { entityDraft, hasTier } from "./EntityTier.ts"
import type { Domain, EntityDraft, Ontology, Question } from "./Ontology.ts"
import { type OntologyPart, OntologyRepository, type StoredOntology } from "./OntologyRepository.ts"
import { keptProfiles } from "./KeptProfile.ts"
import { ownerQuestions } from "./Questions.ts"
import { relationshipGraph } from "./Relations.ts"

/** The kind's name. */
export const ONTOLOGY = "ontology"

/**
 * Builds an ontology in four steps: every entity with its columns; domain and questions, from the stored entities; the context page, with
 * figures that the datasource is asked for; and the whole, from the stored parts. Each part is stored as soon as it is made, so that a resumed build makes only what is missing.
 */
export const ontologyWorkflow = Effect.gen(function* () {
  const { withProject } = yield* TenantContext
  const repository = yield* OntologyRepository
  const profiles = yield* ProfileRepository
  const discovered = yield* discoveredIn
  const context = yield* Effect.context<Datasources | ProfileRepository>()

  return WorkflowKind.make(ONTOLOGY, {
    config: DiscoveryConfig,
    error: EntitiesMissing,
    run: Effect.fn("OntologyWorkflow.run")(
      function* (run) {
        const { queue, workflow } = run
        const { datasourceId, expect, lookAt, projectId, say, turn, use } = yield* readingRun(run)
        const before = yield* discovered(projectId, datasourceId)
        // An earlier build has dropped their values.
        const reduced = new Set(before.profiles.flatMap((each) => (each.reduced === true ? [tableId(each)] : [])))
        yield* lookAt(
          before.catalog.tables.filter((table) => reduced.has(tableId(table))),
          true
        )
        yield* queue.wait
        const known = reduced.size === 0 ? before : yield* discovered(projectId, datasourceId)
        const found = yield* stepwise(() => discovery(known))
        const graph = yield* stepwise(() => relationshipGraph(found))
        const subjects = found.subjects.filter(hasTier)
        yield* expect(reduced.size + subjects.length + LATER_TASKS)
        const save = (name: string, part: OntologyPart) => repository.savePart(workflow.id, name, part)
        const parts = Effect.map(withProject(projectId)(repository.parts(workflow.id)), sortParts)

        const domainOf = Effect.zipRight(say("describing the domain"), parts).pipe(
          Effect.flatMap(({ entities }) => stepwise(() => domainTier(found, graph, entities)))
        )
        const questionsOf = Effect.flatMap(parts, ({ entities }) => stepwise(() => ownerQuestions(found, entities)))
        const contextOf = Effect.gen(function* () {
          yield* say("asking for the figures of the context page")
          const { domain } = yield* parts
          if (domain === undefined) return yield* Effect.dieMessage(`workflow ${workflow.id} has no domain to describe`)
          return yield* use((datasource) =>
            contextPage(found, { domain, serverVersion: known.catalog.serverVersion }, datasource)
          )
        })
        const whole = Effect.gen(function* () {
          const { context, domain, entities, questions } = yield* parts
          if (domain === undefined) return yield* Effect.dieMessage(`workflow ${workflow.id} has no domain to save`)
          const ontology = assemble(found, domain, entities, questions, context)
          // Nobody else activates one meanwhile: a datasource has one build at a time.
          const active = yield* withProject(projectId)(repository.active(datasourceId))
          return {
            ontology,
            changes: Option.isNone(active) ? null : yield* changesSince(active.value, ontology),
            kept: yield* stepwise(() => keptProfiles(known.profiles, entities))
          }
        })

        yield* say("describing the entities")
        for (const subject of subjects) {
          yield* turn
          const draft = say(`describing ${subject.entity.name}`).pipe(
            Effect.zipRight(othersTurn),
            Effect.zipRight(stepwise(() => entityDraft(found, graph, subject)))
          )
          yield* queue.enqueue({
            id: `entity:${subject.id}`,
            name: `Describe ${subject.entity.name}`,
            class: "data",
            execute: draft,
            commit: (entity) =>
              entity === undefined ? Effect.void : save(`entity:${subject.id}`, { _tag: "Entity", entity })
          })
        }
        yield* queue.wait
        yield* queue.enqueue({
          id: "domain",
          name: "Describe the domain",
          class: "data",
          execute: domainOf,
          commit: (domain) => save("domain", { _tag: "Domain", domain })
        })
        yield* queue.enqueue({
          id: "questions",
          name: "Find what only the owner can say",
          class: "data",
          execute: questionsOf,
          commit: (questions) => save("questions", { _tag: "Questions", questions })
        })
        yield* queue.wait
        yield* queue.enqueue({
          id: "context",
          name: "Ask for figures",
          class: "data",
          execute: contextOf,
          commit: (page) => save("context", { _tag: "Context", page })
        })
        yield* queue.wait
        yield* queue.enqueue({
          id: "save",
          name: "Save the ontology",
          class: "data",
          execute: whole,
          // One transaction: as soon as the ontology is visible, values that it does not quote are gone.
          commit: ({ changes, kept, ontology }) =>
            repository
              .activate({ workflowId: workflow.id, datasourceId, ontology, changes })
              .pipe(Effect.zipRight(profiles.release(datasourceId, kept)))
        })
        yield* queue.wait
        yield* say("done")
      },
      Effect.scoped,
      Effect.provide(context)
    )
  })
})

const changesSince = (before: StoredOntology, after: Ontology) =>
  Effect.map(
    stepwise(() => changesBetween(before.content, after)),
    (changes): Changes | null => (Array.isNonEmptyReadonlyArray(changes) ? { since: before.createdAt, changes } : null)
  )

/** All that is known about a datasource. Fails with `EntitiesMissing` before its first discovery. */
const discoveredIn = Effect.gen(function* () {
  const { withProject } = yield* TenantContext
  const answers = heldAnswers(yield* DecisionRepository)
  const profiles = yield* ProfileRepository
  const entities = yield* EntityDiscoveryService
  const relationships = yield* RelationshipWorkflowService

  return Effect.fn("OntologyWorkflow.discovered")(function* (projectId: string, datasourceId: string) {
    const stored = yield* withProject(projectId)(
      Effect.all({
        catalog: profiles.catalog(datasourceId),
        opened: profiles.profiles(datasourceId),
        skipped: profiles.skipped(datasourceId),
        answered: answers(datasourceId)
      })
    )
    if (Option.isNone(stored.catalog)) return yield* new EntitiesMissing({ datasourceId })
    const { answered, catalog, opened, skipped } = stored
    return {
      skipped,
      profiles: yield* opened,
      catalog: catalog.value,
      knowledge: knowledgeOf(withMissing(answered, catalog.value)),
      entities: yield* entities.entities(projectId, datasourceId),
      relationships: yield* relationships.relationships(projectId, datasourceId)
    }
  })
})

/** Domain, questions, context and save. */
const LATER_TASKS = 4

interface Parts {
  readonly entities: ReadonlyArray<EntityDraft>
  readonly domain: Domain | undefined
  readonly questions: ReadonlyArray<Question>
  readonly context: ContextPage | undefined
}

const sortParts = (parts: ReadonlyArray<OntologyPart>): Parts => ({
  entities: parts
    .flatMap((part) => (part._tag === "Entity" ? [part.entity] : []))
    .sort((a, b) => (tableId(a) < tableId(b) ? -1 : 1)),
  domain: parts.flatMap((part) => (part._tag === "Domain" ? [part.domain] : []))[0],
  questions: parts.flatMap((part) => (part._tag === "Questions" ? part.questions : [])),
  context: parts.flatMap((part) => (part._tag === "Context" ? [part.page] : []))[0]
})
