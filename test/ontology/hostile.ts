import { FastCheck } from "effect"
import { buildOntology } from "../../src/ontology/Build.ts"
import type { Discovered } from "../../src/ontology/Discovered.ts"
import { made, values } from "./shop.ts"

/** Names, values and comments that try to end whatever they stand in. */
export const hostile = FastCheck.oneof(
  FastCheck.constantFrom(
    'a"b',
    "a`b",
    "``",
    "a|b",
    "a\\|b",
    "a\\\\|b",
    "|",
    "line\nbreak",
    "# title",
    "- item",
    "1. item",
    "</td><script>alert(1)</script>",
    "<!-- gone",
    "[x](javascript:0)",
    "a]b[c",
    "**bold**",
    "_it_",
    "{curly}",
    "%%{init: {}}%%",
    "; x",
    "title",
    "u",
    "\\",
    '"""',
    "/* */ */ x",
    "${x} `y`",
    "{{ jinja }} {% raw %} {# gone #}",
    "$$; DROP TABLE x; --",
    "constructor",
    "__proto__",
    "a.b",
    "a. b",
    "line\r\nbreak",
    "\u0085\ufeff",
    "ü".repeat(31),
    "a".repeat(63),
    '\\"',
    "> quote",
    "| --- |",
    "\u2028\u202e\u0007",
    "Überweisung",
    "注文",
    "\ud800"
  ),
  FastCheck.string({ unit: "binary", maxLength: 12 }),
  FastCheck.string({ unit: "grapheme-ascii", maxLength: 12 })
)

const names = FastCheck.uniqueArray(
  hostile.filter((name) => name !== ""),
  { minLength: 4, maxLength: 4 }
)

/** A database of two tables whose every name, value, comment and answer is hostile. */
export const hostileDiscovered = FastCheck.tuple(names, names, hostile, hostile).map(
  ([tables, columns, text, value]): Discovered => {
    const [parent = "a", child = "b"] = tables
    const [key = "k", reference = "r", code = "c"] = columns
    const facts = made(
      [
        {
          table: parent,
          name: text === "" ? "x" : text,
          rows: 9,
          key: [key],
          columns: [{ name: key, type: "integer" }]
        },
        {
          table: child,
          name: child,
          rows: 40,
          key: [key],
          columns: [
            { name: key, type: "integer", comment: text },
            { name: reference, type: value, comment: value },
            { name: code, type: "text", comment: text, profile: values({ [`${value}1`]: 20, [`${value}2`]: 20 }) }
          ]
        },
        { table: tables[2] ?? "z", name: text === "" ? "x" : text, rows: 0, verdict: "technical", columns: [] }
      ],
      [{ from: [child, reference], to: [parent, key], orphanRows: 2, unmatched: 1 }],
      text
    )
    const knowledge = [{ questionId: "q", question: text, answer: value, affects: [] }]
    const entities = facts.entities.map((entity) => ({ ...entity, description: text, aliases: [value], reason: text }))
    return { ...facts, entities, knowledge }
  }
)

/** @see hostileDiscovered */
export const hostileOntology = hostileDiscovered.map(buildOntology)
