import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { tableId } from "../../src/datasource/Catalog.ts"
import * as Datasource from "../../src/datasource/Datasource.ts"
import { hierarchies } from "../../src/datasource/Hierarchy.ts"
import { notesOf } from "../../src/datasource/Notes.ts"
import type { RelationRow } from "../../src/datasource/SchemaRows.ts"
import { atOnce } from "../../src/steps/Steps.ts"
import { datasourceOf, loginOf } from "./datasourceOf.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"

const read = (datasource: Datasource.Datasource, options: Parameters<typeof datasource.catalog>[0] = {}) =>
  Effect.gen(function* () {
    const catalog = yield* datasource.catalog(options)
    return yield* Effect.forEach(catalog.tables, (table) =>
      Effect.map(
        datasource.profile(table),
        ({ rows }) => [table.table, rows, (table.parts ?? []).map(tableId)] as const
      )
    )
  })

/** A wrapper that reads nothing: whoever reads its tables fails. */
const FOREIGN = `CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER elsewhere FOREIGN DATA WRAPPER nothing;`

describe("a hierarchy of tables", () => {
  it.scopedLive.skipIf(TestDatabase.isBefore(18))(
    "enforces what is declared only where the server does so for all of its rows",
    () =>
      Effect.gen(function* () {
        const { datasource } = yield* datasourceOf(`
        CREATE TABLE parent (kind text CHECK (kind IN ('a', 'b')) NO INHERIT, note text, level int NOT NULL CHECK (level IN (1, 2)),
          CONSTRAINT noted NOT NULL note NO INHERIT);
        CREATE TABLE child () INHERITS (parent); CREATE TABLE grandchild () INHERITS (child);
        INSERT INTO grandchild VALUES ('c', NULL, 1);
        CREATE TABLE alone (kind text CHECK (kind IN ('a', 'b')) NO INHERIT, note text, CONSTRAINT noted NOT NULL note NO INHERIT);
        ${FOREIGN} CREATE FOREIGN TABLE far (level int NOT NULL CHECK (level IN (1, 2))) SERVER elsewhere;
        CREATE DOMAIN given AS int NOT NULL; CREATE TABLE gift (v given);
        CREATE VIEW perhaps AS SELECT v FROM (VALUES (1)) one LEFT JOIN gift ON false`)
        const { tables } = yield* datasource.catalog({ views: true, foreign: true })
        const of = (name: string) =>
          tables
            .find(({ table }) => table === name)
            ?.columns.map(({ allowed, name, nullable }) => [name, nullable, allowed?.values ?? null])
        expect(of("parent")).toEqual([
          ["kind", true, null],
          ["note", true, null],
          ["level", false, ["1", "2"]]
        ])
        expect(of("alone")).toEqual([
          ["kind", true, ["a", "b"]],
          ["note", false, null]
        ])
        expect(of("far")).toEqual([["level", true, null]])
        expect([of("gift"), of("perhaps")]).toEqual([[["v", false, null]], [["v", true, null]]])
      })
  )

  it.scopedLive("is one table with the rows that SELECT gives, deep and with several parents", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(`
        CREATE SCHEMA chunks;
        CREATE TABLE owner (id int PRIMARY KEY);
        CREATE TABLE machine (id int PRIMARY KEY, owner_id int REFERENCES owner);
        CREATE TABLE boat () INHERITS (machine);
        CREATE TABLE chunks.yacht () INHERITS (boat);
        CREATE TABLE toy (id int, colour text);
        CREATE TABLE toy_boat () INHERITS (boat, toy);
        INSERT INTO owner VALUES (1);
        INSERT INTO machine VALUES (1, 1); INSERT INTO boat VALUES (2, 9); INSERT INTO chunks.yacht VALUES (3, 1);
        INSERT INTO toy VALUES (1, 'red'); INSERT INTO toy_boat VALUES (4, 1, 'blue')`)
      expect(yield* read(datasource)).toEqual([
        ["machine", 4, ["public.boat", "chunks.yacht", "public.toy_boat"]],
        ["owner", 1, []],
        ["toy", 2, ["public.toy_boat"]]
      ])
      const [machine] = (yield* datasource.catalog()).tables
      // A parent's keys, declared and foreign, say nothing about the rows of its children.
      expect(machine).toMatchObject({
        keys: [],
        parentKey: ["id"],
        indexes: [["id"]],
        foreignKeys: [{ columns: ["owner_id"], unvalidated: true }]
      })
      expect(machine === undefined ? [] : notesOf(machine)).toEqual([
        "Its rows are those of its parts as well: boat, chunks.yacht, toy_boat.",
        "Its primary key (id) holds for its own rows only: those of its parts may repeat it."
      ])
      const ids = { schema: "public", table: "machine", columns: ["id"] }
      expect(yield* datasource.uniqueness(ids)).toBe(true)
      expect(yield* datasource.probe(["1", "3", "5"], { ...ids, column: "id" })).toBe(2)
      const owners = { schema: "public", table: "owner", columns: ["id"] }
      expect(yield* datasource.inclusion({ ...ids, columns: ["owner_id"] }, owners)).toMatchObject({
        rows: 4,
        orphanRows: 1
      })
    })
  )

  it.scopedLive("has children that are tables themselves where they have columns of their own, with their keys", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(`
        CREATE SCHEMA trail; CREATE SCHEMA other;
        CREATE TABLE trail.audited (changed_by int, changed_at timestamptz);
        CREATE TABLE harbour (id int PRIMARY KEY, name text) INHERITS (trail.audited);
        CREATE TABLE boat (id int PRIMARY KEY, harbour_id int REFERENCES harbour) INHERITS (trail.audited);
        CREATE TABLE boat_2020 () INHERITS (boat);
        CREATE TABLE other.yacht (cabins int) INHERITS (boat);
        INSERT INTO harbour VALUES (7, now(), 1, 'Left'); INSERT INTO boat VALUES (7, now(), 2, 1);
        INSERT INTO boat_2020 VALUES (7, now(), 3, 1); INSERT INTO other.yacht VALUES (8, now(), 4, 9, 5)`)
      expect(yield* read(datasource)).toEqual([
        ["yacht", 1, []],
        ["boat", 3, ["public.boat_2020", "other.yacht"]],
        ["harbour", 1, []],
        ["audited", 4, ["public.harbour", "public.boat", "public.boat_2020", "other.yacht"]]
      ])
      const { tables } = yield* datasource.catalog()
      const keys = tables.map(({ foreignKeys, keys, table }) => [
        table,
        keys.map(({ columns }) => columns.join()),
        foreignKeys.map(
          ({ columns, target, unvalidated }) => `${columns.join()} ${target.table} ${unvalidated === true}`
        )
      ])
      expect(keys).toEqual([
        ["yacht", [], []],
        ["boat", [], ["harbour_id harbour true"]],
        ["harbour", ["id"], []],
        ["audited", [], []]
      ])
      const [yacht, , , audited] = tables
      expect(yacht?.columns.map(({ name }) => name)).toEqual(["changed_by", "changed_at", "id", "harbour_id", "cabins"])
      expect(audited === undefined ? [] : notesOf(audited)).toHaveLength(1)
      const some = (yield* datasource.catalog({ schemas: ["public"] })).tables.find(({ table }) => table === "boat")
      expect(some === undefined ? [] : notesOf(some)).toContain(
        "Its part other.yacht has cabins besides, which are not looked at."
      )
    })
  )

  it.scopedLive("has a foreign key that is checked where the whole or each of its parts declares it", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(`
        CREATE TABLE owner (id int PRIMARY KEY);
        CREATE TABLE whole (id int, owner_id int REFERENCES owner) PARTITION BY LIST (id);
        CREATE TABLE whole_1 PARTITION OF whole DEFAULT;
        CREATE TABLE each (owner_id int REFERENCES owner);
        CREATE TABLE each_1 (FOREIGN KEY (owner_id) REFERENCES owner) INHERITS (each);
        CREATE TABLE partly (id int, owner_id int) PARTITION BY LIST (id);
        CREATE TABLE partly_1 PARTITION OF partly FOR VALUES IN (1); CREATE TABLE partly_2 PARTITION OF partly DEFAULT;
        ALTER TABLE partly_1 ADD FOREIGN KEY (owner_id) REFERENCES owner;
        CREATE TABLE never (owner_id int); ALTER TABLE never ADD FOREIGN KEY (owner_id) REFERENCES owner NOT VALID`)
      const { tables } = yield* datasource.catalog()
      expect(
        tables.flatMap(({ foreignKeys, table }) => foreignKeys.map((key) => [table, key.unvalidated === true]))
      ).toEqual([
        ["each", false],
        ["never", true],
        ["partly", true],
        ["whole", false]
      ])
    })
  )

  it.scopedLive("stands by itself where nobody asked for its parent's schema, and goes with an excluded parent", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(`
        CREATE SCHEMA chunks;
        CREATE TABLE reading (id int, day date NOT NULL) PARTITION BY RANGE (day);
        CREATE TABLE chunks.r1 PARTITION OF reading FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
        CREATE TABLE chunks.r2 PARTITION OF reading FOR VALUES FROM ('2021-01-01') TO ('2022-01-01') PARTITION BY LIST (id);
        CREATE TABLE chunks.r2a PARTITION OF chunks.r2 DEFAULT;
        INSERT INTO reading SELECT i, date '2020-01-01' + i FROM generate_series(0, 499) i`)
      expect(yield* read(datasource)).toEqual([["reading", 500, ["chunks.r1", "chunks.r2a"]]])
      expect(yield* read(datasource, { schemas: ["public"] })).toEqual([["reading", 500, ["chunks.r1", "chunks.r2a"]]])
      expect(yield* read(datasource, { schemas: ["chunks"] })).toEqual([
        ["r1", 366, []],
        ["r2", 134, ["chunks.r2a"]]
      ])
      expect(yield* read(datasource, { exclude: ["reading"] })).toEqual([])
      expect(yield* read(datasource, { exclude: ["*.R2"] })).toEqual([["reading", 366, ["chunks.r1", "chunks.r2a"]]])
    })
  )

  it.scopedLive("is read without its foreign parts unless they are asked for, and says so", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(`${FOREIGN}
        CREATE FOREIGN TABLE abroad (id int) SERVER elsewhere;
        CREATE TABLE event (id int, day date NOT NULL) PARTITION BY RANGE (day);
        CREATE TABLE event_new PARTITION OF event FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
        CREATE FOREIGN TABLE event_old PARTITION OF event FOR VALUES FROM ('2020-01-01') TO ('2021-01-01') SERVER elsewhere;
        CREATE TABLE log (id int, word text);
        CREATE FOREIGN TABLE log_old () INHERITS (log) SERVER elsewhere;
        CREATE VIEW shown AS SELECT id FROM abroad; CREATE VIEW above AS SELECT id FROM shown;
        CREATE VIEW partly AS SELECT id FROM event; CREATE VIEW home AS SELECT id FROM event_new;
        INSERT INTO event_new SELECT i, '2021-02-01' FROM generate_series(1, 30) i; INSERT INTO log VALUES (1, 'one')`)
      const catalog = yield* datasource.catalog({ views: true })
      expect(catalog.tables.map(({ table }) => table)).toEqual(["event", "home", "log"])
      expect(catalog.skipped.map(({ reason, table }) => [table, reason])).toEqual([
        ["above", "it shows the foreign table abroad (--foreign reads it)"],
        ["abroad", "it is a foreign table (--foreign reads it)"],
        ["partly", "it shows the foreign table event_old (--foreign reads it)"],
        ["shown", "it shows the foreign table abroad (--foreign reads it)"]
      ])
      const [event, , log] = catalog.tables
      expect((yield* datasource.catalog({ exclude: ["abroad"] })).skipped).toEqual([])
      expect(event?.partsNotRead?.map(({ table }) => table)).toEqual(["event_old"])
      expect(log?.partsNotRead?.map(({ table }) => table)).toEqual(["log_old"])
      expect(event === undefined ? [] : notesOf(event)[1]).toContain("event_old are left out")
      const ids = { schema: "public", table: "event", columns: ["id"] }
      expect((yield* datasource.profile(ids)).rows).toBe(30)
      expect((yield* datasource.profile({ schema: "public", table: "log" })).rows).toBe(1)
      expect(yield* datasource.uniqueness(ids)).toBe(true)
      expect(yield* datasource.inclusion(ids, { ...ids, table: "log" })).toMatchObject({ rows: 30, orphanRows: 29 })

      const all = yield* datasource.catalog({ foreign: true })
      expect(all.tables.map(({ kind, table }) => [table, kind])).toEqual([
        ["abroad", "foreign table"],
        ["event", "table"],
        ["log", "table"]
      ])
      const error = yield* Effect.flip(datasource.profile({ schema: "public", table: "abroad" }))
      expect(error).toMatchObject({ ofOneTable: true })
    })
  )

  it.scopedLive(
    "and tables whose policies, or views whose functions, ask a foreign table are not read either, and say so",
    () =>
      Effect.gen(function* () {
        const { sql, url } = yield* datasourceOf(`${FOREIGN}
        CREATE FOREIGN TABLE abroad (id int) SERVER elsewhere;
        CREATE FUNCTION inner_one() RETURNS int LANGUAGE sql STABLE AS 'SELECT id FROM abroad LIMIT 1';
        CREATE FUNCTION outer_one() RETURNS int LANGUAGE plpgsql STABLE AS 'BEGIN RETURN inner_one(); END';
        CREATE FUNCTION tenant() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
        CREATE FUNCTION broadly() RETURNS int LANGUAGE sql STABLE AS 'SELECT 1 AS abroadly';
        CREATE TABLE named (id int); CREATE TABLE called (id int); CREATE TABLE free (id int); CREATE TABLE near (id int);
        CREATE VIEW by_function AS SELECT outer_one() AS id;
        ${["named", "called", "free", "near"].map((table) => `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;`).join("")}
        CREATE POLICY p ON named USING (EXISTS (SELECT FROM abroad)); CREATE POLICY p ON called USING (outer_one() = 1);
        CREATE POLICY p ON free USING (tenant() = 1); CREATE POLICY p ON near USING (broadly() = 1);
        CREATE POLICY w ON near FOR INSERT WITH CHECK (outer_one() = 1)`)
        const login = yield* loginOf(sql, url, "hierarchy_guarded")
        yield* sql`GRANT SELECT ON ALL TABLES IN SCHEMA public TO hierarchy_guarded`
        const datasource = yield* Datasource.make({ url: login })
        const catalog = yield* datasource.catalog({ views: true })
        expect(catalog.skipped.map(({ reason, table }) => [table, reason])).toEqual([
          ["abroad", "it is a foreign table (--foreign reads it)"],
          ["by_function", "it shows the foreign table abroad (--foreign reads it)"],
          ["called", "its row-level security asks the foreign table abroad (--foreign reads it)"],
          ["named", "its row-level security asks the foreign table abroad (--foreign reads it)"]
        ])
        expect(catalog.tables.map(({ table, volatile }) => [table, volatile])).toEqual([
          ["free", "tenant"],
          ["near", undefined]
        ])
        expect(catalog.tables.flatMap((table) => notesOf(table)).join()).toContain(
          "Each reading of it runs tenant() by"
        )
      })
  )

  it.scopedLive(
    "that the login may read through its parent only is set aside where its foreign part is in the way",
    () =>
      Effect.gen(function* () {
        const { sql, url } = yield* datasourceOf(`${FOREIGN}
        CREATE TABLE event (id int, day date NOT NULL) PARTITION BY RANGE (day);
        CREATE TABLE event_new PARTITION OF event FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
        CREATE FOREIGN TABLE event_old PARTITION OF event FOR VALUES FROM ('2020-01-01') TO ('2021-01-01') SERVER elsewhere`)
        const login = yield* loginOf(sql, url, "hierarchy_reader")
        yield* sql`GRANT SELECT ON event TO hierarchy_reader`
        const datasource = yield* Datasource.make({ url: login })
        const catalog = yield* datasource.catalog()
        expect(catalog.tables).toEqual([])
        expect(catalog.skipped.map(({ reason }) => reason)).toEqual([
          "of its parts none is read: event_old: it is a foreign table (--foreign reads it)"
        ])
      })
  )

  it("of very many parts is set aside where one of them is left out", () => {
    const made = (id: number, change: Partial<RelationRow>): RelationRow => ({
      ...{
        id,
        schema: "public",
        name: `p${id}`,
        kind: "r",
        parents: [1],
        partition: true,
        selected: true,
        excluded: false
      },
      ...{
        width: 1,
        ownColumns: false,
        rows: null,
        readable: true,
        reachable: true,
        rowSecurity: false,
        populated: true
      },
      ...change
    })
    const read = (parts: number) => {
      const rows = Array.from({ length: parts }, (_, at) => made(at + 2, at === 0 ? { kind: "f" } : {}))
      const { tables } = atOnce(hierarchies([made(1, { kind: "p", parents: [] }), ...rows], { foreign: false }))
      return tables.map(({ readOneByOne }) => readOneByOne?.length)
    }
    expect(read(201)).toEqual([200])
    expect(read(202)).toEqual([0])
    expect(read(0)).toEqual([undefined])
  })
})
