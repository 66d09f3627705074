/** How text is marked on a terminal; each function returns its text as it is where colours are not wanted. */
export interface Style {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly red: (text: string) => string
  readonly green: (text: string) => string
  readonly yellow: (text: string) => string
  readonly cyan: (text: string) => string
}

const sequence = (on: number, off: number) => (text: string) =>
  text === "" ? "" : `\u001b[${on}m${text}\u001b[${off}m`

/** For terminals that show colours. */
export const ansi: Style = {
  bold: sequence(1, 22),
  dim: sequence(2, 22),
  red: sequence(31, 39),
  green: sequence(32, 39),
  yellow: sequence(33, 39),
  cyan: sequence(36, 39)
}

const same = (text: string) => text

/** For files, pipes and terminals without colours. */
export const plain: Style = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same }

const ESCAPES = /\u001b\[[0-9;?]*[A-Za-z]/g
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g
/** Takes a column for each character. */
const PRINTABLE = /^[\u0020-\u007e]*$/
const COMBINING = /\p{Mark}/u
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u

const cells = (character: string) => (COMBINING.test(character) ? 0 : WIDE.test(character) ? 2 : 1)

/** A word of a command, to be pasted into a shell. */
export const shellWord = (word: string): string =>
  /^[\w.,:@%+/-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

/** The text alone. */
export const withoutColours = (text: string): string => text.replaceAll(ESCAPES, "")

/** One line that shows what it says: names and comments come from somebody's database, and could move the cursor. */
export const clean = (text: string): string => withoutColours(text).replaceAll(CONTROLS, " ").trim()

/** How many columns of a terminal a text takes; colours take none. */
export const widthOf = (text: string): number => {
  if (PRINTABLE.test(text)) return text.length
  let sum = 0
  for (const character of withoutColours(text)) sum += cells(character)
  return sum
}

/** Cut to a width, with "…" where something is missing; for text without colours. */
export const truncate = (text: string, width: number): string => {
  if (widthOf(text) <= width) return text
  if (width < 1) return ""
  let [left, kept] = [width - 1, ""]
  for (const character of text) {
    left -= cells(character)
    if (left < 0) break
    kept += character
  }
  return `${kept.trimEnd()}…`
}

/** Filled up with blanks to a width: on the right, or on the left for numbers. */
export const pad = (text: string, width: number, side: "left" | "right" = "right"): string => {
  const blanks = " ".repeat(Math.max(0, width - widthOf(text)))
  return side === "left" ? blanks + text : text + blanks
}

/** Broken between words into lines of at most a width. */
export const wrap = (text: string, width: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let [line, taken] = ["", 0]
  for (const word of text.split(/\s+/).filter((each) => each !== "")) {
    const size = widthOf(word)
    if (line === "" || taken + 1 + size <= width) {
      taken += line === "" ? size : 1 + size
      line = line === "" ? word : `${line} ${word}`
    } else {
      lines.push(line)
      ;[line, taken] = [word, size]
    }
  }
  return line === "" ? lines : [...lines, line]
}

/** Wrapped to a width, in at most so many lines; cut with "…" behind a word where it has more, and in a word that is too long. */
export const fold = (text: string, width: number, most: number): ReadonlyArray<string> => {
  const lines = wrap(text, width)
  if (most === Number.POSITIVE_INFINITY) return lines
  const shown = lines.slice(0, most)
  if (lines.length > most) {
    const [whole = ""] = wrap(shown.pop() ?? "", width - 2)
    shown.push(`${whole.replace(/[,;:]$/, "")} …`)
  }
  return shown.map((line) => truncate(line, width))
}

const NUMBERS = new Intl.NumberFormat("en-US")

/** 71148 → "71,148". */
export const number = (value: number): string => NUMBERS.format(value)

/** "1 table", "20 tables", "3 entities". */
export const count = (value: number, one: string, many = `${one}s`): string =>
  `${number(value)} ${value === 1 ? one : many}`

/** Milliseconds as people say them: "0.4 s", "12 s", "3 min 05 s", "2 h 10 min". */
export const duration = (millis: number): string => {
  const seconds = Math.max(0, millis) / 1000
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")} min`
}
