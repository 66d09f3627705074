import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { expect, layer } from "@effect/vitest"
import { Effect, Either, Redacted } from "effect"
import { userInfo } from "node:os"
import { complete, type Environment } from "../../src/datasource/ConnectionDefaults.ts"
import * as DatasourceUrl from "../../src/datasource/DatasourceUrl.ts"

/** A home with these files, by name and mode, and the environment that says so. */
const home = (files: Readonly<Record<string, readonly [text: string, mode?: number]>> = {}) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const folder = yield* fs.makeTempDirectoryScoped()
    for (const [name, [text, mode = 0o600]] of Object.entries(files)) {
      yield* fs.makeDirectory(path.dirname(path.join(folder, name)), { recursive: true })
      yield* fs.writeFileString(path.join(folder, name), text, { mode })
      yield* fs.chmod(path.join(folder, name), mode)
    }
    return folder
  })

const completed = (url: string, environment: Environment) =>
  Effect.map(complete(Redacted.make(url), environment), ({ url, warnings }) => ({
    text: Redacted.value(url),
    warnings,
    ...Either.getOrThrow(DatasourceUrl.parse(url))
  }))

const messageOf = (url: string, environment: Environment) =>
  Effect.map(Effect.flip(complete(Redacted.make(url), environment)), ({ message }) => message)

layer(NodeContext.layer)("what a URL leaves open", (it) => {
  it.scoped("is nothing where it is whole: then it stays as it is", () =>
    Effect.gen(function* () {
      const HOME = yield* home({ ".pgpass": ["*:*:*:*:other"] })
      const url = "postgres://me:secret@db:5433/shop?sslmode=require"
      const whole = yield* completed(url, { HOME, PGHOST: "other", PGUSER: "other", PGDATABASE: "other" })
      expect(whole.text).toBe(url)
    })
  )

  it.scoped("comes from the environment, and what the URL says counts more", () =>
    Effect.gen(function* () {
      const HOME = yield* home()
      const environment = {
        HOME,
        PGHOST: "db",
        PGPORT: "6000",
        PGUSER: "me",
        PGPASSWORD: "secret",
        PGSSLMODE: "require"
      }
      const all = yield* completed("", { ...environment, PGDATABASE: "shop" })
      expect([all.display, all.user, Redacted.value(all.password), all.tls.mode]).toEqual([
        "db:6000/shop",
        "me",
        "secret",
        "require"
      ])
      const some = yield* completed("postgres://you@other/shop?sslmode=disable", environment)
      expect([some.display, some.user, some.tls.mode]).toEqual(["other:6000/shop", "you", "disable"])
      const none = yield* completed("postgres://h", { HOME })
      expect(none.display).toBe(`h:5432/${userInfo().username}`)
    })
  )

  it.scoped("comes from a service before the environment, and the person's file before the system's", () =>
    Effect.gen(function* () {
      const HOME = yield* home({
        ".pg_service.conf": ["[prod]\nhost=db\ndbname=shop\n"],
        "etc/pg_service.conf": ["[prod]\nhost=system\n[stage]\nhost=staging\ndbname=shop\n"],
        "mine.conf": ["[prod]\nhost=mine\ndbname=shop\n[bad]\nhost\n"]
      })
      const environment = { HOME, PGSYSCONFDIR: `${HOME}/etc`, PGUSER: "me", PGHOST: "no", PGHOSTADDR: "10.0.0.9" }
      const displayed = (url: string, more: Environment = {}) =>
        Effect.map(
          completed(url, { ...environment, ...more }),
          ({ display, endpoints }) => `${display} ${endpoints[0].address}`
        )
      expect(yield* displayed("service=prod")).toBe("db:5432/shop db")
      expect(yield* displayed("postgres:///?service=stage")).toBe("staging:5432/shop staging")
      expect(yield* displayed("", { PGSERVICE: "prod" })).toBe("db:5432/shop db")
      expect(yield* displayed("postgres:///other", { PGSERVICE: "prod" })).toBe("db:5432/other db")
      expect(yield* displayed("", { PGSERVICE: "prod", PGSERVICEFILE: `${HOME}/mine.conf` })).toBe(
        "mine:5432/shop mine"
      )
      expect(yield* messageOf("service=none", environment)).toContain('no service "none"')
      expect(yield* messageOf("service=bad", { ...environment, PGSERVICEFILE: `${HOME}/mine.conf` })).toContain(
        "line 5"
      )
    })
  )

  it.scoped("has its password from a password file that nobody else may read", () =>
    Effect.gen(function* () {
      const lines = "db:5432:shop:me:from file\n*:*:*:you:yours\n"
      const HOME = yield* home({ ".pgpass": [lines], open: [lines, 0o644], other: ["*:*:*:*:other"] })
      const password = (url: string, more: Environment = {}) =>
        Effect.map(completed(url, { HOME, ...more }), (one) => [Redacted.value(one.password), one.warnings.length])
      expect(yield* password("postgres://me@db/shop")).toEqual(["from file", 0])
      expect(yield* password("postgres://you@elsewhere/shop")).toEqual(["yours", 0])
      expect(yield* password("postgres://me@db/shop", { PGPASSWORD: "mine" })).toEqual(["mine", 0])
      expect(yield* password("postgres://me@db/shop", { PGPASSFILE: `${HOME}/other` })).toEqual(["other", 0])
      expect(yield* password(`postgres://me@db/shop?passfile=${HOME}/other`)).toEqual(["other", 0])
      expect(yield* password("postgres://me@db/shop", { PGPASSFILE: `${HOME}/open` })).toEqual(["", 1])
      expect(yield* password("postgres://me@db/shop", { PGPASSFILE: HOME })).toEqual(["", 1])
      expect(yield* password("postgres://nobody@db/shop")).toEqual(["", 0])
    })
  )

  it.scoped("has its certificates from where libpq looks for them", () =>
    Effect.gen(function* () {
      const HOME = yield* home({
        ".postgresql/root.crt": ["x"],
        ".postgresql/postgresql.crt": ["x"],
        ".postgresql/postgresql.key": ["x"]
      })
      const folder = `${HOME}/.postgresql`
      const { tls } = yield* completed("postgres://me@db/shop", { HOME })
      expect([tls.rootCert, tls.cert, tls.key, tls.revoked]).toEqual([
        `${folder}/root.crt`,
        `${folder}/postgresql.crt`,
        `${folder}/postgresql.key`,
        null
      ])
      expect((yield* completed("postgres://me@db/shop?sslrootcert=ca.pem", { HOME })).tls.rootCert).toBe(
        `${process.cwd()}/ca.pem`
      )
    })
  )

  it.scoped("is refused by the name of its variable where it cannot be honoured", () =>
    Effect.gen(function* () {
      const HOME = yield* home()
      const url = "postgres://me@db/shop"
      expect(yield* messageOf(url, { HOME, PGGSSENCMODE: "require" })).toMatch(/^PGGSSENCMODE: gssencmode can only/)
      expect(yield* messageOf(url, { HOME, PGSSLMODE: "please" })).toMatch(
        /PG\* variables together .*sslmode is not one of/
      )
      expect(yield* messageOf("postgres://me:s3cret@db/shop?sslmode=please", { HOME })).toMatch(/^The datasource URL/)
    })
  )

  it.scoped("is a password of the file only where it is meant for each of several hosts", () =>
    Effect.gen(function* () {
      const HOME = yield* home({ ".pgpass": ["a:5432:*:*:same\nb:5432:*:*:same\nc:5432:*:*:other\n"] })
      const passwordOf = (url: string) =>
        Effect.map(completed(url, { HOME }), ({ password }) => Redacted.value(password))
      expect(yield* passwordOf("postgres://me@a,b/shop")).toBe("same")
      expect(yield* passwordOf("postgres://me@d,e/shop")).toBe("")
      for (const hosts of ["a,c", "c,a", "d,a", "a,d"]) {
        const message = yield* messageOf(`postgres://me@${hosts}/shop`, { HOME })
        expect(message).toContain("name one host")
        expect(message).not.toMatch(/same\b(?! password)|other/)
      }
    })
  )
})
