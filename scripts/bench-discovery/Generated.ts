/** A database that is made for a measurement: what to run in an empty one, statement by statement. */
export interface Generated {
  readonly name: string
  readonly statements: ReadonlyArray<string>
  /** How many tables make it what it is: it is made for how discovery grows with the schema, and not for comparison. */
  readonly tables?: number
}

const FIRST =
  "harbour orchard quarry foundry meadow tannery granary brewery sawmill forge dairy cannery kiln pottery weaver mill vineyard apiary hatchery nursery"
const SECOND =
  "crate ledger shift parcel permit gauge tariff roster batch recipe kettle wagon signal valve contract survey lantern anchor barrel stamp"

/** Tables of the large schema. */
const LARGE_TABLES = FIRST.split(" ").length * SECOND.split(" ").length

/**
 * A large schema: 400 tables of ten columns, a few hundred rows each, dense ids everywhere, and two references in every table. Nothing
 * is declared but primary keys. `named` calls a reference after its target (`quarry_crate_id`); otherwise no name says anything.
 */
export const large = (named: boolean): Generated => {
  const words = FIRST.split(" ").flatMap((first) => SECOND.split(" ").map((second) => `${first}_${second}`))
  const title = (table: number) => (named ? words[table] : `t${table}`)
  const rows = (table: number) => 100 + ((table * 37) % 900)
  const reference = (table: number, factor: number, offset: number, column: string) => {
    const target = (table * factor + offset) % LARGE_TABLES
    return `1 + n * ${factor} % ${rows(target)} AS ${named ? `${title(target)}_id` : column}`
  }
  const names = (column: string, silent: string) => (named ? column : silent)
  const statements = Array.from({ length: LARGE_TABLES }, (_, table) => {
    const columns = [
      `n AS ${names("id", "a")}`,
      reference(table, 7, 3, "b"),
      reference(table, 11, 5, "c"),
      `'${table}-' || n AS ${names("code", "d")}`,
      `'item ' || md5(n::text) AS ${names("name", "e")}`,
      `(n % 5)::smallint AS ${names("status", "f")}`,
      `n * 31 % 200 AS ${names("quantity", "g")}`,
      `(n * 17 % 9999 / 100.0)::numeric(10, 2) AS ${names("amount", "h")}`,
      `timestamptz '2024-01-01' + n * interval '7 hours' AS ${names("created_at", "i")}`,
      `n % 3 = 0 AS ${names("active", "j")}`
    ]
    const name = title(table)
    return `CREATE TABLE ${name} AS SELECT ${columns.join(", ")} FROM generate_series(1, ${rows(table)}) n;
      ALTER TABLE ${name} ADD PRIMARY KEY (${names("id", "a")})`
  })
  return { name: named ? "large" : "large_unnamed", statements: [...statements, "ANALYZE"] }
}

/** Rows of the star at scale 1, all tables together. */
const STAR_ROWS = 10_000_000

/** What a table of the star has for each of its rows `n`, from 1; `key` is its primary key. */
interface StarTable {
  readonly name: string
  /** Of all rows, or so many whatever the scale. */
  readonly rows: number
  readonly columns: ReadonlyArray<string>
  readonly key: string
}

/**
 * A freight company around two large tables of facts, as analytical databases are shaped; 10 million rows at scale 1. Nothing is
 * declared but primary keys.
 */
export const star = (scale: number): Generated => {
  const rows = (share: number) => Math.round(share * STAR_ROWS * scale)
  const [shipments, articles, vendors, clients] = [rows(0.15), rows(0.02), rows(0.001), rows(0.015)]
  const spread = (of: number, factor: number) => `1 + n * ${factor}::bigint % ${of}`
  const day = (factor: number) => `date '2019-01-01' + (n * ${factor}::bigint % 2400)::int`
  const tables: ReadonlyArray<StarTable> = [
    { name: "continent", rows: 5, columns: ["n AS continent_id", "'continent ' || n AS title"], key: "continent_id" },
    {
      name: "country",
      rows: 25,
      columns: ["n AS country_id", "1 + n % 5 AS continent_id", "'country ' || n AS title"],
      key: "country_id"
    },
    {
      name: "vendor",
      rows: vendors,
      columns: ["n AS vendor_id", "1 + n % 25 AS country_id", "'vendor ' || n AS title", "md5(n::text) AS phone"],
      key: "vendor_id"
    },
    {
      name: "client",
      rows: clients,
      columns: ["n AS client_id", "1 + n % 25 AS country_id", "'client ' || n AS title", "n % 9999 / 7.0 AS balance"],
      key: "client_id"
    },
    {
      name: "article",
      rows: articles,
      columns: ["n AS article_id", "md5(n::text) AS title", "1 + n % 50 AS size", "(n % 2000)::numeric(9, 2) AS price"],
      key: "article_id"
    },
    {
      name: "offer",
      rows: articles * 4,
      columns: [
        "1 + (n - 1) / 4 AS article_id",
        `1 + (n * 7919::bigint + (n % 4) * ${Math.round(vendors / 4)}) % ${vendors} AS vendor_id`,
        "n % 10000 AS stock",
        "(n % 1000)::numeric(9, 2) AS cost"
      ],
      key: "article_id, vendor_id"
    },
    {
      name: "shipment",
      rows: shipments,
      columns: [
        "n AS shipment_id",
        `${spread(clients, 31)} AS client_id`,
        `${day(7)} AS placed_on`,
        "substr('OFP', 1 + n % 3, 1) AS state",
        "(n % 500000)::numeric(12, 2) AS total"
      ],
      key: "shipment_id"
    },
    {
      name: "shipment_line",
      rows: shipments * 4,
      columns: [
        "1 + (n - 1) / 4 AS shipment_id",
        "1 + (n - 1) % 4 AS line_no",
        `${spread(articles, 7)} AS article_id`,
        `${spread(vendors, 13)} AS vendor_id`,
        "1 + n % 50 AS quantity",
        "(n % 100000)::numeric(12, 2) AS price",
        `${day(11)} AS sent_on`,
        "'note ' || n % 100000 AS note"
      ],
      key: "shipment_id, line_no"
    },
    {
      name: "tracking_event",
      rows: rows(0.134),
      columns: ["n AS event_id", `${spread(shipments, 17)} AS shipment_id`, "n % 12 AS kind", `${day(3)} AS seen_on`],
      key: "event_id"
    }
  ]
  const statements = tables.map(
    ({ columns, key, name, rows }) =>
      `CREATE TABLE ${name} AS SELECT ${columns.join(", ")} FROM generate_series(1, ${rows}) n;
      ALTER TABLE ${name} ADD PRIMARY KEY (${key})`
  )
  return { name: scale === 1 ? "star" : "star_small", statements: [...statements, "VACUUM ANALYZE"] }
}

/** A table of a schema that is made for its size: as `generate_series` gives its rows `n`, from 1. */
const sized = (name: string, columns: ReadonlyArray<string>, rows: number, key: string) =>
  `CREATE TABLE ${name} AS SELECT ${columns.join(", ")} FROM generate_series(1, ${rows}) n; ALTER TABLE ${name} ADD PRIMARY KEY (${key})`

/** A telling name for every table of a schema of up to 1,200 tables, each another. */
const titleOf = (table: number): string => {
  const firsts = FIRST.split(" ")
  const seconds = SECOND.split(" ")
  const word = `${firsts[table % firsts.length]}_${seconds[Math.floor(table / firsts.length) % seconds.length]}`
  return table < LARGE_TABLES ? word : `${["", "north", "south"][Math.floor(table / LARGE_TABLES)]}_${word}`
}

const rowsOfSized = (table: number) => 30 + ((table * 37) % 60)
/** Values of the key of another such table. */
const referenceTo = (target: number) => `1 + n * 7 % ${rowsOfSized(target)}`

const KEYED_TABLES = 384
const KEYED_REFERENCES = 290

/** 384 tables with 290 references, all keyed by one name: `id`, or after the one table that all others are kinds of. */
export const keyed = (key: "id" | "object_id"): Generated => {
  const title = (table: number) => (table === 0 && key !== "id" ? "object" : titleOf(table))
  const tables = Array.from({ length: KEYED_TABLES }, (_, table) => {
    const target = (table * 7 + 3) % KEYED_TABLES
    const reference = `${referenceTo(target)} AS ${target === 0 ? "main_" : ""}${title(target)}_id`
    const columns = [
      `n AS ${key}`,
      `'item ' || md5(n::text || '${table}') AS name`,
      `n * 31 % 20 AS quantity`,
      ...(table < KEYED_REFERENCES ? [reference] : [])
    ]
    return sized(title(table), columns, table === 0 ? 90 : rowsOfSized(table), key)
  })
  return { name: `keyed_${key}`, statements: [...tables, "ANALYZE"], tables: KEYED_TABLES }
}

const WIDE_TABLES = 1000

/** 1,000 tables of twelve columns with telling names, 3,000 of them references. */
export const wide: Generated = {
  name: "wide",
  statements: [
    ...Array.from({ length: WIDE_TABLES }, (_, table) => {
      const targets = new Set([7, 11, 13].map((factor) => (table * factor + factor) % WIDE_TABLES))
      const columns = [
        "n AS id",
        ...[...targets].map((target) => `${referenceTo(target)} AS ${titleOf(target)}_id`),
        `'${table}-' || n AS code`,
        "'item ' || md5(n::text) AS name",
        "(n % 5)::smallint AS status",
        "n * 31 % 200 AS quantity",
        "(n * 17 % 9999 / 100.0)::numeric(10, 2) AS amount",
        "timestamptz '2024-01-01' + n * interval '7 hours' AS created_at",
        "n % 3 = 0 AS active",
        `'note ${table} ' || n % 7 AS note`
      ]
      return sized(titleOf(table), columns, rowsOfSized(table), "id")
    }),
    "ANALYZE"
  ],
  tables: WIDE_TABLES
}

const TENANTS = 250
const TENANT_TABLES: Readonly<Record<string, { readonly to: ReadonlyArray<string>; readonly own: string }>> = {
  customers: { to: [], own: "'customer ' || n AS full_name, 'mail' || n || '@example.org' AS email" },
  products: { to: [], own: "'product ' || n AS title, (n * 3)::numeric(9, 2) AS price, n % 40 AS stock" },
  orders: { to: ["customer"], own: "date '2024-01-01' + n AS ordered_on, n % 4 AS state" },
  order_lines: { to: ["order", "product"], own: "1 + n % 9 AS quantity, (n * 2)::numeric(9, 2) AS amount" },
  invoices: { to: ["order"], own: "'R-' || n AS number, date '2024-02-01' + n AS due_on" },
  payments: { to: ["invoice"], own: "(n * 5)::numeric(9, 2) AS amount, date '2024-03-01' + n AS paid_on" },
  shipments: { to: ["order"], own: "'T' || md5(n::text) AS tracking_code, date '2024-02-01' + n AS sent_on" },
  reviews: { to: ["product", "customer"], own: "1 + n % 5 AS stars, 'text ' || md5(n::text) AS comment" }
}
const TENANT_ROWS = 30

/** 250 copies of eight tables, each in the schema of a tenant. */
export const tenants: Generated = {
  name: "tenants",
  statements: [
    ...Array.from({ length: TENANTS }, (_, tenant) => {
      const schema = `tenant_${tenant}`
      const tables = Object.entries(TENANT_TABLES).map(([name, { own, to }], place) => {
        const references = to.map((target) => `1 + n * 7 % ${TENANT_ROWS} AS ${target}_id`)
        return sized(`${schema}.${name}`, ["n AS id", ...references, own], TENANT_ROWS + place, "id")
      })
      return [`CREATE SCHEMA ${schema}`, ...tables].join(";\n")
    }),
    "ANALYZE"
  ],
  tables: TENANTS * Object.keys(TENANT_TABLES).length
}

const MANY_TABLES = 30_000
/** Tables that one statement creates: each holds a lock until its end. */
const CREATED_AT_ONCE = 50

/** 30,000 small tables in 30 schemas, each with a reference to the next one. */
export const many: Generated = {
  name: "many",
  statements: [
    ...Array.from({ length: MANY_TABLES / 1000 }, (_, schema) => `CREATE SCHEMA part_${schema}`),
    ...Array.from({ length: MANY_TABLES / CREATED_AT_ONCE }, (_, group) =>
      Array.from({ length: CREATED_AT_ONCE }, (_, index) => {
        const table = group * CREATED_AT_ONCE + index
        const columns = ["n AS id", `n AS thing_${(table + 1) % MANY_TABLES}_id`, "'item ' || n AS name"]
        return sized(`part_${Math.floor(table / 1000)}.thing_${table}`, columns, 3, "id")
      }).join(";\n")
    ),
    "ANALYZE"
  ],
  tables: MANY_TABLES
}

const listed = (count: number, column: (place: number) => string) =>
  Array.from({ length: count }, (_, n) => column(n + 1))

/** One table of 60 text columns and 400,000 rows. */
export const texts: Generated = {
  name: "texts",
  statements: [
    sized(
      "document",
      [
        "n AS id",
        ...listed(60, (place) => `substr(md5((n * ${place}::bigint)::text), 1, ${6 + (place % 20)}) AS c${place}`)
      ],
      400_000,
      "id"
    ),
    "VACUUM ANALYZE"
  ],
  tables: 1
}

/** One table of 1,000 columns. */
export const thousand: Generated = {
  name: "thousand",
  statements: [
    sized(
      "measurement",
      ["n AS id", ...listed(999, (place) => `(n * ${place} % 1000)::int AS m${place}`)],
      20_000,
      "id"
    ),
    "VACUUM ANALYZE"
  ],
  tables: 1
}

/** A table of some million rows with references to two others. */
export const huge = (millions: number): Generated => ({
  name: "huge",
  statements: [
    sized("customer", ["n AS customer_id", "'customer ' || n AS name", "n % 7 AS segment"], 200_000, "customer_id"),
    sized(
      "article",
      ["n AS article_id", "'article ' || n AS title", "(n % 1000)::numeric(9, 2) AS price"],
      50_000,
      "article_id"
    ),
    sized(
      "sale",
      [
        "n AS sale_id",
        "1 + n * 31::bigint % 200000 AS customer_id",
        "1 + n * 17::bigint % 50000 AS article_id",
        "timestamptz '2015-01-01' + n * interval '9 seconds' AS sold_at",
        "'state ' || n % 6 AS state",
        "(n % 50000)::numeric(12, 2) AS amount",
        "'note ' || md5(n::text) AS note"
      ],
      millions * 1_000_000,
      "sale_id"
    ),
    "VACUUM ANALYZE"
  ],
  tables: 3
})
