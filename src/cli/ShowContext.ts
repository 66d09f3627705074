import { Effect, Layer, Option } from "effect"
import { PROGRAM } from "../database/Program.ts"
import { context } from "../ontology/context/Context.ts"
import { OntologyRepository } from "../ontology/OntologyRepository.ts"
import { Projects } from "../tenant/Projects.ts"
import { TenantContext } from "../tenant/TenantContext.ts"
import type { ShowContextOptions } from "./DecisionCommands.ts"
import { DEFAULT_PROJECT } from "./CommonOptions.ts"
import { type Foundation, whileThereIsADatabase } from "./Discover.ts"
import { UsageError } from "./Failure.ts"
import { Screen } from "./Screen.ts"
import { storedDatasource } from "./Stored.ts"

const NO_PAGE = `there is no context page of it yet: ${PROGRAM} discover makes one`

/** Prints `context.md` of the stored ontology; no datasource is read. */
export const showContext = <E, R>(foundation: Layer.Layer<Foundation, E, R>) =>
  Effect.fn("showContext")(function* (options: ShowContextOptions) {
    yield* Effect.gen(function* () {
      const screen = yield* Screen
      const { active, newest } = yield* OntologyRepository
      const { withProject } = yield* TenantContext
      const projectId = yield* Effect.flatMap(Projects, ({ ensure }) => ensure(DEFAULT_PROJECT))
      const datasource = yield* storedDatasource(projectId, options.datasource, withProject(projectId)(newest))
      const stored = yield* withProject(projectId)(active(datasource.id))
      const page = Option.isNone(stored) ? null : yield* context(stored.value.content, options.context)
      if (page === null) return yield* new UsageError({ message: `${datasource.name}: ${NO_PAGE}` })
      yield* screen.print(page.text.trimEnd())
      const { budget = Number.POSITIVE_INFINITY } = options.context
      if (page.tokens > budget) yield* screen.printError(`context.md needs ${page.tokens} tokens, budget ${budget}`)
    }).pipe(whileThereIsADatabase, Effect.provide(Layer.provideMerge(OntologyRepository.layer, foundation)))
  })
