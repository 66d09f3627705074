import { Effect, Schema } from "effect"
import { tableId } from "../datasource/Catalog.ts"
import { othersTurn, stepwise, turns } from "../steps/Steps.ts"
import type { TenantContextService } from "../tenant/TenantContext.ts"
import * as WorkflowKind from "../workflow/WorkflowKind.ts"
import type { ProfileRepositoryService } from "../datasource/ProfileRepository.ts"
import { assemble } from "./Build.ts"
import { type Discovered, discovery } from "./Discovered.ts"
import { domainTier } from "./Domain.ts"
import { entityDraft, hasTier } from "./EntityTier.ts"
import type { Domain, EntityDraft, Question } from "./Ontology.ts"
import type { OntologyPart, OntologyRepositoryService } from "./OntologyRepository.ts"
import { keptProfiles } from "./KeptProfile.ts"
import { ownerQuestions } from "./Questions.ts"
import { relationshipGraph } from "./Relations.ts"

/** The kind's name. */
export const ONTOLOGY = "ontology"

/** What an ontology workflow is started with. */
export const OntologyConfig = Schema.Struct({ datasourceId: Schema.String })
/** @see OntologyConfig */
export type OntologyConfig = typeof OntologyConfig.Type

/** What the workflow needs of the world. */
export interface OntologyWorkflowOptions<E> {
  readonly repository: OntologyRepositoryService
  readonly profiles: ProfileRepositoryService
  readonly tenants: TenantContextService
  /** All that is known about a datasource. */
  readonly discovered: (projectId: string, datasourceId: string) => Effect.Effect<Discovered, E>
}

/**
 * Builds an ontology in three steps: every entity with its columns; domain and questions, from the stored entities; and the whole, from
 * the stored parts. Each part is stored as soon as it is made, so that a resumed build makes only what is missing.
 */
export const ontologyWorkflow = <E>({ repository, profiles, tenants, discovered }: OntologyWorkflowOptions<E>) =>
  WorkflowKind.make(ONTOLOGY, {
    config: OntologyConfig,
    run: ({ workflow, config, queue, progress }) =>
      Effect.gen(function* () {
        const known = yield* discovered(workflow.projectId, config.datasourceId)
        const found = yield* stepwise(() => discovery(known))
        const graph = yield* stepwise(() => relationshipGraph(found))
        const subjects = found.subjects.filter(hasTier)
        const total = subjects.length + LATER_TASKS
        const turn = yield* turns
        const say = (message: string) =>
          Effect.flatMap(queue.counts, ({ completed }) => progress({ message, done: completed, total }))
        const save = (name: string, part: OntologyPart) => repository.savePart(workflow.id, name, part)
        const parts = Effect.map(tenants.withProject(workflow.projectId)(repository.parts(workflow.id)), sortParts)

        const domainOf = Effect.zipRight(say("describing the domain"), parts).pipe(
          Effect.flatMap(({ entities }) => stepwise(() => domainTier(found, graph, entities)))
        )
        const questionsOf = Effect.flatMap(parts, ({ entities }) => stepwise(() => ownerQuestions(found, entities)))
        const whole = Effect.gen(function* () {
          const { domain, entities, questions } = yield* parts
          if (domain === undefined) return yield* Effect.dieMessage(`workflow ${workflow.id} has no domain to save`)
          return {
            ontology: assemble(found, domain, entities, questions),
            kept: yield* stepwise(() => keptProfiles(known.profiles, entities))
          }
        })

        yield* say("describing the entities")
        for (const subject of subjects) {
          yield* turn
          const draft = say(`describing ${subject.entity.name}`).pipe(
            Effect.zipRight(othersTurn),
            Effect.map(() => entityDraft(found, graph, subject))
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
          id: "save",
          name: "Save the ontology",
          class: "data",
          execute: whole,
          // One transaction: as soon as the ontology is visible, values that it does not quote are gone.
          commit: ({ kept, ontology }) =>
            repository
              .activate({ workflowId: workflow.id, datasourceId: config.datasourceId, ontology })
              .pipe(Effect.zipRight(profiles.release(config.datasourceId, kept)))
        })
        yield* queue.wait
        yield* say("done")
      })
  })

/** Domain, questions and save. */
const LATER_TASKS = 3

interface Parts {
  readonly entities: ReadonlyArray<EntityDraft>
  readonly domain: Domain | undefined
  readonly questions: ReadonlyArray<Question>
}

const sortParts = (parts: ReadonlyArray<OntologyPart>): Parts => ({
  entities: parts
    .flatMap((part) => (part._tag === "Entity" ? [part.entity] : []))
    .sort((a, b) => (tableId(a) < tableId(b) ? -1 : 1)),
  domain: parts.flatMap((part) => (part._tag === "Domain" ? [part.domain] : []))[0],
  questions: parts.flatMap((part) => (part._tag === "Questions" ? part.questions : []))
})
