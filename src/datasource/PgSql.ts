const FUNCTIONS =
  "array_agg|concat|convert_to|count|current_database|current_setting|encode|format|hashtextextended|isfinite|json_build_array|justify_interval|left|length|lower|max|min|num_nulls|octet_length|pg_column_size|pg_relation_size|pg_size_bytes|row_number|sum|trim_scale|unnest"

const CALL = new RegExp(`(?<![\\w."])(${FUNCTIONS})\\(`, "g")

/**
 * SQL whose names are PostgreSQL's own, whatever the login's search_path finds first: functions, types after `::` and operators between
 * spaces are qualified in what is written literally; what is put in is left as it is. (`OPERATOR()` binds looser than arithmetic, but
 * tighter than NOT, AND and OR. A star between spaces stays a star: write no multiplication.)
 */
export const pg = (literal: TemplateStringsArray, ...parts: ReadonlyArray<string | number>): string =>
  literal.map((text, place) => qualified(text) + (place < parts.length ? String(parts[place]) : "")).join("")

const qualified = (text: string): string =>
  text
    .replaceAll(CALL, "pg_catalog.$1(")
    .replaceAll(/::(?!pg_catalog)([a-z]\w*)/g, "::pg_catalog.$1")
    .replaceAll(/(?<=\s)(<>|<=|>=|=|<|>|\+|-|\/|%|&|\|\|)(?=\s)/g, "OPERATOR(pg_catalog.$1)")
