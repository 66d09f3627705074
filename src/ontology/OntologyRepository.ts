import type { Fragment } from "@effect/sql/Statement"
import { Clock, Context, Effect, HashMap, Layer, Option, Ref, Schema } from "effect"
import { Database } from "../database/Database.ts"
import { type DatabaseError, orDatabaseError } from "../database/DatabaseError.ts"
import { uuidv7 } from "../database/Uuid.ts"
import { decodeRows, encoder } from "../datasource/Rows.ts"
import { mapInSteps, stepwise } from "../steps/Steps.ts"
import { Tenant } from "../tenant/TenantContext.ts"
import { byText } from "../datasource/byText.ts"
import { grouped } from "../datasource/grouped.ts"
import { Changes } from "./Change.ts"
import { ContextPage, PageTable } from "./context/Page.ts"
import { Domain, EntityDraft, Ontology, OntologyEntity, OntologyRelationship, Question } from "./Ontology.ts"

/** What a task of a build has made: kept until the build is saved, so that the steps after it need nothing but the database. */
export const OntologyPart = Schema.Union(
  Schema.TaggedStruct("Entity", { entity: EntityDraft }),
  Schema.TaggedStruct("Domain", { domain: Domain }),
  Schema.TaggedStruct("Questions", { questions: Schema.Array(Question) }),
  Schema.TaggedStruct("Context", { page: ContextPage })
)
/** @see OntologyPart */
export type OntologyPart = typeof OntologyPart.Type

/** An ontology as stored. */
export const StoredOntology = Schema.Struct({
  id: Schema.String,
  /** From 1, per datasource. */
  version: Schema.Int,
  createdAt: Schema.DateFromSelf,
  content: Ontology
})
/** @see StoredOntology */
export type StoredOntology = typeof StoredOntology.Type

/** Where ontologies are kept, per tenant and datasource. */
export interface OntologyRepositoryService {
  /** Keeps a part of the workflow's build; a part of the same name is replaced. */
  readonly savePart: (
    workflowId: string,
    name: string,
    part: OntologyPart
  ) => Effect.Effect<void, DatabaseError, Tenant>
  /** The parts of a workflow's build, by name in byte order. */
  readonly parts: (workflowId: string) => Effect.Effect<ReadonlyArray<OntologyPart>, DatabaseError, Tenant>
  /**
   * Stores what the workflow has built as the datasource's next version and makes it the active one, puts its questions in the place of
   * those before, and drops the parts.
   */
  readonly activate: (options: {
    readonly workflowId: string
    readonly datasourceId: string
    readonly ontology: Ontology
    /** What it says that the active one does not; null where nothing changed, or there is none. */
    readonly changes: Changes | null
  }) => Effect.Effect<void, DatabaseError, Tenant>
  /** What the active ontology says that the one before did not; none where nothing changed, or it is the first. */
  readonly changes: (datasourceId: string) => Effect.Effect<Option.Option<Changes>, DatabaseError, Tenant>
  /** The project's datasource whose ontology is the newest. */
  readonly newest: Effect.Effect<Option.Option<string>, DatabaseError, Tenant>
  /** The datasource's active ontology. */
  readonly active: (datasourceId: string) => Effect.Effect<Option.Option<StoredOntology>, DatabaseError, Tenant>
  /** What the newest build asks the owner, the weightiest first; what has been answered since is among it. */
  readonly questions: (datasourceId: string) => Effect.Effect<ReadonlyArray<Question>, DatabaseError, Tenant>
}

const decodeParts = decodeRows(Schema.Struct({ content: OntologyPart }))
/** An ontology without its long lists (entities, relationships, tables of the context page), which are read item by item. */
const StoredContent = Schema.Struct({
  ...Ontology.fields,
  domain: Domain.omit("relationships"),
  context: Schema.NullOr(Schema.Struct({ ...ContextPage.fields, domains: Schema.Array(Schema.String) }))
}).omit("entities")
const decodeStored = decodeRows(Schema.Struct({ ...StoredOntology.fields, content: StoredContent }))
const decodeEntities = decodeRows(Schema.Struct({ item: OntologyEntity }))
const decodeRelationships = decodeRows(Schema.Struct({ item: OntologyRelationship }))
const decodePageTables = decodeRows(Schema.Struct({ item: PageTable, place: Schema.Int }))
const decodeQuestions = decodeRows(Question)
const decodeChanges = decodeRows(Schema.Struct({ changes: Changes }))
const decodeIds = decodeRows(Schema.Struct({ id: Schema.String }))
const encodeChanges = encoder(Schema.parseJson(Changes))
const encodePart = encoder(Schema.parseJson(OntologyPart))

/** `JSON.stringify`, with turns for everybody else: the entities are nearly all of it. */
const ontologyToJson = ({ entities, ...rest }: Ontology): Effect.Effect<string> =>
  Effect.map(
    stepwise(() => mapInSteps(entities, (entity) => JSON.stringify(entity))),
    (parts) => `${JSON.stringify(rest).slice(0, -1)},"entities":[${parts.join(",")}]}`
  )

const sqlRepository = Effect.map(Database, ({ engine, work: sql }) => {
  const replaceQuestions = (projectId: string, datasourceId: string, questions: ReadonlyArray<Question>) =>
    Effect.gen(function* () {
      yield* sql`DELETE FROM ${engine}.questions WHERE project_id = ${projectId} AND datasource_id = ${datasourceId}`
      const rows = JSON.stringify(questions.map((question, ordinal) => ({ ...question, ordinal })))
      yield* sql`INSERT INTO ${engine}.questions (project_id, datasource_id, id, ordinal, category, priority, question, why, affects)
        SELECT ${projectId}::uuid, ${datasourceId}::uuid, q.* FROM json_to_recordset(${rows}::json)
          AS q(id text, ordinal integer, category text, priority text, question text, why text, affects json)`
    })

  return OntologyRepository.of({
    savePart: (workflowId, name, part) =>
      Effect.gen(function* () {
        const { projectId } = yield* Tenant
        const content = encodePart(part)
        yield* sql`INSERT INTO ${engine}.ontology_parts (project_id, workflow_id, part, content)
          VALUES (${projectId}, ${workflowId}, ${name}, ${content}::json)
          ON CONFLICT (project_id, workflow_id, part) DO UPDATE SET content = excluded.content`
      }).pipe(orDatabaseError),
    parts: (workflowId) =>
      Effect.gen(function* () {
        const { projectId } = yield* Tenant
        const rows = yield* sql`SELECT content FROM ${engine}.ontology_parts
          WHERE project_id = ${projectId} AND workflow_id = ${workflowId} ORDER BY part`
        return (yield* decodeParts(rows)).map(({ content }) => content)
      }).pipe(orDatabaseError),
    activate: ({ changes, workflowId, datasourceId, ontology }) =>
      Effect.gen(function* () {
        const { projectId } = yield* Tenant
        const told = changes === null ? null : encodeChanges(changes)
        const id = yield* uuidv7
        const content = yield* ontologyToJson(ontology)
        // Two that activate at once would take the same version: the second waits.
        yield* sql`SELECT pg_advisory_xact_lock(hashtextextended(${`ontology of ${datasourceId}`}, 0))`
        yield* sql`UPDATE ${engine}.ontologies SET active = false
          WHERE project_id = ${projectId} AND datasource_id = ${datasourceId} AND active`
        yield* sql`INSERT INTO ${engine}.ontologies (project_id, datasource_id, id, workflow_id, version, active, content, changes)
          SELECT ${projectId}, ${datasourceId}, ${id}, ${workflowId}, COALESCE(max(version), 0) + 1, true, ${content}::json, ${told}::json
          FROM ${engine}.ontologies WHERE project_id = ${projectId} AND datasource_id = ${datasourceId}`
        yield* replaceQuestions(projectId, datasourceId, ontology.questions)
        yield* sql`DELETE FROM ${engine}.ontology_parts WHERE project_id = ${projectId} AND workflow_id = ${workflowId}`
      }).pipe(orDatabaseError),
    changes: (datasourceId) =>
      Effect.gen(function* () {
        const { projectId } = yield* Tenant
        const rows = yield* sql`SELECT changes FROM ${engine}.ontologies
          WHERE project_id = ${projectId} AND datasource_id = ${datasourceId} AND active AND changes IS NOT NULL`
        return Option.map(Option.fromNullable((yield* decodeChanges(rows))[0]), ({ changes }) => changes)
      }).pipe(orDatabaseError),
    newest: Effect.gen(function* () {
      const { projectId } = yield* Tenant
      const rows = yield* sql`SELECT datasource_id AS id FROM ${engine}.ontologies
        WHERE project_id = ${projectId} AND active ORDER BY created_at DESC, id DESC LIMIT 1`
      return Option.map(Option.fromNullable((yield* decodeIds(rows))[0]), ({ id }) => id)
    }).pipe(orDatabaseError),
    active: (datasourceId) =>
      Effect.gen(function* () {
        const { projectId } = yield* Tenant
        const [stored] = yield* Effect.flatMap(
          sql`SELECT id, version, created_at AS "createdAt", json_build_object(
              'domain', json_build_object('database', domain -> 'database', 'summary', domain -> 'summary',
                'businessDomains', domain -> 'businessDomains', 'sampleQuestions', domain -> 'sampleQuestions'),
              'otherTables', "otherTables", 'notRead', coalesce("notRead", '[]'), 'copies', coalesce(copies, '[]'),
              'questions', questions, 'knowledge', knowledge,
              'context', CASE WHEN json_typeof(context) = 'object' THEN json_build_object('header', context -> 'header',
                'traps', context -> 'traps', 'chains', context -> 'chains', 'figures', context -> 'figures',
                'steps', context -> 'steps', 'domains', ARRAY(SELECT d ->> 'name'
                  FROM json_array_elements(context -> 'domains') WITH ORDINALITY a(d, n) ORDER BY n)) END) AS content
            FROM ${engine}.ontologies, json_to_record(content) AS c(domain json, "otherTables" json, "notRead" json,
              copies json, questions json, knowledge json, context json)
            WHERE project_id = ${projectId} AND datasource_id = ${datasourceId} AND active`,
          decodeStored
        )
        if (stored === undefined) return Option.none()
        const { content, ...rest } = stored
        // Item by item: the driver parses a value at once.
        const items = (lists: Fragment, place: Fragment) =>
          sql`SELECT e AS item, (${place})::int AS place FROM ${engine}.ontologies, ${lists}
            WHERE project_id = ${projectId} AND datasource_id = ${datasourceId} AND id = ${stored.id} ORDER BY place, n`
        const entities = yield* Effect.flatMap(
          items(sql`json_array_elements(content -> 'entities') WITH ORDINALITY a(e, n)`, sql`0`),
          decodeEntities
        )
        const relationships = yield* Effect.flatMap(
          items(sql`json_array_elements(content -> 'domain' -> 'relationships') WITH ORDINALITY a(e, n)`, sql`0`),
          decodeRelationships
        )
        const pageTables = yield* Effect.flatMap(
          items(
            sql`json_array_elements(content -> 'context' -> 'domains') WITH ORDINALITY d(domain, place),
              json_array_elements(domain -> 'tables') WITH ORDINALITY a(e, n)`,
            sql`d.place`
          ),
          decodePageTables
        )
        const tablesAt = grouped(pageTables, ({ place }) => place)
        const item = <A>(row: { readonly item: A }): A => row.item
        const { context, domain, notRead = [], ...others } = content
        const { sampleQuestions, ...about } = domain
        const page = context && {
          ...context,
          domains: context.domains.map((name, i) => ({ name, tables: tablesAt(i + 1).map(item) }))
        }
        return Option.some({
          ...rest,
          content: {
            domain: { ...about, relationships: relationships.map(item), sampleQuestions },
            entities: entities.map(item),
            ...others,
            ...(notRead.length > 0 ? { notRead } : {}),
            ...(page === null ? {} : { context: page })
          }
        })
      }).pipe(orDatabaseError),
    questions: (datasourceId) =>
      Effect.gen(function* () {
        const { projectId } = yield* Tenant
        const rows = yield* sql`SELECT id, category, priority, question, why, affects FROM ${engine}.questions
          WHERE project_id = ${projectId} AND datasource_id = ${datasourceId} ORDER BY ordinal`
        return yield* decodeQuestions(rows)
      }).pipe(orDatabaseError)
  })
})

interface Shelf {
  readonly versions: ReadonlyArray<StoredOntology>
  readonly questions: ReadonlyArray<Question>
  readonly changes: Option.Option<Changes>
}

const EMPTY: Shelf = { versions: [], questions: [], changes: Option.none() }

const memoryRepository = Effect.gen(function* () {
  const kept = yield* Ref.make(HashMap.empty<string, HashMap.HashMap<string, OntologyPart>>())
  const shelves = yield* Ref.make(HashMap.empty<string, Shelf>())
  const latest = yield* Ref.make(HashMap.empty<string, string>())
  const keyOf = (id: string) => Effect.map(Tenant, ({ projectId }) => `${projectId} ${id}`)
  const partsOf = (key: string) =>
    Effect.map(Ref.get(kept), (all) =>
      Option.getOrElse(HashMap.get(all, key), () => HashMap.empty<string, OntologyPart>())
    )
  const shelf = (datasourceId: string) =>
    Effect.flatMap(keyOf(datasourceId), (key) =>
      Effect.map(Ref.get(shelves), (all) => Option.getOrElse(HashMap.get(all, key), () => EMPTY))
    )
  const put = (datasourceId: string, value: Shelf) =>
    Effect.flatMap(keyOf(datasourceId), (key) => Ref.update(shelves, HashMap.set(key, value)))

  return OntologyRepository.of({
    savePart: (workflowId, name, part) =>
      Effect.gen(function* () {
        const key = yield* keyOf(workflowId)
        yield* Ref.update(kept, HashMap.set(key, HashMap.set(yield* partsOf(key), name, part)))
      }),
    parts: (workflowId) =>
      Effect.map(Effect.flatMap(keyOf(workflowId), partsOf), (parts) =>
        [...HashMap.toEntries(parts)].sort(([a], [b]) => byText(a, b)).map(([, part]) => part)
      ),
    activate: ({ changes, workflowId, datasourceId, ontology }) =>
      Effect.gen(function* () {
        const before = yield* shelf(datasourceId)
        const stored = {
          id: yield* uuidv7,
          version: before.versions.length + 1,
          createdAt: new Date(yield* Clock.currentTimeMillis),
          content: ontology
        }
        const versions = [...before.versions, stored]
        yield* put(datasourceId, { versions, questions: ontology.questions, changes: Option.fromNullable(changes) })
        yield* Effect.flatMap(Tenant, ({ projectId }) => Ref.update(latest, HashMap.set(projectId, datasourceId)))
        const key = yield* keyOf(workflowId)
        yield* Ref.update(kept, HashMap.remove(key))
      }),
    changes: (datasourceId) => Effect.map(shelf(datasourceId), ({ changes }) => changes),
    newest: Effect.flatMap(Tenant, ({ projectId }) => Effect.map(Ref.get(latest), HashMap.get(projectId))),
    active: (datasourceId) => Effect.map(shelf(datasourceId), ({ versions }) => Option.fromNullable(versions.at(-1))),
    questions: (datasourceId) => Effect.map(shelf(datasourceId), ({ questions }) => questions)
  })
})

/** @see OntologyRepositoryService */
export class OntologyRepository extends Context.Tag("workflow-infra/ontology/OntologyRepository")<
  OntologyRepository,
  OntologyRepositoryService
>() {
  /** In PostgreSQL, on the work pool, under row-level security. */
  static readonly layer: Layer.Layer<OntologyRepository, never, Database> = Layer.effect(
    OntologyRepository,
    sqlRepository
  )
  /** In this process, for tests. */
  static readonly layerMemory: Layer.Layer<OntologyRepository> = Layer.effect(OntologyRepository, memoryRepository)
}
