/** A database that is made for a measurement: what to run in an empty one, statement by statement. */
export interface Generated {
  readonly name: string
  readonly statements: ReadonlyArray<string>
}

const FIRST =
  "harbour orchard quarry foundry meadow tannery granary brewery sawmill forge dairy cannery kiln pottery weaver mill vineyard apiary hatchery nursery"
const SECOND =
  "crate ledger shift parcel permit gauge tariff roster batch recipe kettle wagon signal valve contract survey lantern anchor barrel stamp"

/** Tables of the large schema, and columns of each. */
export const LARGE = { tables: 400, columns: 10, references: 800 }

/**
 * A large schema: 400 tables of ten columns, a few hundred rows each, dense ids everywhere, and two references in every table. Nothing
 * is declared but primary keys. `named` calls a reference after its target (`quarry_crate_id`); otherwise no name says anything.
 */
export const large = (named: boolean): Generated => {
  const words = FIRST.split(" ").flatMap((first) => SECOND.split(" ").map((second) => `${first}_${second}`))
  const title = (table: number) => (named ? words[table] : `t${table}`)
  const rows = (table: number) => 100 + ((table * 37) % 900)
  const reference = (table: number, factor: number, offset: number, column: string) => {
    const target = (table * factor + offset) % LARGE.tables
    return `1 + n * ${factor} % ${rows(target)} AS ${named ? `${title(target)}_id` : column}`
  }
  const names = (column: string, silent: string) => (named ? column : silent)
  const statements = Array.from({ length: LARGE.tables }, (_, table) => {
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
