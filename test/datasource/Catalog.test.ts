import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import * as FastCheck from "effect/FastCheck"
import { type Catalog, type Table, tableId } from "../../src/datasource/Catalog.ts"
import { quoteIdentifier } from "../../src/datasource/Identifier.ts"
import * as Datasource from "../../src/datasource/Datasource.ts"
import { datasourceOf, loginOf } from "./datasourceOf.ts"

const names = (catalog: Catalog) => catalog.tables.map(tableId)
const table = (catalog: Catalog, name: string): Table => {
  const found = catalog.tables.find((table) => table.table === name)
  if (found === undefined) throw new Error(`no table ${name}`)
  return found
}

const SHOP = `
  CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
  CREATE DOMAIN code AS char(3) NOT NULL;
  CREATE DOMAIN short_code AS code;
  CREATE SCHEMA sales;
  CREATE TABLE customer (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email varchar(80) UNIQUE, country short_code,
    mood mood DEFAULT 'ok', points numeric(8,0), share numeric(5,2), doc jsonb, raw bytea, tags text[], seen timestamptz);
  COMMENT ON TABLE customer IS 'who buys';
  COMMENT ON COLUMN customer.email IS 'how to reach them';
  CREATE TABLE sales.line (order_id int, no smallint, customer_id int REFERENCES customer, upper_no int,
    PRIMARY KEY (order_id, no));
  CREATE SEQUENCE own; ALTER TABLE sales.line ALTER upper_no SET DEFAULT nextval('own');
  CREATE INDEX ON sales.line (customer_id, no);
  CREATE INDEX ON sales.line (order_id, lower(no::text));
  CREATE UNIQUE INDEX ON sales.line (customer_id) WHERE no = 1;
  ALTER TABLE sales.line DROP COLUMN upper_no, ADD COLUMN big_no bigserial, ADD FOREIGN KEY (order_id, no) REFERENCES sales.line;
  CREATE VIEW happy AS SELECT * FROM customer WHERE mood = 'happy';
  CREATE MATERIALIZED VIEW lines AS SELECT * FROM sales.line;
  CREATE TEMP TABLE passing (id int);
  INSERT INTO customer (email, country) SELECT i || '@x', 'CH' FROM generate_series(1, 10) i;
  ANALYZE customer`

describe("a table's id", () => {
  it("is that of no other table, and plain for ordinary names", () => {
    const part = FastCheck.string({ unit: FastCheck.constantFrom(...'ab." '), minLength: 1, maxLength: 5 })
    const name = FastCheck.record({ schema: part, table: part })
    FastCheck.assert(
      FastCheck.property(
        name,
        name,
        (a, b) => (tableId(a) === tableId(b)) === (a.schema === b.schema && a.table === b.table)
      ),
      { numRuns: 2_000 }
    )
    expect(tableId({ schema: "a.b", table: "c" })).toBe('"a.b".c')
    expect(tableId({ schema: "a", table: " " })).toBe('a." "')
    expect(tableId({ schema: "My Schema", table: "Order-Line" })).toBe("My Schema.Order-Line")
  })
})

describe("a datasource's catalog", () => {
  it.scopedLive("describes tables, columns, keys, foreign keys and indexes", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(SHOP)
      const catalog = yield* datasource.catalog()
      expect(names(catalog)).toEqual(["public.customer", "sales.line"])
      expect(catalog.skipped).toEqual([])

      const customer = table(catalog, "customer")
      expect(customer).toMatchObject({ kind: "table", comment: "who buys", estimatedRows: 10 })
      expect(customer.columns.map((column) => [column.name, column.type, column.typeClass])).toEqual([
        ["id", "integer", "integer"],
        ["email", "character varying(80)", "text"],
        ["country", "public.short_code", "text"],
        ["mood", "public.mood", "text"],
        ["points", "numeric(8,0)", "integer"],
        ["share", "numeric(5,2)", "number"],
        ["doc", "jsonb", "json"],
        ["raw", "bytea", "binary"],
        ["tags", "text[]", "other"],
        ["seen", "timestamp with time zone", "time"]
      ])
      expect(customer.columns[0]).toMatchObject({ position: 1, sequence: true, nullable: false })
      expect(customer.columns[1]).toMatchObject({ nullable: true, comment: "how to reach them", enumLabels: null })
      expect(customer.columns[2]).toMatchObject({ nullable: false })
      // A domain over a domain is what that is made of; nothing else is made of anything.
      expect(customer.columns.flatMap(({ baseType }) => baseType ?? [])).toEqual(["character(3)"])
      expect(customer.columns[3]).toMatchObject({ enumLabels: ["sad", "ok", "happy"], sequence: false })
      expect(customer.keys).toEqual([
        { name: "customer_pkey", columns: ["id"], primary: true },
        { name: "customer_email_key", columns: ["email"], primary: false }
      ])

      const line = table(catalog, "line")
      expect(line.estimatedRows).toBe(null)
      expect(line.columns.map((column) => [column.name, column.position, column.sequence])).toEqual([
        ["order_id", 1, false],
        ["no", 2, false],
        ["customer_id", 3, false],
        ["big_no", 4, true]
      ])
      expect(line.keys).toEqual([{ name: "line_pkey", columns: ["order_id", "no"], primary: true }])
      expect(line.foreignKeys).toEqual([
        {
          name: "line_customer_id_fkey",
          columns: ["customer_id"],
          target: { schema: "public", table: "customer", columns: ["id"] }
        },
        {
          name: "line_order_id_no_fkey",
          columns: ["order_id", "no"],
          target: { schema: "sales", table: "line", columns: ["order_id", "no"] }
        }
      ])
      expect(line.indexes.toSorted()).toEqual([["customer_id"], ["customer_id", "no"], ["order_id"]])
      expect(yield* datasource.catalog()).toEqual(catalog)
    })
  )

  it.scopedLive(
    "keeps to the schemas that were asked for, leaves out what was excluded, and shows views on request",
    () =>
      Effect.gen(function* () {
        const { datasource } = yield* datasourceOf(SHOP)
        const only = (options: Parameters<typeof datasource.catalog>[0]) =>
          Effect.map(datasource.catalog(options), names)
        expect(yield* only({ schemas: ["sales"] })).toEqual(["sales.line"])
        expect(yield* only({ exclude: ["CUST*"] })).toEqual(["sales.line"])
        expect(yield* only({ exclude: ["sales.*"] })).toEqual(["public.customer"])
        expect(yield* only({ exclude: ["*.l.ne", "(", "cust"] })).toEqual(["public.customer", "sales.line"])
        expect(yield* only({ views: true })).toEqual(["public.customer", "public.happy", "public.lines", "sales.line"])
        const views = yield* datasource.catalog({ views: true })
        expect([table(views, "happy").kind, table(views, "lines").kind]).toEqual(["view", "materialized view"])
        // A foreign key into a schema that is not looked at leads nowhere.
        const sales = table(yield* datasource.catalog({ schemas: ["sales"] }), "line")
        expect(sales.foreignKeys.map((key) => key.target.table)).toEqual(["line"])
        const error = yield* Effect.flip(datasource.catalog({ schemas: ["sales", "slaes"] }))
        expect(error).toMatchObject({ reason: "no-schema" })
        expect(error.message).toContain('"slaes"')
      })
  )

  it.scopedLive("names the columns that a generated column is computed from", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(`
        CREATE TABLE bill (gone int, net numeric, "VAT" numeric, gross numeric GENERATED ALWAYS AS (net + "VAT" + net) STORED,
          fixed int GENERATED ALWAYS AS (1) STORED, rest numeric DEFAULT 2);
        ALTER TABLE bill DROP COLUMN gone`)
      const { columns } = table(yield* datasource.catalog(), "bill")
      expect(columns.map(({ computedFrom }) => computedFrom)).toEqual([
        undefined,
        undefined,
        ["VAT", "net"],
        [],
        undefined
      ])
    })
  )

  it.scopedLive("counts partitions once, with the foreign keys that only they declare", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(`
        CREATE TABLE customer (id int PRIMARY KEY);
        CREATE TABLE payment (id int, customer_id int, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
        CREATE TABLE p1 PARTITION OF payment FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
        CREATE TABLE p2 (day date NOT NULL, gone int, customer_id int, id int NOT NULL);
        ALTER TABLE p2 DROP COLUMN gone;
        ALTER TABLE payment ATTACH PARTITION p2 FOR VALUES FROM ('2021-01-01') TO ('2023-01-01');
        CREATE TABLE p3 PARTITION OF payment FOR VALUES FROM ('2023-01-01') TO ('2024-01-01') PARTITION BY LIST (id);
        CREATE TABLE p3a PARTITION OF p3 DEFAULT;
        ALTER TABLE p1 ADD FOREIGN KEY (customer_id) REFERENCES customer; CREATE INDEX ON p1 (customer_id);
        ALTER TABLE p2 ADD FOREIGN KEY (customer_id) REFERENCES customer; CREATE UNIQUE INDEX ON p2 (id);
        CREATE TABLE refund (id int, day date, FOREIGN KEY (id, day) REFERENCES payment);
        INSERT INTO customer VALUES (1);
        INSERT INTO payment SELECT i, 1, date '2020-06-01' + i * 10 FROM generate_series(1, 120) i; ANALYZE`)
      const catalog = yield* datasource.catalog()
      expect(names(catalog)).toEqual(["public.customer", "public.payment", "public.refund"])
      const payment = table(catalog, "payment")
      expect(payment.estimatedRows).toBe(120)
      expect(payment.columns.map((column) => column.name)).toEqual(["id", "customer_id", "day"])
      expect(payment.keys).toEqual([{ name: "payment_pkey", columns: ["id", "day"], primary: true }])
      expect(payment.foreignKeys.map((key) => [key.columns, key.target.table])).toEqual([[["customer_id"], "customer"]])
      // Unique in one partition is not unique in the table.
      expect(payment.indexes.toSorted()).toEqual([["customer_id"], ["id"]])
      expect(table(catalog, "refund").foreignKeys.map((key) => key.target.table)).toEqual(["payment"])
      expect((yield* datasource.profile(payment)).rows).toBe(120)
    })
  )

  it.scopedLive("sets aside what the login may not read, and reads the columns that it may", () =>
    Effect.gen(function* () {
      const { url, sql } = yield* datasourceOf(`${SHOP};
        CREATE SCHEMA hidden; CREATE TABLE hidden.a (id int); CREATE TABLE secret (id int); CREATE TABLE half (open int, shut int PRIMARY KEY);
        CREATE TABLE uses (half_id int REFERENCES half, a_id int); ALTER TABLE hidden.a ADD PRIMARY KEY (id);
        ALTER TABLE uses ADD FOREIGN KEY (a_id) REFERENCES hidden.a; ALTER TABLE half ADD FOREIGN KEY (shut) REFERENCES half`)
      const login = yield* loginOf(sql, url, "catalog_reader")
      yield* sql.unsafe(`GRANT SELECT ON customer, uses TO catalog_reader; GRANT SELECT (open) ON half TO catalog_reader;
        GRANT SELECT ON hidden.a TO catalog_reader`)
      const datasource = yield* Datasource.make({ url: login })
      const catalog = yield* datasource.catalog()
      expect(names(catalog)).toEqual(["public.customer", "public.half", "public.uses"])
      expect(table(catalog, "half").columns.map((column) => column.name)).toEqual(["open"])
      // The catalog says what the key is, whoever may read it.
      expect(table(catalog, "half")).toMatchObject({ keys: [], hiddenKey: ["shut"], unreadable: ["shut"] })
      // And what refers to what.
      const references = (name: string) =>
        (table(catalog, name).hiddenForeignKeys ?? []).map(({ columns, target }) => [columns, tableId(target)])
      expect(references("uses")).toEqual([
        [["a_id"], "hidden.a"],
        [["half_id"], "public.half"]
      ])
      expect([references("half"), table(catalog, "uses").foreignKeys]).toEqual([[[["shut"], "public.half"]], []])
      expect(catalog.skipped.map(tableId)).toEqual(["hidden.a", "public.secret", "sales.line"])
      for (const { reason } of catalog.skipped) expect(reason).toContain("permission denied")
      expect((yield* datasource.profile(table(catalog, "half"))).columns.map((column) => column.column)).toEqual([
        "open"
      ])
      yield* sql`REVOKE SELECT ON customer FROM catalog_reader`
      const error = yield* Effect.flip(datasource.profile(table(catalog, "customer")))
      expect(error).toMatchObject({ reason: "denied", ofOneTable: true })
      yield* sql`DROP TABLE half CASCADE`
      expect(yield* Effect.flip(datasource.profile(table(catalog, "half")))).toMatchObject({
        reason: "gone",
        ofOneTable: true
      })
    })
  )

  it.scopedLive(
    "passes over what is ours and what is an extension's, but not a schema that happens to be called engine",
    () =>
      Effect.gen(function* () {
        const { datasource, sql } = yield* datasourceOf(`CREATE SCHEMA engine; CREATE TABLE engine.piston (id int);
        CREATE TABLE engine.migrations (migration_id int)`)
        expect(names(yield* datasource.catalog())).toEqual(["engine.migrations", "engine.piston"])
        yield* sql`CREATE TABLE engine.workflow_tasks (id int)`
        expect(names(yield* datasource.catalog())).toEqual([])
      })
  )

  it.scopedLive("spells hostile names as they are and never runs them", () =>
    Effect.gen(function* () {
      const hostile = [
        `"; DROP TABLE victim; --`,
        `it's`,
        `a.b.c`,
        `new\nline`,
        `tab\tand \\ slash`,
        `$1 $$ %s`,
        `Ünï😀`,
        "x".repeat(63),
        ` `,
        `select`
      ]
      const { datasource, sql } = yield* datasourceOf(`CREATE TABLE victim (id int)`)
      for (const name of hostile) {
        const quoted = quoteIdentifier(name)
        yield* sql.unsafe(`CREATE SCHEMA ${quoted}`)
        yield* sql.unsafe(`CREATE TABLE ${quoted}.${quoted} (${quoted} text PRIMARY KEY, other int)`)
        yield* sql.unsafe(`INSERT INTO ${quoted}.${quoted} VALUES ($1, 1), ('''); DROP TABLE victim; --', 2)`, [name])
      }
      const catalog = yield* datasource.catalog()
      expect(new Set(catalog.tables.map((table) => table.table))).toEqual(new Set([...hostile, "victim"]))
      yield* Effect.forEach(catalog.tables, (table) =>
        Effect.gen(function* () {
          if (table.table === "victim") return
          const profile = yield* datasource.profile(table)
          expect(profile.rows).toBe(2)
          expect(profile.columns[0]?.sample).toContain(table.table)
          const columns = { schema: table.schema, table: table.table, columns: [table.table] }
          expect(yield* datasource.inclusion(columns, columns)).toMatchObject({ rows: 2, orphanRows: 0, matched: 2 })
          expect(yield* datasource.uniqueness(columns)).toBe(true)
          expect(yield* datasource.probe(profile.columns[0]?.sample ?? [], { ...columns, column: table.table })).toBe(2)
        })
      )
      expect(yield* sql`SELECT count(*)::int AS n FROM victim`).toEqual([{ n: 0 }])
    })
  )
})
