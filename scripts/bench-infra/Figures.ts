/** Small statistics, and how they are printed. */

/** The middle one. */
export const median = (values: ReadonlyArray<number>) => percentile(values, 0.5)

/** The value that this part of all values is not above. */
export const percentile = (values: ReadonlyArray<number>, part: number) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? Number.NaN

/** With as many digits as say something. */
export const digits = (value: number) =>
  Number.isNaN(value)
    ? "–"
    : value >= 100
      ? Math.round(value).toLocaleString("en-US")
      : value >= 10
        ? value.toFixed(1)
        : value >= 0.1 || value <= 0
          ? value.toFixed(2)
          : value.toPrecision(2)

/** From the least to the most. */
export const range = (values: ReadonlyArray<number>) =>
  values.length === 0 ? "–" : `${digits(Math.min(...values))}–${digits(Math.max(...values))}`

/** Lines of cells, each column as wide as its widest cell; the first line is the head. */
export const table = (lines: ReadonlyArray<ReadonlyArray<string>>) => {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd()
    )
    .join("\n")
}
