import type { Column, Table, TypeClass } from "../../src/datasource/Catalog.ts"
import type { ColumnProfile } from "../../src/datasource/TableProfile.ts"
import type { Entity } from "../../src/entities/Entity.ts"
import type { Discovered } from "../../src/ontology/Discovered.ts"
import type { Relationship } from "../../src/relationships/Relationship.ts"

/** A column of a made-up table: its type, and what a scan of it would have said. */
export interface MadeColumn {
  readonly name: string
  readonly type: string
  readonly profile?: Partial<ColumnProfile>
  readonly nullable?: boolean
  readonly comment?: string
}

/** A made-up table with its verdict. */
export interface MadeTable {
  readonly table: string
  readonly name: string
  readonly rows: number
  readonly verdict?: Entity["verdict"]
  readonly key?: ReadonlyArray<string>
  readonly columns: ReadonlyArray<MadeColumn>
}

/** A made-up reference: `orders.customer_id` to `customers.id`. */
export interface MadeReference {
  readonly from: readonly [table: string, column: string]
  readonly to: readonly [table: string, column: string]
  readonly status?: Relationship["status"]
  readonly orphanRows?: number
  readonly unmatched?: number
}

const typeClassOf = (type: string): TypeClass =>
  /^(smallint|integer|bigint)/.test(type)
    ? "integer"
    : /^(numeric|real|double)/.test(type)
      ? "number"
      : /^(date|time)/.test(type)
        ? "time"
        : type === "boolean"
          ? "boolean"
          : type === "jsonb"
            ? "json"
            : type === "uuid"
              ? "uuid"
              : "text"

const column = ({ name, type, nullable, comment }: MadeColumn, position: number): Column => ({
  name,
  position,
  type,
  typeClass: typeClassOf(type),
  nullable: nullable ?? false,
  sequence: false,
  enumLabels: null,
  comment: comment ?? null
})

const profileOf = ({ name, profile }: MadeColumn, rows: number): ColumnProfile => ({
  column: name,
  nulls: 0,
  distinct: rows,
  minimum: "1",
  maximum: String(rows),
  minimumLength: 1,
  maximumLength: 10,
  averageLength: 5,
  sample: [],
  common: [],
  ...profile
})

/** A column of few values: what a scan says about it. */
export const values = (counts: Record<string, number>): Partial<ColumnProfile> => {
  const names = Object.keys(counts)
  return {
    distinct: names.length,
    minimum: [...names].sort()[0] ?? null,
    maximum: [...names].sort().at(-1) ?? null,
    maximumLength: Math.max(...names.map((name) => name.length)),
    sample: names,
    common: Object.entries(counts).map(([value, count]) => ({ value, count }))
  }
}

/** What an ontology is built from, made up. */
export const made = (
  tables: ReadonlyArray<MadeTable>,
  references: ReadonlyArray<MadeReference> = [],
  database = "shop"
): Discovered => {
  const rowsOf = (table: string) => tables.find((each) => each.table === table)?.rows ?? 0
  return {
    catalog: {
      database,
      serverVersion: "18",
      skipped: [],
      tables: tables.map(({ table, columns, rows, key }): Table => ({
        schema: "public",
        table,
        kind: "table",
        comment: null,
        estimatedRows: rows,
        columns: columns.map((each, i) => column(each, i + 1)),
        keys: (key ?? ["id"]).length === 0 ? [] : [{ name: "key", columns: key ?? ["id"], primary: true }],
        foreignKeys: [],
        indexes: []
      }))
    },
    profiles: tables.map(({ table, rows, columns }) => ({
      schema: "public",
      table,
      rows,
      sampled: false,
      columns: columns.map((each) => profileOf(each, rows))
    })),
    entities: tables.map(({ table, name, rows, verdict, key }) => ({
      schema: "public",
      table,
      verdict: verdict ?? "entity",
      reason: `made up as ${verdict ?? "entity"}`,
      name,
      description: `${name} of a shop.`,
      aliases: [],
      keyColumns: key ?? ["id"],
      keyDeclared: true,
      rows,
      sampled: false,
      occurrences: []
    })),
    relationships: references.map(({ from, to, status, orphanRows, unmatched }) => ({
      from: { schema: "public", table: from[0], columns: [from[1]] },
      to: { schema: "public", table: to[0], columns: [to[1]] },
      status: status ?? "accepted",
      confidence: status === "needs_review" ? 0.4 : 1,
      cardinality: "N:1",
      method: "inferred",
      decidedBy: "rules",
      evidence: {
        inclusion: {
          rows: rowsOf(from[0]),
          orphanRows: orphanRows ?? 0,
          distinct: rowsOf(to[0]),
          matched: rowsOf(to[0]) - (unmatched ?? 0),
          targetDistinct: rowsOf(to[0]),
          orphans: orphanRows === undefined ? [] : ["4711"],
          maxFrom: 9,
          maxTo: 1,
          sampled: false
        },
        reasons: ["the name says so"]
      }
    })),
    knowledge: []
  }
}

/** The same, with a table of which the catalog, its verdict, its count or its columns say something else. */
export const changed = (
  discovered: Discovered,
  table: string,
  {
    catalog = {},
    columns = {},
    entity = {}
  }: {
    readonly catalog?: Partial<Table>
    readonly columns?: Readonly<Record<string, Partial<Column>>>
    readonly entity?: Partial<Entity>
  }
): Discovered => ({
  ...discovered,
  catalog: {
    ...discovered.catalog,
    tables: discovered.catalog.tables.map((each) =>
      each.table === table
        ? { ...each, columns: each.columns.map((one) => ({ ...one, ...columns[one.name] })), ...catalog }
        : each
    )
  },
  entities: discovered.entities.map((each) => (each.table === table ? { ...each, ...entity } : each))
})

const id: MadeColumn = { name: "id", type: "integer" }

/** A shop: customers order products, which carry tags. */
export const shop: Discovered = made(
  [
    {
      table: "customers",
      name: "Customer",
      rows: 500,
      columns: [
        id,
        { name: "first_name", type: "text" },
        { name: "last_name", type: "text" },
        {
          name: "email",
          type: "text",
          profile: { sample: ["ada@example.org", "bob@example.org"], minimum: "ada@example.org" }
        },
        { name: "country_code", type: "character(2)", profile: values({ DE: 300, FR: 200 }) },
        { name: "birth_date", type: "date", profile: { minimum: "1941-03-02", maximum: "2001-11-30" } },
        { name: "newsletter", type: "boolean", profile: values({ true: 400, false: 100 }) }
      ]
    },
    {
      table: "orders",
      name: "Order",
      rows: 9000,
      columns: [
        id,
        { name: "customer_id", type: "integer", profile: { distinct: 480 } },
        {
          name: "ordered_at",
          type: "timestamp with time zone",
          profile: { minimum: "2022-01-01 08:00:00+00", maximum: "2023-12-31 19:30:00+00" }
        },
        {
          name: "shipped_at",
          type: "timestamp with time zone",
          nullable: true,
          profile: { nulls: 900, minimum: "2022-01-02 08:00:00+00", maximum: "2024-01-03 19:30:00+00" }
        },
        { name: "status", type: "text", profile: values({ paid: 6000, open: 2500, cancelled: 500 }) },
        { name: "channel", type: "character(1)", profile: values({ W: 7000, P: 2000 }) },
        { name: "total_amount", type: "numeric(10,2)", profile: { minimum: "3.50", maximum: "1999.00" } }
      ]
    },
    {
      table: "order_lines",
      name: "Order Line",
      rows: 30_000,
      columns: [
        id,
        { name: "order_id", type: "integer" },
        { name: "product_id", type: "integer", profile: { distinct: 70 } },
        { name: "qty", type: "integer", profile: { distinct: 40, minimum: "1", maximum: "40" } },
        { name: "unit_price", type: "numeric(8,2)", profile: { minimum: "0.99", maximum: "499.00" } }
      ]
    },
    {
      table: "products",
      name: "Product",
      rows: 80,
      columns: [
        id,
        { name: "name", type: "text" },
        {
          name: "weight",
          type: "integer",
          comment: "weight (kg)",
          profile: { distinct: 60, minimum: "1", maximum: "90" }
        },
        { name: "details", type: "jsonb", profile: { distinct: null, minimum: null, maximum: null } }
      ]
    },
    {
      table: "tags",
      name: "Tag",
      rows: 4,
      verdict: "lookup",
      columns: [id, { name: "name", type: "text", profile: values({ new: 1, old: 1, red: 1, blue: 1 }) }]
    },
    {
      table: "product_tags",
      name: "Product Tag",
      rows: 160,
      verdict: "link",
      key: ["product_id", "tag_id"],
      columns: [
        { name: "product_id", type: "integer" },
        { name: "tag_id", type: "integer" }
      ]
    },
    { table: "old_backup", name: "Old Backup", rows: 3, verdict: "technical", columns: [id] }
  ],
  [
    { from: ["orders", "customer_id"], to: ["customers", "id"], unmatched: 20 },
    { from: ["order_lines", "order_id"], to: ["orders", "id"] },
    { from: ["order_lines", "product_id"], to: ["products", "id"], orphanRows: 300 },
    { from: ["product_tags", "product_id"], to: ["products", "id"] },
    { from: ["product_tags", "tag_id"], to: ["tags", "id"] }
  ]
)
