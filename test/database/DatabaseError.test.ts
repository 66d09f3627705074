import { describe, expect, it } from "@effect/vitest"
import { SqlError } from "@effect/sql/SqlError"
import { Cause, Effect, Exit } from "effect"
import { DatabaseError, orDatabaseError } from "../../src/database/DatabaseError.ts"

/** What pg fails with where the server answered. */
const answered = (code: string, message = "no") => Object.assign(new Error(message), { severity: "ERROR", code })
/** What it fails with where the connection failed. */
const unanswered = (code: string, message = "no") => Object.assign(new Error(message), { code })

describe("an error of our database", () => {
  it.each([
    ["08006", true],
    ["40001", true],
    ["40P01", true],
    ["53300", true],
    ["57P01", true],
    ["57014", true],
    ["25P03", true],
    ["25006", true],
    ["22003", false],
    ["23505", false],
    ["42501", true],
    ["XX000", false]
  ])("that the server answered with %s: retryable is %s", (code, retryable) => {
    expect(DatabaseError.from(new SqlError({ cause: answered(code) }))).toMatchObject({ code, retryable })
  })

  it.each(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "ENOTFOUND"])(
    "that has no answer (%s) is retryable and has no SQLSTATE",
    (code) => {
      expect(DatabaseError.from(new SqlError({ cause: unanswered(code) }))).toMatchObject({
        code: null,
        retryable: true
      })
    }
  )

  it("has a message of one line", () => {
    expect(DatabaseError.from(new SqlError({ cause: answered("42601", "syntax\n  error\tat end") })).message).toBe(
      "syntax error at end"
    )
  })

  it("that consists of several, as a host with two addresses gives them, names the first", () => {
    const both = new AggregateError([
      unanswered("ECONNREFUSED", "connect ECONNREFUSED ::1:5432"),
      unanswered("ECONNREFUSED", "connect ECONNREFUSED 127.0.0.1:5432")
    ])
    expect(DatabaseError.from(new SqlError({ cause: both })).message).toBe("connect ECONNREFUSED ::1:5432")
  })
})

describe("orDatabaseError", () => {
  it.effect("turns the driver's failures and its defects into errors", () =>
    Effect.gen(function* () {
      const failure = new SqlError({ cause: answered("57P01") })
      expect((yield* Effect.flip(orDatabaseError(Effect.fail(failure)))).code).toBe("57P01")
      expect((yield* Effect.flip(orDatabaseError(Effect.die(failure)))).code).toBe("57P01")
    })
  )

  it.effect("lets every other error and defect pass, and interruption", () =>
    Effect.gen(function* () {
      expect(yield* Effect.flip(orDatabaseError(Effect.fail("mine")))).toBe("mine")
      expect(yield* Effect.exit(orDatabaseError(Effect.die("a bug")))).toEqual(Exit.die("a bug"))
      const exit = yield* Effect.exit(orDatabaseError(Effect.interrupt))
      expect(Exit.isFailure(exit) && Cause.isInterruptedOnly(exit.cause)).toBe(true)
    })
  )
})
