import { wordSet } from "../language/wordSet.ts"
import type { SubjectColumn } from "./Discovered.ts"
import { headOf, SPEEDS } from "./NumberType.ts"
import { within } from "./Said.ts"

/** Units as names and comments write them out, and what they are called here. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ["milliseconds", "milliseconds"],
  ["seconds", "seconds"],
  ["minutes", "minutes"],
  ["hours", "hours"],
  ["days", "days"],
  ["weeks", "weeks"],
  ["months", "months"],
  ["years", "years"],
  ["bytes", "bytes"],
  ["kilobytes", "kilobytes"],
  ["megabytes", "megabytes"],
  ["gigabytes", "gigabytes"],
  ["milligrams", "milligrams"],
  ["grams", "grams"],
  ["kilograms", "kilograms"],
  ["tonnes", "tonnes"],
  ["pounds", "pounds"],
  ["ounces", "ounces"],
  ["millimetres", "millimetres"],
  ["millimeters", "millimetres"],
  ["centimetres", "centimetres"],
  ["centimeters", "centimetres"],
  ["metres", "metres"],
  ["meters", "metres"],
  ["kilometres", "kilometres"],
  ["kilometers", "kilometres"],
  ["miles", "miles"],
  ["feet", "feet"],
  ["inches", "inches"],
  ["litres", "litres"],
  ["liters", "litres"],
  ["hectares", "hectares"],
  ["watts", "watts"],
  ["volts", "volts"],
  ["cents", "cents"],
  ["percent", "percent"],
  ["percentage", "percent"],
  ["celsius", "degrees Celsius"],
  ["fahrenheit", "degrees Fahrenheit"]
])
/** Abbreviations, which are units only as a name's last word, or in a comment after "in" or a bracket. */
const ABBREVIATIONS: ReadonlyMap<string, string> = new Map([
  ["ms", "milliseconds"],
  ["msec", "milliseconds"],
  ["secs", "seconds"],
  ["mins", "minutes"],
  ["hrs", "hours"],
  ["kb", "kilobytes"],
  ["mb", "megabytes"],
  ["gb", "gigabytes"],
  ["mg", "milligrams"],
  ["kg", "kilograms"],
  ["lbs", "pounds"],
  ["mm", "millimetres"],
  ["cm", "centimetres"],
  ["km", "kilometres"],
  ["ml", "millilitres"],
  ["kwh", "kilowatt hours"],
  ["kw", "kilowatts"],
  ["mw", "megawatts"],
  ["mwh", "megawatt hours"],
  ["gwh", "gigawatt hours"],
  ["tb", "terabytes"],
  ["hpa", "hectopascals"],
  ["kpa", "kilopascals"],
  ["mbar", "millibars"],
  ["psi", "pounds per square inch"],
  ["khz", "kilohertz"],
  ["mhz", "megahertz"],
  ["ghz", "gigahertz"],
  ["rpm", "revolutions per minute"],
  ["kmh", "kilometres per hour"],
  ["kph", "kilometres per hour"],
  ["mph", "miles per hour"],
  ["knots", "knots"],
  ["nudos", "knots"],
  ["ppm", "parts per million"],
  ["sqm", "square metres"],
  ["sqft", "square feet"],
  ["usd", "US dollars"],
  ["eur", "euros"],
  ["gbp", "pounds sterling"],
  ["chf", "Swiss francs"],
  ["pct", "percent"],
  ["prozent", "percent"]
])
/** Single letters, which are units only after the size that they measure. */
const TIMES = ["duration", "time", "length", "dauer", "zeit", "duración", "durée", "duur", "delay", "wait", "runtime"]
const LETTERS: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  ["g", new Map(["weight", "mass"].map((size) => [size, "grams"]))],
  [
    "m",
    new Map(["height", "length", "width", "depth", "distance", "altitude", "elevation"].map((size) => [size, "metres"]))
  ],
  ["c", new Map(["temperature", "temp"].map((size) => [size, "degrees Celsius"]))],
  ["ms", new Map([...SPEEDS].map((speed) => [speed, "metres per second"]))],
  ["min", new Map(TIMES.map((time) => [time, "minutes"]))],
  ["sec", new Map(TIMES.map((time) => [time, "seconds"]))],
  ["h", new Map(TIMES.map((time) => [time, "hours"]))],
  ["f", new Map(["temperature", "temp"].map((size) => [size, "degrees Fahrenheit"]))]
])

/** Of "area m 2" and "volume cm 3", as "m2" and "cm3" are cut. */
const POWERS: ReadonlyMap<string, string> = new Map([
  ["2", "square"],
  ["3", "cubic"]
])
const LENGTHS: ReadonlyMap<string, string> = new Map([
  ["mm", "millimetres"],
  ["cm", "centimetres"],
  ["m", "metres"],
  ["km", "kilometres"]
])

const RATIOS = wordSet("fx exchange conversion factor kurs wechselkurs")

/** A unit in a sentence: "weight in kg", "duration (minutes)". */
const SAID = /(?:\bin |\(in |\()(\p{L}+)\)?/giu

/** Symbols of units that are no abbreviation of a column's name. */
const SYMBOLS = wordSet(
  "g l m s h w v a j n t k min sec hr day kcal kj iu ie dl cl cm2 m2 m3 km2 oz lb ft in yd mi gal pcs pc ea stk st % °c °f"
)

/** Whether a value is a unit that everybody knows: "mg", "hours". */
export const isUnit = (value: string): boolean => {
  const unit = value.trim().toLowerCase()
  return SYMBOLS.has(unit) || ABBREVIATIONS.has(unit) || WORDS.has(unit) || WORDS.has(`${unit}s`)
}

/** Whether numbers that are called a percentage are shares of 1: "commission pct" from 0.1 to 0.4. */
export const isShareOfOne = (column: SubjectColumn): boolean =>
  column.typeClass === "number" && within(column, 0, 1) && Number(column.profile.maximum ?? 0) > 0

/** The unit of a column of numbers, by its name or else its comment: "kilograms"; null where neither says one. */
export const unitOf = (column: SubjectColumn): string | null => {
  const unit = namedUnit(column)
  return unit === "percent" && isShareOfOne(column) ? null : unit
}

const namedUnit = ({ comment, said, typeClass }: SubjectColumn): string | null => {
  if (typeClass !== "integer" && typeClass !== "number") return null
  // A ratio of two units is in neither of them.
  if (said.some((word) => RATIOS.has(word))) return null
  const last = said.at(-1) ?? ""
  const before = said.at(-2) ?? ""
  const power = POWERS.get(last)
  const length = LENGTHS.get(before)
  if (power !== undefined && length !== undefined && said.length > 2) return `${power} ${length}`
  const named = LETTERS.get(last)?.get(before) ?? ABBREVIATIONS.get(last) ?? WORDS.get(last)
  if (named !== undefined) return named
  const inHead = headOf(said)
    .flatMap((word) => WORDS.get(word) ?? [])
    .at(-1)
  if (inHead !== undefined) return inHead
  for (const [, word = ""] of (comment ?? "").matchAll(SAID)) {
    const unit = WORDS.get(word.toLowerCase()) ?? ABBREVIATIONS.get(word.toLowerCase())
    if (unit !== undefined) return unit
  }
  return null
}
