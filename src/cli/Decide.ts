import { Clock, Effect, Option } from "effect"
import type { Catalog } from "../datasource/Catalog.ts"
import { Datasources, type RegisteredDatasource } from "../datasource/Datasources.ts"
import type { Pair } from "../relationships/RelationshipWorkflowService.ts"
import { EntityDiscoveryService } from "../entities/EntityDiscoveryService.ts"
import { nearest } from "../language/Nearest.ts"
import { type Candidate, Decisions, type DecisionsService } from "../ontology/Decisions.ts"
import { ONTOLOGY } from "../ontology/OntologyWorkflow.ts"
import { OntologyWorkflowService } from "../ontology/OntologyWorkflowService.ts"
import { Projects } from "../tenant/Projects.ts"
import { WorkflowInfra } from "../workflow/WorkflowInfra.ts"
import { hasEnded } from "../workflow/WorkflowState.ts"
import type { DecideOptions } from "./DecisionCommands.ts"
import { DEFAULT_PROJECT } from "./CommonOptions.ts"
import { type Layers, present, sample, type Target, whileThereIsADatabase } from "./Discover.ts"
import { UsageError } from "./Failure.ts"
import { stored } from "../findings/Findings.ts"
import { columnsNamed, setId, written } from "./Names.ts"
import { checkWritable } from "./Output.ts"
import * as Reports from "./Reports.ts"
import { SAMPLE_DATABASE } from "../sample/SampleDatabase.ts"
import { Screen } from "./Screen.ts"
import { storedDatasource } from "./Stored.ts"
import { clean } from "./Text.ts"
import { runSteps } from "./Watch.ts"

/** A person's decision about what was discovered: kept, and then the ontology and the files are made anew. */
export const decide = <E1, R1, E2, R2>(layers: Layers<E1, R1, E2, R2>) =>
  Effect.fn("decide")(function* (options: DecideOptions) {
    const screen = yield* Screen
    yield* checkWritable(Reports.paths(options.out))
    yield* Effect.gen(function* () {
      const projectId = yield* Effect.flatMap(Projects, ({ ensure }) => ensure(DEFAULT_PROJECT))
      yield* Effect.gen(function* () {
        const { newest } = yield* OntologyWorkflowService
        const datasource = yield* storedDatasource(projectId, options.datasource, newest(projectId))
        const target = { projectId, datasourceId: datasource.id }
        const said = yield* decided(options, target)
        yield* screen.print(`${said} (${clean(options.by)}, ${datasource.name})`)
        yield* reachable(projectId, datasource)
        const started = yield* Clock.currentTimeMillis
        yield* rebuild(target)
        const found = yield* stored(target, { relationships: true, ontology: true })
        const database = found.ontology?.domain.database ?? datasource.name
        const elapsed = (yield* Clock.currentTimeMillis) - started
        yield* present(
          { out: options.out, json: Option.none(), context: {}, formats: [], baseIri: Option.none() },
          { ...found, database, unchanged: null },
          elapsed,
          []
        )
      }).pipe(Effect.provide(layers.services))
    }).pipe(whileThereIsADatabase, Effect.provide(layers.foundation))
  })

/** Lets the sample be read: its server has another place each time it is started. */
export const reachable = (projectId: string, { name, settings }: RegisteredDatasource) =>
  name === SAMPLE_DATABASE
    ? Effect.flatMap(sample, (url) =>
        Effect.flatMap(Datasources, ({ register }) => register(projectId, { name, url, settings }))
      )
    : Effect.void

/** Builds the ontology with the decision. One that an earlier run left unfinished is finished first: it may have begun without it. */
const rebuild = Effect.fn("Decide.rebuild")(function* (target: Target) {
  const { latest } = yield* WorkflowInfra
  const { refresh } = yield* Decisions
  const start = refresh(target)
  const build = runSteps<Effect.Effect.Error<typeof start>>({
    ...target,
    steps: [{ title: "Ontology", kind: ONTOLOGY, start }]
  })
  const before = yield* latest({ ...target, kind: ONTOLOGY })
  if (Option.exists(before, ({ state }) => !hasEnded(state))) yield* build
  yield* build
})

/** Stores the decision, and says which it was. Fails with a `UsageError` where it is not clear what is decided about. */
const decided = Effect.fn("Decide.decided")(function* (options: DecideOptions, target: Target) {
  const decisions = yield* Decisions
  const { action, by, subject } = options
  if (action === "answer") {
    const questionId = yield* asked(yield* decisions.questions(target), subject)
    yield* decisions.answer({ ...target, questionId, answer: options.answer, by })
    return `Answered: ${clean(questionId)}`
  }
  const candidates = yield* decisions.candidates(target)
  if (action === "undo") {
    const pair = yield* toUndo(decisions, target, candidates, options)
    if (pair === undefined) {
      const questionId = subject.startsWith("relationship:")
        ? subject
        : yield* asked(yield* decisions.questions(target), subject)
      yield* decisions.takeBack({ ...target, questionId, by })
      return `Taken back: the answer to ${clean(questionId)}`
    }
    yield* decisions.decide({ ...target, ...pair, action, by })
    return `Taken back: ${shown(pair)}`
  }
  const { catalog } = yield* EntityDiscoveryService
  const known = yield* catalog(target.projectId, target.datasourceId)
  if (Option.isNone(known)) return yield* new UsageError({ message: "nothing has been discovered yet" })
  const { pair, version } = yield* meant(known.value, candidates, options, action)
  yield* decisions.decide({ ...target, ...pair, action, by, expected: version })
  return `${action === "accept" ? "Accepted" : "Rejected"}: ${shown(pair)}`
})

const shown = ({ from, to, when }: Pair): string =>
  `${written(from)} → ${written(to)}${when === undefined ? "" : ` where ${clean(when.column)} is ${clean(when.value)}`}`

type Questions = Effect.Effect.Success<ReturnType<DecisionsService["questions"]>>

/** The id of the question that somebody named. */
const asked = (questions: Questions, text: string): Effect.Effect<string, UsageError> => {
  const ids = questions.map(({ question }) => question.id)
  if (ids.includes(text)) return Effect.succeed(text)
  const near = nearest(ids, text)
  const open = near.length > 0 ? near : ids.slice(0, 3)
  const hint = open.length === 0 ? "nothing is asked" : `there is ${open.map(clean).join(", ")}`
  return new UsageError({ message: `there is no question ${clean(text)}: ${hint}` })
}

/** The ends that are meant, and the version of what was decided about them where that is known. */
const meant = (
  catalog: Catalog,
  candidates: ReadonlyArray<Candidate>,
  { subject, to }: DecideOptions,
  action: "accept" | "reject"
) =>
  Effect.gen(function* () {
    const from = yield* columnsNamed(catalog, subject)
    const own = candidates.filter(({ relationship }) => setId(relationship.from) === setId(from))
    if (Option.isSome(to)) {
      const target = yield* columnsNamed(catalog, to.value)
      if (target.columns.length !== from.columns.length) {
        return yield* new UsageError({
          message: `${written(from)} and ${written(target)} have different numbers of columns`
        })
      }
      const same = own.filter(({ relationship }) => setId(relationship.to) === setId(target))
      return same.length === 0 ? { pair: { from, to: target }, version: undefined } : yield* one(from, same)
    }
    const open = own.filter(({ relationship: { status } }) => status === "needs_review")
    const held = own.filter(({ relationship: { status } }) => status === "accepted")
    const others = own.filter(({ relationship: { status } }) => status === "rejected")
    const groups = action === "accept" ? [open, held, others] : [held, open]
    return yield* one(from, groups.find((group) => group.length > 0) ?? [])
  })

/** The only one of several candidates of some columns. */
const one = (from: Pair["from"], found: ReadonlyArray<Candidate>) => {
  const [first, ...more] = found
  if (first !== undefined && more.length === 0) {
    const { from: own, to, when } = first.relationship
    return Effect.succeed({
      pair: { from: own, to, ...(when === undefined ? {} : { when }) },
      version: first.version
    })
  }
  const targets = [...new Set(found.map(({ relationship }) => written(relationship.to)))]
  return new UsageError({
    message:
      first === undefined
        ? `nothing is known that ${written(from)} refers to: name a column behind it`
        : `${written(from)} may refer to ${targets.join(" or ")}${targets.length === 1 ? ", by what stands beside it: decide there" : ": name one behind it"}`
  })
}

/** The ends whose decision is taken back; undefined where no decided ends are named so. */
const toUndo = (
  { withoutEffect }: DecisionsService,
  target: Target,
  candidates: ReadonlyArray<Candidate>,
  { subject, to }: DecideOptions
) =>
  Effect.gen(function* () {
    const decidedNow = candidates.flatMap(
      ({ decision, relationship: { from, to: other, when } }): ReadonlyArray<Pair> =>
        Option.isSome(decision) ? [{ from, to: other, when }] : []
    )
    const gone = (yield* withoutEffect(target)).flatMap(({ decision }): ReadonlyArray<Pair> =>
      decision.kind === "relationship" ? [decision.about] : []
    )
    const isNamed = (text: string, set: Pair["from"]) =>
      [written(set), `${set.schema}.${set.table}.${set.columns.join(",")}`].some(
        (name) => name.toLowerCase() === text.toLowerCase().replaceAll(/,\s+/g, ",")
      )
    const named = [...decidedNow, ...gone].filter(
      (pair) => isNamed(subject, pair.from) && (Option.isNone(to) || isNamed(to.value, pair.to))
    )
    const [first, ...more] = named
    if (more.length === 0) return first
    return yield* new UsageError({
      message: `${clean(subject)}: decided are ${named.map(shown).join(" and ")}: name the second column, too`
    })
  })
