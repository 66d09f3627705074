import { describe, expect, it } from "@effect/vitest"
import { Arbitrary, Duration, Either, FastCheck, Redacted, Schema } from "effect"
import { userInfo } from "node:os"
import { write } from "../../src/datasource/ConnectionString.ts"
import * as DatasourceUrl from "../../src/datasource/DatasourceUrl.ts"

const parse = (url: string) => DatasourceUrl.parse(Redacted.make(url))
const displayOf = (url: string) => Either.getOrThrow(parse(url)).display
const messageOf = (url: string) => Either.getOrThrow(Either.flip(parse(url))).message

describe("a datasource's URL", () => {
  it("is taken apart, with libpq's defaults", () => {
    expect(Either.getOrThrow(parse("postgres://reader@db.example.com"))).toMatchObject({
      endpoints: [{ host: "db.example.com", address: "db.example.com", port: 5432 }],
      user: "reader",
      database: "reader",
      tls: { mode: "prefer" },
      target: "any",
      display: "db.example.com:5432/reader"
    })
    expect(Either.getOrThrow(parse("postgres://h/shop")).user).toBe(userInfo().username)
  })

  it("may name a port, a database, TLS, addresses, a socket's directory, and several hosts", () => {
    const seen = [
      "postgresql://u:p@h:6543/shop?sslmode=verify-full&sslrootcert=/ca.pem",
      "postgres://u@h:80/shop",
      "postgres://u@[::1]:5433/shop",
      "postgres://u@/shop?host=/var/run/postgresql",
      "postgres://u@%2Fvar%2Frun%2Fpostgresql/shop",
      "postgres://u@one:6000,two,[::2]:6001/shop",
      "postgres://u@one,two/shop?port=6000",
      "postgres://u@h/shop?hostaddr=10.0.0.1",
      "  postgres://u@h/shop\n",
      "postgres://h/?dbname=shop&user=u&password=p&port=6000",
      "host=h user=u dbname='my shop' password='it''s'".replace("''", "\\'"),
      "postgres:///shop"
    ].map(displayOf)
    expect(seen).toEqual([
      "h:6543/shop",
      "h:80/shop",
      "[::1]:5433/shop",
      "/var/run/postgresql:5432/shop",
      "/var/run/postgresql:5432/shop",
      "one:6000,two:5432,[::2]:6001/shop",
      "one:6000,two:6000/shop",
      "h:5432/shop",
      "h:5432/shop",
      "h:6000/shop",
      "h:5432/my shop",
      "localhost:5432/shop"
    ])
  })

  it("means by its parameters what libpq means", () => {
    const query = [
      "ssl=true&sslrootcert=/ca&sslcert=/c&sslkey=/k&sslnegotiation=direct&channel_binding=require",
      "connect_timeout=3&application_name=me&target_session_attrs=prefer-standby&gssencmode=disable",
      "options=-c%20statement_timeout%3D5s&client_encoding=UTF8"
    ].join("&")
    expect(Either.getOrThrow(parse(`postgres://u@h/shop?${query}`))).toMatchObject({
      tls: { mode: "require", rootCert: "/ca", cert: "/c", key: "/k", negotiation: "direct" },
      channelBinding: "require",
      connectTimeout: Duration.seconds(3),
      applicationName: "me",
      target: "prefer-standby",
      options: "-c statement_timeout=5s"
    })
  })

  it("is not misread where a parameter cannot be honoured, but refused with its name", () => {
    for (const [query, hint] of [
      ["sslmode=require&sslmode=disable", "sslmode is given twice"],
      ["user=v", "user is given twice"],
      ["dbname=other", "dbname is given twice"],
      ["host=other", "host is given twice"],
      ["service=prod", "service is for the command line"],
      ["passfile=/x", "passfile is for the command line"],
      ["gssencmode=require", "gssencmode can only be disable or prefer"],
      ["require_auth=none", "require_auth is not supported"],
      ["pgbouncer=true", `no connection parameter "pgbouncer"`],
      ["ssl=yes", `no connection parameter "ssl"`],
      ["sslmode=please", "sslmode is not one of"],
      ["target_session_attrs=best", "target_session_attrs is not one of"],
      ["connect_timeout=soon", "connect_timeout"],
      ["sslcert=/c", "sslcert and sslkey need each other"],
      ["sslnegotiation=direct", "sslnegotiation=direct needs"],
      ["hostaddr=10.0.0.1,10.0.0.2", "host and hostaddr"],
      ["port=1,2", "port is given twice"],
      ["sslmode", "name=value"]
    ] as const) {
      expect(messageOf(`postgres://u:p@h:1/shop?${query}`)).toContain(hint)
    }
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

  it.prop(
    "gives back the same from name=value pairs, and from the URL that is written of parameters",
    [Arbitrary.make(Schema.Struct({ user: Part(), password: Part(), dbname: Part() }))],
    ([parts]) => {
      const pairs = Object.entries(parts).map(([name, value]) => `${name} = '${value.replaceAll(/['\\]/g, "\\$&")}'`)
      for (const text of [pairs.join(" "), write(new Map(Object.entries(parts)))]) {
        const parsed = Either.getOrThrow(parse(text))
        expect([parsed.user, Redacted.value(parsed.password), parsed.database]).toEqual([
          parts.user,
          parts.password,
          parts.dbname
        ])
      }
    }
  )

  it.prop(
    "shows no piece of a password that was not encoded, however the URL reads then",
    [
      FastCheck.array(
        FastCheck.constantFrom("s3cr", "w0rd", "/", "@", "#", "?", ":", "%", "&", "=", ",", "[", " ", "'"),
        {
          minLength: 1,
          maxLength: 8
        }
      )
    ],
    ([pieces]) => {
      const password = pieces.join("")
      for (const text of [
        `postgres://u:${password}@h/shop`,
        `postgres://${password}@h/shop`,
        `postgres://u:${password}@h/shop?sslmode=${password}`,
        `postgres://u@h/shop?password=${password}`,
        `host=h dbname=shop password=${password}`,
        `host=h password=${password} dbname=shop`
      ]) {
        const parsed = parse(text)
        const shown = Either.isLeft(parsed) ? parsed.left.message : parsed.right.display
        expect([text, shown]).not.toEqual([text, expect.stringMatching(/s3cr|w0rd/)])
        if (Either.isRight(parsed) && password !== "" && text.startsWith("postgres://u:")) {
          expect(parsed.right.display).toBe("h:5432/shop")
        }
      }
    }
  )

  for (const [text, hint] of [
    ["", "postgres://user:password@host"],
    ["localhost:5432/shop", "postgres://user:password@host"],
    ["mysql://u:s3cret@h/shop", "mysql://"],
    ["jdbc:postgresql://u:s3cret@h/shop", "jdbc:postgresql://"],
    ["u:s3cret://h/shop", "postgres://user:password@host"],
    ["postgres://u:s3cret@h:99999/shop", "port"],
    ["postgres://u:s3@cr#et@h/shop", "%23"],
    ["postgres://u:s3@cr/et@h/shop", "%2F"],
    ["postgres://u:s3cr/et@h/shop", "%2F"],
    ["postgres://u:s3cr", "host or port"],
    ["postgres://u:s3cret%@h/shop", "%25"],
    ["postgres://u:s3cret@h/shop?sslmode=s3cret", "sslmode"],
    ["postgres://u:s3cret@h/shop?port=s3cret", "port"],
    ["password=a s3cret=b", "pairs"],
    ["password=s3cr letter=et", "quote"],
    ["host=h password='s3cret", "pairs"]
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
