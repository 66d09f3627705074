import { describe, expect, it } from "@effect/vitest"
import { Cause, ConfigError, FiberId, Option } from "effect"
import { ending, oneLine, StepFailed, UsageError } from "../../src/cli/Failure.ts"
import { NothingToRead } from "../../src/datasource/Inspection.ts"
import type { CatalogOptions } from "../../src/datasource/SchemaReader.ts"

describe("A failure", () => {
  const noSignal = Option.none()

  it("is one line and an exit code", () => {
    const failed = new StepFailed({ title: "Relationships", reason: "the server ended\n the connection" })
    expect(ending(Cause.fail(failed), noSignal)).toEqual({
      code: 1,
      line: "Relationships failed: the server ended the connection"
    })
    expect(ending(Cause.fail(new UsageError({ message: "say what" })), noSignal)).toEqual({ code: 2, line: "say what" })
  })

  it("of a setting names the setting", () => {
    const error = ConfigError.InvalidData(["DATABASE", "CONNECTIONS"], 'Expected an integer value but received "x"')
    expect(ending(Cause.fail(error), noSignal)).toEqual({
      code: 1,
      line: 'DATABASE_CONNECTIONS: Expected an integer value but received "x"'
    })
  })

  it("to find anything says what is there and why it cannot be read", () => {
    const message = (tables: number, selection: CatalogOptions = {}, views = 0) =>
      new NothingToRead({
        display: "db:5432/shop",
        skipped: Array.from({ length: tables }, () => ({ schema: "a", table: "b", reason: "permission denied" })),
        selection,
        views
      }).message
    expect(message(0)).toBe("db:5432/shop: there are no tables")
    expect(message(0, { exclude: ["x"] })).toBe(
      "db:5432/shop: there are no tables but those that the choice of schemas and tables leaves out"
    )
    expect(message(0, { views: true, foreign: true })).toBe("db:5432/shop: there are no tables")
    expect(message(0, {}, 3)).toBe(
      "db:5432/shop: there are no tables, but 3 views, read only where asked for (--views)"
    )
    expect(message(1)).toBe("db:5432/shop: no table can be read: a.b (permission denied)")
    expect(message(3)).toBe("db:5432/shop: no table can be read: a.b (permission denied), and 2 more tables")
  })

  it("that nobody expected is one line too, without its stack, and says how to learn more", () => {
    const { code, line } = ending(Cause.die(new TypeError("x is not a function")), noSignal)
    expect(code).toBe(1)
    expect(line).toBe("unexpected error, probably a bug of ours: x is not a function (LOG_LEVEL=debug shows where)")
  })

  it("by a signal says nothing and exits as shells expect", () => {
    const interrupted = Cause.interrupt(FiberId.none)
    expect(ending(interrupted, Option.some("SIGINT"))).toEqual({ code: 130, line: null })
    expect(ending(interrupted, Option.some("SIGTERM"))).toEqual({ code: 143, line: null })
  })

  it("never repeats a password", () => {
    for (const text of [
      "cannot reach postgres://me:hunter2@db.example/shop",
      "postgres://me:hunter2@hunter2@db/shop is not a URL",
      "postgres://:hunter2@db",
      "host=db user=me password=hunter2 dbname=shop",
      "host=db password = 'hunter2' x",
      "https://db/?user=me&password=hunter2&ssl=true"
    ])
      expect(oneLine(text)).not.toContain("hunter2")
  })
})
