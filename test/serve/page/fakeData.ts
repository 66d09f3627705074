import { Schema } from "effect"
import { QuestionView } from "../../../src/serve/api/QuestionsApi.ts"
import { RelationshipValues, RelationshipView } from "../../../src/serve/api/RelationshipsApi.ts"
import { LostOwnerView, TaskView, ThroughputView, WorkflowView } from "../../../src/serve/api/WorkflowsApi.ts"
import { Changes } from "../../../src/ontology/Change.ts"
import { Ontology } from "../../../src/ontology/Ontology.ts"
import { column, entity } from "../../fixtures/Ontologies.ts"

export type Workflow = typeof WorkflowView.Encoded
type Task = typeof TaskView.Encoded
export type Candidate = typeof RelationshipView.Encoded
export type Asked = typeof QuestionView.Encoded

/** What a name, a value or an error may be: shown, and never run. */
export const MARKUP = `<img src=x onerror="globalThis.taken=1"><b>`

export const ago = (seconds: number) => new Date(Date.now() - seconds * 1_000).toISOString()
const idOf = (n: number) => `0190aaaa-0000-7000-8000-${String(n).padStart(12, "0")}`

/** A workflow, as the API gives it. */
export const workflow = (n: number, over: Partial<Workflow>): Workflow => ({
  id: idOf(n),
  datasourceId: "shop",
  ontologyId: null,
  idempotencyKey: null,
  exclusiveKey: "shop",
  kind: "entities",
  version: 1,
  state: "completed",
  requested: null,
  errorMessage: null,
  ownerId: null,
  epoch: 1,
  attempt: 0,
  createdAt: ago(n * 60),
  startAt: ago(n * 60),
  priority: 0,
  startedAt: ago(n * 60),
  completedAt: ago(n * 60 - 20),
  progress: { message: "done", done: 4, total: 4 },
  ...over
})

export const open = { completedAt: null, ownerId: "0190aaaa-1111-7000-8000-0123456789ab" }
export const someWorkflows = (): ReadonlyArray<Workflow> => [
  workflow(1, {
    ...open,
    state: "running",
    kind: "ontology",
    progress: { message: "describing orders", done: 1, total: 4 }
  }),
  workflow(2, { ...open, ownerId: null, state: "pending", kind: "relationships", startedAt: null, progress: null }),
  workflow(3, { ...open, ownerId: null, state: "paused", kind: "relationships" }),
  workflow(4, { ...open, ownerId: null, state: "awaiting_input", idempotencyKey: MARKUP, datasourceId: null }),
  workflow(5, { state: "failed", errorMessage: `permission denied for ${MARKUP}` }),
  workflow(6, { state: "failed", errorMessage: "cancelled" }),
  workflow(7, {})
]

const task = (ordinal: number, over: Partial<Task>): Task => ({
  id: `profile:public.table_${ordinal}`,
  ordinal,
  name: `Look at public.table_${ordinal}`,
  status: "completed",
  requiresLlm: false,
  error: null,
  retryCount: 0,
  startedAt: ago(60 - ordinal * 8),
  completedAt: ago(50 - ordinal * 8),
  ...over
})

export const someTasks: ReadonlyArray<Task> = [
  task(0, {}),
  task(1, { requiresLlm: true, name: `Describe ${MARKUP}` }),
  task(2, { status: "failed", error: `relation ${MARKUP} does not exist`, retryCount: 2 }),
  task(3, { status: "running", completedAt: null, retryCount: 1 }),
  task(4, { status: "pending", startedAt: null, completedAt: null })
]

const end = (table: string, column: string) => ({ schema: "public", table, columns: [column] })
const candidate = (
  id: string,
  from: Candidate["relationship"]["from"],
  to: Candidate["relationship"]["to"],
  over: Partial<Candidate["relationship"]>
): Candidate => ({
  id,
  version: 0,
  decision: null,
  relationship: {
    from,
    to,
    status: "needs_review",
    confidence: 0.6,
    cardinality: "N:1",
    method: "inferred",
    decidedBy: "rules",
    evidence: {
      inclusion: {
        rows: 300,
        orphanRows: 4,
        distinct: 60,
        matched: 58,
        targetDistinct: 80,
        orphans: ["17", MARKUP],
        maxFrom: 9,
        maxTo: 1,
        sampled: false
      },
      reasons: ["the name says customer", `but ${MARKUP} is a name, too`],
      lines: [
        { signal: "names.says", points: 2.4, why: "the name says customer" },
        { signal: "values.orphans", points: -1.1, why: "but 2 of 60 values are not there" }
      ]
    },
    ...over
  }
})

export const someCandidates = (): ReadonlyArray<Candidate> => [
  candidate("orders-customers", end("orders", "customer"), end("customers", "customer_id"), {}),
  candidate("orders-agents", end("orders", "customer"), end("agents", "agent_id"), { confidence: 0.2 }),
  candidate("named", end(MARKUP, "shop_id"), end("shops", MARKUP), {
    confidence: 0.9,
    evidence: { inclusion: null, reasons: [] }
  }),
  candidate("lines-orders", end("lines", "order_id"), end("orders", "order_id"), {
    status: "accepted",
    method: "foreign_key",
    confidence: 1
  })
]

export const someQuestions = (): ReadonlyArray<Asked> => [
  {
    id: "unit:currency",
    question: `In which currency is ${MARKUP}.total?`,
    affects: [{ schema: "public", table: "orders", column: "total" }],
    category: "unit",
    priority: "high",
    why: "These look like amounts of money.",
    version: 0,
    decision: null
  },
  {
    id: "relationship:orders",
    question: "Do orders.customer and customers.customer_id belong together?",
    affects: [{ schema: "public", table: "orders", column: "customer" }],
    category: "relationship",
    priority: "medium",
    why: null,
    version: 0,
    decision: null
  }
]

export const someOntology: typeof Ontology.Encoded = {
  domain: {
    database: "shop",
    summary: `The database has ${MARKUP}.`,
    businessDomains: [{ name: "Sales", description: "Orders.", tables: [{ schema: "public", table: "orders" }] }],
    relationships: [],
    sampleQuestions: []
  },
  entities: [
    entity("orders", {
      name: `Order ${MARKUP}`,
      description: "An order.",
      keyColumns: ["order_id"],
      rows: 300,
      columns: [column("order_id"), column("customer")],
      domain: "Sales"
    })
  ],
  otherTables: [],
  questions: [],
  knowledge: []
}

const spread = { semanticType: "identifier", role: "identifier", empty: 0, distinct: 60, range: ["1", "80"] } as const
/** Of one end a column of personal data, of the other one with values. */
export const someValues: typeof RelationshipValues.Encoded = {
  from: [
    { name: "customer", type: "integer", ...spread },
    {
      name: "email",
      type: "text",
      semanticType: "text",
      role: "attribute",
      empty: 0,
      distinct: 9,
      personal: "an address"
    }
  ],
  to: [
    { name: "customer_id", type: "integer", ...spread, key: "primary", range: ["1", "97"] },
    {
      name: MARKUP,
      type: "text",
      semanticType: "category",
      role: "dimension",
      empty: 0,
      values: [
        { value: MARKUP, label: null, count: 7 },
        { value: "b", label: "Business", count: 3 }
      ]
    }
  ]
}

export const someChanges: { readonly changes: typeof Changes.Encoded } = {
  changes: {
    since: "2026-01-02T03:04:05.000Z",
    changes: [
      { what: "relationship", how: "added", name: "public.orders(customer) -> public.customers(id)", detail: "N:1" },
      { what: "meaning", how: "changed", name: `public.${MARKUP}`, detail: "in Euro, was in no unit" }
    ]
  }
}

export const someLostOwners = (): ReadonlyArray<typeof LostOwnerView.Encoded> => [
  { epoch: 1, ownerId: "0190aaaa-2222-7000-8000-00000000dead", lostAt: ago(40) }
]

export const someThroughput = (): typeof ThroughputView.Encoded => {
  const to = Math.floor(Date.now() / 60_000) * 60_000
  const minute = (n: number) => new Date(to - n * 60_000).toISOString()
  const minutes = [
    { at: minute(30), completed: 12, failed: 0 },
    { at: minute(2), completed: 3, failed: 2 }
  ]
  return { from: minute(59), to: minute(0), minutes }
}

// What the page is tested with is what the API gives.
Schema.decodeUnknownSync(Schema.Array(WorkflowView))(someWorkflows())
Schema.decodeUnknownSync(Schema.Array(TaskView))(someTasks)
Schema.decodeUnknownSync(Schema.Array(RelationshipView))(someCandidates())
Schema.decodeUnknownSync(Schema.Array(QuestionView))(someQuestions())
Schema.decodeUnknownSync(Ontology)(someOntology)
Schema.decodeUnknownSync(RelationshipValues)(someValues)
Schema.decodeUnknownSync(Changes)(someChanges.changes)
Schema.decodeUnknownSync(Schema.Array(LostOwnerView))(someLostOwners())
Schema.decodeUnknownSync(ThroughputView)(someThroughput())
