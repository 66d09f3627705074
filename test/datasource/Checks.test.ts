import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import * as FastCheck from "effect/FastCheck"
import { type Allowed } from "../../src/datasource/Catalog.ts"
import { limits, type Reading } from "../../src/datasource/Checks.ts"
import { allowedText } from "../../src/ontology/AllowedText.ts"
import { quoteIdentifier } from "../../src/datasource/Identifier.ts"
import { datasourceOf } from "./datasourceOf.ts"

/** A text as an SQL literal, whatever is in it. */
const literal = (text: string) => `'${text.replaceAll("'", "''")}'`

/** What a column's type and CHECKs allow, by column name, as a server stores them. */
const allowedOf = (statements: string) =>
  Effect.gen(function* () {
    const { datasource } = yield* datasourceOf(statements)
    const [table] = (yield* datasource.catalog()).tables
    return new Map((table?.columns ?? []).map(({ allowed, name }) => [name, allowed]))
  })

describe("a CHECK", () => {
  it.scopedLive("says which values or bounds a column may have, in each way in which people write that", () =>
    Effect.gen(function* () {
      const checks: ReadonlyArray<readonly [type: string, check: string, expected: string | undefined]> = [
        ["text", "v IN ('open', 'it''s', 'void')", "open, it's or void (by a CHECK)"],
        ["varchar(9)", "v IN ('a', 'b')", "a or b (by a CHECK)"],
        ["char(3)", "v = ANY (ARRAY['aa', 'bbb'])", "aa or bbb (by a CHECK)"],
        ["text", "v = 'a' OR v = 'b' OR v IS NULL", "a or b (by a CHECK)"],
        ["text", "v IN ('', 'a') AND length(v) < 9", '"" or a (by a CHECK)'],
        ["text", "v = 'only'", "only (by a CHECK)"],
        ["smallint", "v IN (1, 2, 3)", "1, 2 or 3 (by a CHECK)"],
        ["int", "v BETWEEN 0 AND 100", "at least 0 and at most 100 (by a CHECK)"],
        ["bigint", "v > -5", "more than -5 (by a CHECK)"],
        ["int", "0 < v", "more than 0 (by a CHECK)"],
        ["numeric(9,2)", "v >= 0.25 AND v < 12345.678", "at least 0.25 and less than 12345.678 (by a CHECK)"],
        ["numeric", "v <= 1e10", "at most 10000000000 (by a CHECK)"],
        ["numeric", "v > -0.00012", "more than -0.00012 (by a CHECK)"],
        ["float8", "v <= 1.5", "at most 1.5 (by a CHECK)"],
        ["date", "v >= date '1999-12-31'", "at least 1999-12-31 (by a CHECK)"],
        ["text", "v IN ('a', NULL)", undefined],
        ["text", "v <> ''", undefined],
        ["text", "upper(v) IN ('A')", undefined],
        ["text", "v = 'a' OR length(v) = 2", undefined],
        ["text", "NOT v IN ('a', 'b')", undefined],
        ["text", "v LIKE 'a%'", undefined],
        ["int", "v % 2 = 0", undefined],
        ["int", "v > 0 OR v < -10", undefined],
        ["text", "v = 'a' OR other IS NULL", undefined],
        ["text[]", "v <@ ARRAY['cook', 'waiter']", "cook or waiter (by a CHECK)"],
        ["varchar(9)[]", "ARRAY['a', 'b']::varchar[] @> v", "a or b (by a CHECK)"],
        ["int[]", "v <@ ARRAY[1, 2] AND cardinality(v) < 3", "1 or 2 (by a CHECK)"],
        ["int[]", "v @> ARRAY[1, 2]", undefined]
      ]
      const columns = checks.map(
        ([type, check], at) => `c${at} ${type} CHECK (${check.replaceAll(/\bv\b/g, `c${at}`)})`
      )
      const found = yield* allowedOf(`CREATE TABLE t (${columns.join(", ")}, other int)`)
      const shown = (allowed: Allowed | undefined) => (allowed === undefined ? undefined : allowedText(allowed))
      expect(checks.map((_, at) => shown(found.get(`c${at}`)))).toEqual(checks.map(([, , expected]) => expected))
    })
  )

  it.scopedLive(
    "of a domain, of several columns and of several constraints counts; one that is not validated does not",
    () =>
      Effect.gen(function* () {
        const found = yield* allowedOf(`
        CREATE DOMAIN percent AS int CHECK (VALUE >= 0); CREATE DOMAIN share AS percent CHECK (VALUE <= 100);
        CREATE DOMAIN state AS text CHECK (VALUE IN ('on', 'off')); CREATE DOMAIN days AS text[] CHECK (VALUE <@ ARRAY['mon', 'tue']);
        CREATE TYPE mood AS ENUM ('glad', 'sad');
        CREATE TABLE t (share share, state state, narrower state CHECK (narrower IN ('on')), moods mood[], days days, a int, b text, c text,
          CHECK (a > 0 AND b IN ('x', 'y') AND a < length(b)), CHECK (a < 9));
        ALTER TABLE t ADD CHECK (c IN ('p', 'q')) NOT VALID`)
        expect(
          Object.fromEntries([...found].map(([name, allowed]) => [name, allowed && allowedText(allowed)]))
        ).toEqual({
          share: "at least 0 and at most 100 (by its domain)",
          state: "on or off (by its domain)",
          narrower: "on (by a CHECK)",
          moods: "glad or sad (by its enum)",
          days: "mon or tue (by its domain)",
          a: "more than 0 and less than 9 (by a CHECK)",
          b: "x or y (by a CHECK)",
          c: undefined
        })
      })
  )

  it.scopedLive("is read as it was written, whatever its values and bounds are", () =>
    Effect.gen(function* () {
      const text = FastCheck.string({ unit: "binary", maxLength: 12 }).filter((each) => !each.includes("\0"))
      const texts = FastCheck.sample(FastCheck.uniqueArray(text, { minLength: 1, maxLength: 5 }), {
        numRuns: 80,
        seed: 1
      })
      const decimal = FastCheck.tuple(
        FastCheck.bigInt(-(10n ** 30n), 10n ** 30n),
        FastCheck.integer({ min: 0, max: 25 })
      )
      const numbers = FastCheck.sample(decimal, { numRuns: 80, seed: 2 }).map(([digits, scale]) => {
        const written = String(digits < 0n ? -digits : digits).padStart(scale + 1, "0")
        const point = written.length - scale
        const sign = digits < 0n ? "-" : ""
        return `${sign}${written.slice(0, point)}${scale === 0 ? "" : `.${written.slice(point)}`}`
      })
      const found = yield* allowedOf(`CREATE TABLE t (
        ${texts.map((values, at) => `t${at} text CHECK (${quoteIdentifier(`t${at}`)} IN (${values.map(literal).join(", ")}))`).join(", ")},
        ${numbers.map((value, at) => `n${at} numeric CHECK (n${at} > ${literal(value)}::numeric)`).join(", ")})`)
      expect(texts.map((_, at) => found.get(`t${at}`)?.values)).toEqual(texts)
      expect(numbers.map((_, at) => found.get(`n${at}`)?.low?.value)).toEqual(numbers)
    })
  )

  it("that was cut, or is none, says nothing", () => {
    const reading: Reading = { operators: new Map([[98, "="]]), decode: (bytes) => Buffer.from(bytes).toString() }
    const constant = "{CONST :consttype 25 :constlen -1 :constisnull false :constvalue 5 [ 20 0 0 0 97 ]}"
    const whole = `{OPEXPR :opno 98 :opfuncid 67 :args ({VAR :varno 1 :varattno 6} ${constant}) :location 218}`
    expect([...limits(whole, reading)]).toEqual([[6, { values: ["a"] }]])
    for (let length = 0; length < whole.length; length++) expect(limits(whole.slice(0, length), reading).size).toBe(0)
    FastCheck.assert(
      FastCheck.property(
        FastCheck.string({ unit: FastCheck.constantFrom(...'{}()[] :"\\5aVAR') }),
        (text) => limits(text, reading).size === 0
      )
    )
  })
})
