import { describe, expect, it } from "@effect/vitest"
import { ofStatement } from "../../src/datasource/DatasourceError.ts"

const call = { display: "db:5432/shop", user: "reader", timeout: 1_000, lockTimeout: 500, elapsed: 10 }

const failure = (code: string, message: string, severity = "ERROR") => failureWith({ code, severity }, message)

const failureWith = (fields: Record<string, string>, message: string) =>
  ofStatement(Object.assign(new Error(message), fields), call)

describe("the error of a statement", () => {
  it("quotes nobody's values, whatever is in them and whatever language the server speaks", () => {
    const said = [
      failure("22P02", 'invalid input syntax for type integer: "John "Johnny" Doe"'),
      failure("22P02", "ungültige Eingabesyntax für Typ integer: »John Doe«"),
      failure("22P02", "syntaxe en entrée invalide pour le type integer : « John Doe »"),
      failure("23514", 'new row for relation "people" violates check constraint "ck": John Doe'),
      failure("P0001", "no such customer: John Doe")
    ]
    expect(said.map(({ reason }) => reason)).toEqual(said.map(() => "failed"))
    expect(said.filter(({ message }) => /Joh?n|Doe/.test(message)).map(({ message }) => message)).toEqual([])
  })

  it("quotes none of any class, where a value was taken for a name", () => {
    const said = [
      failure("42P01", 'relation "john doe" does not exist'),
      failure("42704", 'unrecognized configuration parameter "John Doe"'),
      failure("42883", 'function "John Doe" does not exist'),
      failure("42601", 'syntax error in tsquery: "John & Doe"'),
      failure("42501", 'permission denied to set parameter "John Doe"'),
      failure("XX000", 'unexpected "John Doe"'),
      failureWith(
        {
          code: "42703",
          severity: "ERROR",
          internalPosition: "8",
          where: "PL/pgSQL function f(text) line 1 at EXECUTE"
        },
        'column "john" does not exist'
      )
    ]
    expect(said.filter(({ message }) => /joh?n|doe/i.test(message)).map(({ message }) => message)).toEqual([])
  })

  it("repeats nothing that a function says, and believes no SQLSTATE that it chose", () => {
    const where = "PL/pgSQL function public.tenant(text) line 1 at RAISE"
    for (const code of [
      "P0001",
      "42501",
      "42P01",
      "57P01",
      "25P03",

      "08006",
      "53400",
      "55P03",
      "ABCDE"
    ]) {
      const raised = failureWith({ code, severity: "ERROR", routine: "exec_stmt_raise", where }, "no access: John Doe")
      expect(raised).toMatchObject({ reason: "failed", ofOneTable: true, retryable: false, code })
      expect(raised.said).toBe(
        `a function of the database raised an error in PL/pgSQL function public.tenant (${code})`
      )
    }
    const again = failureWith({ code: "40001", severity: "ERROR", routine: "exec_stmt_raise", where }, "John Doe")
    expect(again).toMatchObject({ reason: "conflict", said: expect.not.stringContaining("John") })
    const python = failureWith({ code: "38000", severity: "ERROR", file: "plpy_elog.c" }, "KeyError: John Doe")
    expect(python.said).toBe("a function of the database raised an error (38000)")
  })

  it("keeps the names that say what to do", () => {
    expect(failure("42501", "permission denied for table orders").said).toBe(
      'permission denied for table orders: grant SELECT to "reader"'
    )
    expect(
      failure("22P05", 'character with byte sequence 0xff in encoding "WIN1251" has no equivalent').message
    ).toContain('encoding "WIN1251"')
  })

  it("is of our own connection only where it ends that", () => {
    for (const code of ["08001", "08003", "08006"]) {
      const foreign = failure(code, "server closed the connection unexpectedly")
      expect(foreign).toMatchObject({ reason: "failed", ofOneTable: true })
      expect(foreign.said).toContain("another server, of a foreign table")
      expect(failure(code, "FEHLER", "FEHLER").reason).toBe("failed")
    }
    expect(failure("08P01", "server conn crashed?", "FATAL").reason).toBe("lost")
    expect(ofStatement(new Error("Connection terminated unexpectedly"), call).reason).toBe("lost")
  })

  it("says whether a limit of the login or somebody else cancelled it", () => {
    const cancelled = (message: string, elapsed: number) =>
      ofStatement(Object.assign(new Error(message), { code: "57014", severity: "ERROR" }), { ...call, elapsed })
    expect(cancelled("canceling statement due to user request", 10).reason).toBe("cancelled")
    expect(cancelled("storniere Anfrage wegen Zeitüberschreitung", 900).said).toContain("longer than the 1 s")
    // The login's own limit is not known before its first transaction has begun.
    expect(cancelled("canceling statement due to statement timeout", 50)).toMatchObject({
      reason: "timeout",
      said: expect.stringContaining('the statement_timeout of "reader"')
    })
  })

  it("says that a type was changed where our SQL no longer fits, and nothing of the kind of somebody's function", () => {
    const missing = "function pg_catalog.trim_scale(text) does not exist"
    const planned = failureWith({ code: "42883", severity: "ERROR", position: "8" }, missing)
    expect(planned.said).toBe("the type of a column was changed meanwhile (42883)")
    const where = "PL/pgSQL function f() line 1"
    const inside = ofStatement(Object.assign(new Error("function g() does not exist"), { code: "42883", where }), call)
    expect(inside.said).toContain("g()")
  })

  it("is of one table where the server ended a transaction that took too long", () => {
    expect(failure("25P04", "terminating connection due to transaction timeout")).toMatchObject({
      reason: "timeout",
      ofOneTable: true
    })
  })
})
