import { describe, expect, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { type Login, passwordFor } from "../../src/datasource/PasswordFile.ts"

const LOGIN: Login = { host: "db", port: "5432", database: "shop", user: "me" }

const escaped = (text: string) => text.replaceAll(/[\\:]/g, "\\$&")
const text = FastCheck.string({ minLength: 1 }).filter((value) => !/[\r\n]/.test(value))

describe("a password file", () => {
  it("gives the password of the first line that fits, with wildcards and escapes", () => {
    const file = (...lines: ReadonlyArray<string>) => passwordFor(lines.join("\n"), LOGIN)
    expect(file("# db:5432:shop:me:comment", "other:5432:shop:me:no", "db:5432:shop:me:yes", "*:*:*:*:later")).toBe(
      "yes"
    )
    expect(file("*:*:*:*:any")).toBe("any")
    expect(file("db:*:shop:me:a\\:b\\\\c:d")).toBe("a:b\\c:d")
    expect(file("\\*:5432:shop:me:literal star", "db:5432:*:me:yes\r")).toBe("yes")
    expect(file("db:5432:shop", "db:5432:shop:me:", "")).toBeUndefined()
  })

  it("calls a server by its usual socket localhost", () => {
    expect(passwordFor("localhost:5432:*:*:local", { ...LOGIN, host: "/var/run/postgresql" })).toBe("local")
    expect(passwordFor("localhost:5432:*:*:local", { ...LOGIN, host: "/elsewhere" })).toBeUndefined()
  })

  it.prop(
    "gives back any password of any login that was escaped",
    [text, text, text, text],
    ([host, database, user, secret]) => {
      const login = { host: `h${host}`, port: "1", database, user }
      const line = [login.host, "1", database, user, secret].map(escaped).join(":")
      expect(passwordFor(`x:1:y:z:other\n${line}\n`, login)).toBe(secret)
    }
  )
})
