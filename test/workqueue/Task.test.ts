import { describe, expect, it } from "@effect/vitest"
import { Cause, Data, FiberId, Schema } from "effect"
import { describeCause, MAX_ERROR_LENGTH } from "../../src/workqueue/Task.ts"

class NoMessage extends Data.TaggedError("NoMessage")<{ readonly table: string }> {}

class OnlyFields extends Schema.TaggedError<OnlyFields>()("OnlyFields", { item: Schema.String }) {}
class WithMessage extends Schema.TaggedError<WithMessage>()("WithMessage", { item: Schema.String }) {
  override get message() {
    return `no ${this.item}`
  }
}

describe("describeCause", () => {
  it.each([
    ["an error's message", new Error("relation does not exist"), "relation does not exist"],
    ["the name of an error without a message", new NoMessage({ table: "orders" }), "NoMessage"],
    [
      "what an error is that says nothing but its fields",
      new OnlyFields({ item: "soap" }),
      'OnlyFields: { "item": "soap" }'
    ],
    ["the message of a tagged error that has one", new WithMessage({ item: "soap" }), "no soap"],
    ["a string as it is", "too many connections", "too many connections"],
    ["the message of an object that is no Error", { message: "rate limited" }, "rate limited"],
    ["any other value as JSON", { code: 7 }, `{"code":7}`],
    [
      "several lines as one",
      new Error("syntax error\n  at or near\t\u0000SELECT\r\n"),
      "syntax error at or near SELECT"
    ]
  ])("says %s", (_, error, line) => {
    expect(describeCause(Cause.fail(error))).toBe(line)
    expect(describeCause(Cause.die(error))).toBe(line)
  })

  it("says that a task interrupted itself", () => {
    expect(describeCause(Cause.interrupt(FiberId.none))).toBe("The task interrupted itself")
  })

  it("cuts a long message without cutting a character in two", () => {
    for (const length of [MAX_ERROR_LENGTH - 2, MAX_ERROR_LENGTH - 1]) {
      const line = describeCause(Cause.fail(`${"x".repeat(length)}${"😀".repeat(50)}`))
      expect(line.length).toBeLessThanOrEqual(MAX_ERROR_LENGTH)
      expect(encodeURIComponent(line)).toMatch(/%E2%80%A6$/)
    }
  })
})
