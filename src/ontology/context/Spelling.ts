import { quoteIdentifier } from "../../datasource/Identifier.ts"
import { oneLine } from "../Text.ts"

/** PostgreSQL's key words that are no names without quotes, as `quote_ident` has them (pg_get_keywords, all but "unreserved"). */
const KEY_WORDS: ReadonlySet<string> = new Set(
  (
    "all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast char " +
    "character check coalesce collate collation column concurrently constraint create cross current_catalog current_date " +
    "current_role current_schema current_time current_timestamp current_user dec decimal default deferrable desc distinct do " +
    "else end except exists extract false fetch float for foreign freeze from full grant greatest group grouping having ilike " +
    "in initially inner inout int integer intersect interval into is isnull join lateral leading least left like limit " +
    "localtime localtimestamp national natural nchar none normalize not notnull null nullif numeric offset on only or order " +
    "out outer overlaps overlay placing position precision primary real references returning right row select session_user " +
    "setof similar smallint some substring symmetric table tablesample then time timestamp to trailing treat trim true union " +
    "unique user using values varchar variadic verbose when where window with xmlattributes xmlconcat xmlelement xmlexists " +
    "xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable"
  ).split(" ")
)

/** A name as SQL needs it, by the rules of `quote_ident`; control and invisible characters by their code: `U&"\200B"`. */
export const identifier = (name: string): string => {
  if (/^[a-z_][a-z0-9_]*$/.test(name) && !KEY_WORDS.has(name)) return name
  return INVISIBLE.test(name) ? `U&"${coded(name).replaceAll('"', '""')}"` : quoteIdentifier(name)
}

/** Control, format, private and unassigned characters, half characters, and spaces that break a line or look like another one. */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u
const INVISIBLES = new RegExp(INVISIBLE.source, "gu")

/** Longest value that is written whole, in characters. */
const LITERAL_LENGTH = 60

/**
 * A value as SQL needs it: `'L''Aquila'`, control and invisible characters by their code, so that no value ends its line. One of more than 60
 * characters is cut, and ends in "…", to be found with LIKE.
 */
export const literal = (value: string): string => {
  const characters = Array.from(value)
  const kept = characters.length <= LITERAL_LENGTH ? value : characters.slice(0, LITERAL_LENGTH).join("")
  const end = kept === value ? "" : "…"
  if (INVISIBLE.test(kept)) return `U&'${coded(kept).replaceAll("'", "''")}'${end}`
  return `'${kept.replaceAll("'", "''")}'${end}`
}

/** In the notation of `U&` strings: a backslash twice, an invisible character by its code. */
const coded = (text: string): string =>
  text.replaceAll("\\", "\\\\").replaceAll(INVISIBLES, (character) => {
    const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase()
    return hex.length <= 4 ? `\\${hex.padStart(4, "0")}` : `\\+${hex.padStart(6, "0")}`
  })

/** Somebody else's words in double quotes: a line without double quotes of its own. */
export const quotation = (text: string, length: number): string => `"${oneLine(text, length).replaceAll('"', "'")}"`

/** What stands outside of the fence: somebody else's names in a code span with more backticks than it holds, unless they are plain. */
export const span = (text: string): string => {
  const line = oneLine(text, Number.POSITIVE_INFINITY)
  const longest = Math.max(0, ...(line.match(/`+/g) ?? []).map(({ length }) => length))
  const fence = "`".repeat(longest + 1)
  const padding = line.startsWith("`") || line.endsWith("`") ? " " : ""
  return `${fence}${padding}${line}${padding}${fence}`
}

/** A name outside of the fence: free where it is plain. */
export const free = (name: string): string => (/^[a-z0-9_.]+$/.test(name) ? name : span(name))

/** A share of rows as the page says it: `66 %`, never 0 for something, nor 100 for less than all. */
export const share = (part: number, all: number): string => {
  const percent = Math.round((100 * part) / Math.max(1, all))
  if (percent === 0 && part > 0) return "<1 %"
  return percent === 100 && part < all ? ">99 %" : `${percent} %`
}

/**
 * A number as PostgreSQL prints it. One of more than 60 characters is cut: decimal places end in "…", and of more digits than that only the
 * first are said, with a power of ten.
 */
export const numeral = (text: string): string => {
  const [, sign = "", whole = ""] = /^(-?)(\d+)/.exec(text) ?? []
  if (text.length <= LITERAL_LENGTH || whole === "") return text
  if (whole.length > LITERAL_LENGTH) return `about ${sign}${whole[0]}.${whole.slice(1, 4)}e${whole.length - 1}`
  return `${text.slice(0, LITERAL_LENGTH)}…`
}

/** A number as PostgreSQL prints it, with at most `places` decimal places, rounded half up, without zeros at their end. */
export const decimal = (text: string, places = 2): string => {
  const parts = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text)
  if (parts === null) return text
  const [, sign = "", whole = "", decimals = ""] = parts
  const scaled =
    BigInt(whole + decimals.slice(0, places).padEnd(places, "0")) + (Number(decimals[places] ?? 0) >= 5 ? 1n : 0n)
  const digits = scaled.toString().padStart(places + 1, "0")
  const rest = digits.slice(digits.length - places).replace(/0+$/, "")
  const all = `${digits.slice(0, digits.length - places)}${rest === "" ? "" : `.${rest}`}`
  return all === "0" ? all : numeral(`${sign}${all}`)
}

/** A type in the page's short words; a domain, enum or other type by its own name. */
export const typeName = (type: string): string => {
  const [, base = type, modifier = "", array = ""] = /^(.*?)(\([^)]*\))?((?:\[\])*)$/.exec(type) ?? []
  const zoned = /^(timestamp|time)\b.*(with(?:out)?) time zone$/.exec(type.replace(/\(\d+\)/, ""))
  if (zoned !== null) return `${zoned[1]}${zoned[2] === "with" ? "tz" : ""}`
  const short = SHORT.get(base)
  if (short === "char") return `char${modifier === "" ? "" : modifier}${array}`
  return short === undefined ? oneLine(type, 60) : `${short}${array}`
}

const SHORT: ReadonlyMap<string, string> = new Map([
  ["smallint", "int"],
  ["integer", "int"],
  ["bigint", "int"],
  ["character varying", "text"],
  ["text", "text"],
  ["character", "char"],
  ["real", "real"],
  ["double precision", "float8"],
  ["numeric", "numeric"],
  ["boolean", "bool"]
])
