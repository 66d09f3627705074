import { describe, expect, it } from "@effect/vitest"
import { Arbitrary, Either, FastCheck, Redacted, Schema } from "effect"
import * as DatasourceUrl from "../../src/datasource/DatasourceUrl.ts"

const parse = (url: string) => DatasourceUrl.parse(Redacted.make(url))

describe("a datasource's URL", () => {
  it("is taken apart, with libpq's defaults", () => {
    const url = Either.getOrThrow(parse("postgres://reader@db.example.com"))
    expect(url).toMatchObject({
      host: "db.example.com",
      port: 5432,
      user: "reader",
      database: "reader",
      sslMode: "prefer",
      display: "db.example.com:5432/reader"
    })
  })

  it("may name a port, a database, TLS, an address of version 6 and a socket's directory", () => {
    const seen = [
      "postgresql://u:p@h:6543/shop?sslmode=verify-full&sslrootcert=/ca.pem",
      "postgres://u@h:80/shop",
      "postgres://u@[::1]:5433/shop",
      "postgres://u@/shop?host=/var/run/postgresql",
      "  postgres://u@h/shop\n"
    ].map((text) => Either.getOrThrow(parse(text)).display)
    expect(seen).toEqual([
      "h:6543/shop",
      "h:80/shop",
      "[::1]:5433/shop",
      "/var/run/postgresql:5432/shop",
      "h:5432/shop"
    ])
  })

  it.prop(
    "gives back any user, password and database that were percent-encoded",
    [Arbitrary.make(Schema.Struct({ user: Part(), password: Part(), database: Part() }))],
    ([parts]) => {
      const { user, password, database } = parts
      const url = `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@h/${encodeURIComponent(database)}`
      const parsed = Either.getOrThrow(parse(url))
      expect([parsed.user, Redacted.value(parsed.password), parsed.database]).toEqual([user, password, database])
      expect(JSON.stringify(parsed)).not.toContain(JSON.stringify(`:${password}@`))
    }
  )

  for (const [text, hint] of [
    ["", "postgres://user:password@host"],
    ["localhost:5432/shop", "postgres://user:password@host"],
    ["mysql://u:s3cret@h/shop", "mysql://"],
    ["jdbc:postgresql://u:s3cret@h/shop", "jdbc:postgresql://"],
    ["postgres://u:s3cret@h:99999/shop", "host or port"],
    ["postgres://u:s3cr#et@h/shop", "%23"],
    ["postgres://u:s3cret%@h/shop", "%25"],
    ["postgres://u:s3cret@h/shop?sslmode=please", "sslmode"],
    ["postgres://u:s3cret@h/shop?port=no", "port"]
  ] as const) {
    it(`is refused in one line without the password: ${text || "(nothing)"}`, () => {
      const error = Either.getOrThrow(Either.flip(parse(text)))
      expect(error.reason).toBe("malformed-url")
      expect(error.message).toContain(hint)
      expect(error.message).not.toMatch(/s3cr|\n/)
    })
  }
})

function Part() {
  return Schema.String.annotations({
    arbitrary: () => () => FastCheck.string({ minLength: 1, unit: "binary" }).filter((text) => !text.includes("\0"))
  })
}
