/** The functions that statements written with `pg` call. One that is missing here is not qualified. */
const FUNCTIONS =
  "abs|array_agg|avg|concat|convert_to|count|current_database|current_setting|date_part|encode|hashtextextended|isfinite|json_build_array|justify_interval|left|length|lower|max|min|num_nulls|octet_length|pg_column_size|pg_relation_size|pg_size_bytes|row_number|substr|sum|trim_scale|unnest|width_bucket"

const CALL = new RegExp(`(?<![\\w."])(${FUNCTIONS})\\(`, "g")

/**
 * A template for SQL that qualifies PostgreSQL's functions, types and operators with `pg_catalog`, so that no object in the login's
 * search_path is called instead. Qualified are the functions of `FUNCTIONS`, types after `::`, and operators between spaces, in the literal
 * text only; interpolated parts stay as they are. All `OPERATOR(…)` have one precedence, between NOT and the arithmetic operators: use
 * parentheses. `*` is not qualified: write multiplication as `OPERATOR(pg_catalog.*)`.
 */
export const pg = (literal: TemplateStringsArray, ...parts: ReadonlyArray<string | number>): string =>
  literal.map((text, place) => qualified(text) + (place < parts.length ? String(parts[place]) : "")).join("")

const qualified = (text: string): string =>
  text
    .replaceAll(CALL, "pg_catalog.$1(")
    .replaceAll(/::(?!pg_catalog)([a-z]\w*)/g, "::pg_catalog.$1")
    .replaceAll(/(?<=\s)(<>|<=|>=|=|<|>|\+|-|\/|%|&|\|\|)(?=\s)/g, "OPERATOR(pg_catalog.$1)")
