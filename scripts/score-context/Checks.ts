import { listOf, type SaidColumn, type SaidJoin, type SaidPage, type SaidTable } from "./Page.ts"

/** A statement of a page, and a boolean expression in SQL that is true if it is. */
export interface Saying {
  readonly said: string
  readonly sql: string
}

/** All statements of a page that have a figure or a value. */
export const sayings = (page: SaidPage): ReadonlyArray<Saying> => [
  ...header(page),
  ...page.before.flatMap((line) => [...figures(line), ...warnings(page, line)]),
  ...page.tables.flatMap((table) => [
    ...ofTable(table),
    ...table.columns.flatMap((column) => [
      ...column.joins.flatMap((join) => ofJoin(page, join)),
      ...column.parts.flatMap((part, place) => ofPart(table, column, part, place === 0))
    ])
  ])
]

const one = (table: string, figure: string, where = ""): string =>
  `(SELECT ${figure} FROM ${table} c${where === "" ? "" : ` WHERE ${where}`})`

/** Whether `part` of `all`, both SQL, is a share as pages say it: `66`, `<1`, `>99`. */
const isShare = (said: string, part: string, all: string): string => {
  const percent = `round(100.0 * ${part} / greatest(1, ${all}))`
  if (said === "<1") return `${part} > 0 AND ${percent} = 0`
  return said === ">99" ? `${part} < ${all} AND ${percent} = 100` : `${percent} = ${said}`
}

const header = ({ before, tables }: SaidPage): ReadonlyArray<Saying> => {
  const line = before.find((each) => each.startsWith("PostgreSQL ")) ?? ""
  const [all, count, rows] = /(\d+) tables, (\d+) rows/.exec(line) ?? []
  if (all === undefined || rows === undefined) return []
  const [span, table = "", column = "", first, last] =
    /(\w+(?:\.\w+)?)\.(\w+) (\d{4}-\d\d-\d\d)…(\d{4}-\d\d-\d\d)/.exec(line) ?? []
  const sum = tables.map(({ name }) => one(name, "count(*)")).join(" + ")
  return [
    { said: all, sql: `${tables.length} >= ${count} AND ${sum} = ${rows}` },
    ...(span === undefined
      ? []
      : [
          {
            said: span,
            sql: one(
              table,
              `left(min(${column})::text, 10) = '${first}' AND left(max(${column})::text, 10) = '${last}'`
            )
          }
        ])
  ]
}

const ofTable = ({ name, rest, rows }: SaidTable): ReadonlyArray<Saying> => {
  const count = rows === "no rows" ? "0" : rows
  const nulls = rest.flatMap((part) => {
    const [, what, columns = ""] = /^always (NULL|''): (.*)$/.exec(part) ?? []
    return what === undefined
      ? []
      : columns.split(", ").map((each) => {
          const column = each.replace(/ (?!.*").*$/, "")
          const is = what === "NULL" ? `${column} IS NULL` : `${column}::text IN ('', '\\x')`
          return { said: `${name}.${column} always ${what}`, sql: one(name, `bool_and(${is})`) }
        })
  })
  return [
    ...(/^\d+$/.test(count) ? [{ said: `${name} (${rows})`, sql: `${one(name, "count(*)")} = ${count}` }] : []),
    ...nulls
  ]
}

const on = ({ columns, keys }: SaidJoin): string =>
  columns.map((column, place) => `c.${column} = p.${keys[place] ?? ""}`).join(" AND ")

const filled = ({ columns, when }: SaidJoin): string =>
  [...columns.map((column) => `c.${column} IS NOT NULL`), ...(when === "" ? [] : [when])].join(" AND ")

const ofJoin = ({ tables }: SaidPage, join: SaidJoin): ReadonlyArray<Saying> => {
  const { isCast, keys, remarks, table, times, to, when } = join
  const said = `${table}: ${join.columns.join()} -> ${to}(${keys.join()})`
  const rows = tables.find(({ name }) => name === table)?.rows
  if (isCast || rows === "no rows") return []
  const condition = `${on(join)}${when === "" ? "" : ` AND ${when}`}`
  const orphans = one(table, "count(*)", `${filled(join)} AND NOT EXISTS (SELECT FROM ${to} p WHERE ${on(join)})`)
  const [, share, examples] = /orphans (\S+) %(?: \((.*?)\))?: LEFT JOIN/.exec(remarks) ?? []
  const nothing = remarks.includes("all orphans")
  const byName = remarks.includes("by name only") || remarks.includes("always NULL")
  return [
    ...(times === undefined
      ? []
      : [
          {
            said: `${said} (${times.join("…")})`,
            sql: `(SELECT min(n) = ${times[0]} AND max(n) = ${times[1]} FROM (SELECT count(c.${join.columns[0]}) AS n FROM ${to} p LEFT JOIN ${table} c ON ${condition} GROUP BY ${keys.map((key) => `p.${key}`).join(", ")}) g)`
          }
        ]),
    ...(share !== undefined
      ? [{ said: `${said} orphans ${share} %`, sql: isShare(share, orphans, one(table, "count(*)")) }]
      : nothing
        ? [{ said: `${said} all orphans`, sql: `${orphans} = ${one(table, "count(*)", filled(join))}` }]
        : byName || to === ""
          ? []
          : [{ said: `${said} loses no row`, sql: `${orphans} = 0` }]),
    ...(examples === undefined || join.columns.length > 1
      ? []
      : listOf(examples).map(({ literal }) => ({
          said: `${said} orphan ${literal}`,
          sql: `EXISTS (SELECT FROM ${table} c WHERE c.${join.columns[0]}::text = ${text(literal)} AND NOT EXISTS (SELECT FROM ${to} p WHERE ${on(join)}))`
        })))
  ]
}

const text = (literal: string): string => (/'/.test(literal) ? literal : `'${literal}'`)

const ofPart = (
  table: SaidTable,
  { joins, name }: SaidColumn,
  whole: string,
  isFirst: boolean
): ReadonlyArray<Saying> => {
  const { name: from } = table
  const said = `${from}.${name} ${whole}`
  const column = `c.${name}`
  const [, always] = /^(?:\S+(?:\(\d+\))? )?(?:always|only) ('.*'|\S+)$/.exec(whole) ?? []
  if (whole === "always NULL" || always === "NULL") return [{ said, sql: one(from, `count(${column}) = 0`) }]
  if (always !== undefined) {
    const is = always.endsWith("…")
      ? "true"
      : /^-?\d+(?:\.\d+)?$/.test(always)
        ? `min(${column}) = ${always}`
        : `min(${column}::text) = ${text(always)}`
    return [{ said, sql: one(from, `count(DISTINCT ${column}::text) = 1 AND ${is}`) }]
  }
  const [, share] = /^NULL (\S+) %(?:: LEFT JOIN)?$/.exec(whole) ?? []
  if (share !== undefined)
    return [{ said, sql: isShare(share, one(from, "count(*)", `${column} IS NULL`), one(from, "count(*)")) }]
  const [, nulls] = /^NULL \((\d+)\)/.exec(whole) ?? []
  if (nulls !== undefined) return [{ said, sql: `${one(from, "count(*)", `${column} IS NULL`)} = ${nulls}` }]
  if (whole === "unique") return [{ said, sql: one(from, `count(DISTINCT ${column}) = count(${column})`) }]
  // Behind a type, or behind a join without remark.
  const [, , part = whole] =
    isFirst && joins.length === 0 ? (/^(.+?) ((?:'|U&'|-?\d|true|false).*)$/.exec(whole) ?? []) : []
  const [, low, high] = /^('.*'|[^ …]+)…('.*'|[^ …]+)$/.exec(part) ?? []
  if (low !== undefined && high !== undefined && !part.includes(", ")) {
    const ends = [low, high].map((end) => end.replaceAll("'", ""))
    const isDay = /^\d{4,}-\d\d-\d\d$/.test(ends[0] ?? "")
    const shown = (end: string) =>
      low.startsWith("'")
        ? `(${end})::text = `
        : isDay
          ? `substring((${end})::text from '^\\d+-\\d\\d-\\d\\d') = `
          : `round((${end})::numeric, 6)::float8 = `
    return [
      {
        said,
        sql: one(from, `${shown(`min(${column})`)}'${ends[0]}' AND ${shown(`max(${column})`)}'${ends[1]}'`)
      }
    ]
  }
  const values = listOf(part)
  if (values.length === 0) return []
  const [, more] = /, … (\d+) more$/.exec(part) ?? []
  const isWhole = values.every(({ literal }) => !literal.includes("…")) && !part.includes("'…")
  const names = values.filter(({ meaning }) => meaning.startsWith("'"))
  const distinct = values.filter(({ count }) => count !== "0").length + Number(more ?? 0)
  const named = joins[0]?.to ?? from
  const isArray = /^\S+\[\] /.test(whole)
  return [
    ...(isWhole && names.length === 0 && !isArray
      ? [{ said: `${said}: all of them`, sql: one(from, `count(DISTINCT ${column}::text) <= ${distinct}`) }]
      : []),
    ...values.flatMap(({ count, literal, meaning }): ReadonlyArray<Saying> => {
      const isBool = literal === "true" || literal === "false"
      const is = (spelled: string) =>
        /^-?\d/.test(literal) && spelled === column
          ? `${spelled} = ${literal}`
          : `trim(trailing from ${spelled}::text) = trim(trailing from ${isBool ? `'${literal}'` : text(literal)})`
      if (meaning.startsWith("'") && !meaning.endsWith("…")) {
        // A row of the named table that has both.
        const has = (value: string) =>
          `EXISTS (SELECT FROM jsonb_each_text(to_jsonb(c)) e WHERE trim(trailing from e.value) = trim(trailing from ${value}))`
        return [
          {
            said: `${said}: ${literal} = ${meaning}`,
            sql: `EXISTS (SELECT FROM ${named} c WHERE ${has(meaning)} AND ${has(text(literal))})`
          }
        ]
      }
      if (meaning.startsWith("'")) return []
      const rows = one(from, "count(*)", isArray ? `${text(literal)} = ANY (${column}::text[])` : is(column))
      return [
        { said: `${said}: ${literal}`, sql: count === "" ? `${rows} > 0 OR ${isDeclared(part)}` : `${rows} = ${count}` }
      ]
    })
  ]
}

/** Values that a type or CHECK allows stand with (0), or alone where no row was counted. */
const isDeclared = (part: string): string => (/\(0\)/.test(part) ? "true" : "false")

/** `net revenue 1265793.04: \`sum(…) FROM order_details d\``. */
const figures = (line: string): ReadonlyArray<Saying> =>
  [...line.matchAll(/(-?\d[\d.]*): `([^`]+) FROM ([^`]+)`/g)].map(([said, value = "", expression = "", from = ""]) => ({
    said,
    sql: `(SELECT abs((${expression})::numeric - ${value}) <= 0.0051 FROM ${from})`
  }))

const warnings = ({ tables }: SaidPage, line: string): ReadonlyArray<Saying> => {
  const joins = tables.flatMap(({ columns }) => columns.flatMap((column) => column.joins))
  const between = (from: string, to: string, by = "") =>
    joins.find((join) => join.table === from && join.to === to && (by === "" || join.columns.join(", ") === by))
  const found: Array<Saying> = []
  const say = (said: string, sql: string) => found.push({ said, sql })

  for (const [said, last, name = ""] of line.matchAll(/"Now" is (\S+), the last `?([^`:]+)`?:/g)) {
    const [table = "", column = ""] = split(name)
    say(said, one(table, `left(max(${column})::text, 10) = '${last}'`))
  }
  for (const [said, part, all, to = "", from = "", by] of line.matchAll(
    /(\d+) of (\d+) (\S+) have no ([^\s,:]+)(?: \(([^)]*)\))?/g
  )) {
    const join = between(from, to, by)
    if (join === undefined) continue
    say(
      said,
      `(SELECT count(*) FROM ${to} p WHERE NOT EXISTS (SELECT FROM ${from} c WHERE ${on(join)}${join.when === "" ? "" : ` AND ${join.when}`})) = ${part} AND ${one(to, "count(*)")} = ${all}`
    )
  }
  for (const [said, share = "", from = "", to = "", by] of line.matchAll(
    /([<>]?\d+) % of (\S+) have no ([^\s,:]+)(?: \(([^)]*)\))?/g
  )) {
    const join = between(from, to, by)
    if (join === undefined) continue
    const orphans = one(from, "count(*)", `${filled(join)} AND NOT EXISTS (SELECT FROM ${to} p WHERE ${on(join)})`)
    say(said, isShare(share, orphans, one(from, "count(*)")))
  }
  for (const [said, condition = "", part, all] of line.matchAll(/`([^`]+)` \((\d+) of (\d+)/g)) {
    const [table = ""] = split(condition.split(" ")[0] ?? "")
    say(said, `(SELECT count(*) FROM ${table} WHERE ${condition}) = ${part} AND ${one(table, "count(*)")} = ${all}`)
  }
  for (const [said, plain = "", none, cast = "", some] of line.matchAll(
    /`([^`]+)` finds (\d+) rows, `([^`]+)` (\d+)/g
  )) {
    const column = plain.split(" ")[0] ?? ""
    const named = tables.filter((table) => table.columns.some(({ name }) => name === column))
    say(
      said,
      named
        .map(
          ({ name }) =>
            `((SELECT count(*) FROM ${name} WHERE ${plain}) = ${none} AND (SELECT count(*) FROM ${name} WHERE ${cast}) = ${some})`
        )
        .join(" OR ")
    )
  }
  for (const [said, parent = "", , child = "", column = "", wrong, right] of line.matchAll(
    /(\S+) (LEFT JOIN|JOIN) (\S+) repeats a row up to \d+ times: sum of (\w+) becomes (-?[\d.]+), not (-?[\d.]+)\./g
  )) {
    const join = between(child, parent)
    if (join === undefined) continue
    const sum = `round(sum(p.${column})::numeric, 2)`
    say(
      said,
      `(SELECT ${sum} FROM ${parent} p) = ${right} AND (SELECT ${sum} FROM ${parent} p LEFT JOIN ${table(child)} ON ${on(join)}) = ${wrong}`
    )
  }
  for (const [said, from = "", left = "", right = "", part, all] of line.matchAll(
    /(\S+) leads to \S+ by (\S+) or by (\S+), which differ in (\d+) of (\d+) rows/g
  )) {
    const [[a = "", x = ""], [b = "", y = ""]] = [split(left), split(right)]
    const [one_, two] = [between(from, a), between(from, b)]
    if (one_ === undefined || two === undefined) continue
    const second = on(two).replaceAll("p.", "q.")
    say(
      said,
      `(SELECT count(*) FILTER (WHERE p.${x} <> q.${y}) = ${part} AND count(*) = ${all} FROM ${table(from)} JOIN ${a} p ON ${on(one_)} JOIN ${b} q ON ${second})`
    )
  }
  return found
}

const table = (name: string): string => `${name} c`

/** `orders.id` in its table and column. */
const split = (name: string): readonly [string, string] => {
  const at = name.lastIndexOf(".")
  return [name.slice(0, at), name.slice(at + 1)]
}
