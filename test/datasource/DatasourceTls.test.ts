import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { expect, layer } from "@effect/vitest"
import { Effect, Either, Redacted } from "effect"
import * as DatasourceTls from "../../src/datasource/DatasourceTls.ts"
import * as DatasourceUrl from "../../src/datasource/DatasourceUrl.ts"

const optionsOf = (query: string) =>
  Effect.try({
    try: () => {
      const { endpoints, tls } = Either.getOrThrow(DatasourceUrl.parse(Redacted.make(`postgres://u@db/shop?${query}`)))
      return DatasourceTls.options(tls, endpoints[0])
    },
    catch: (error) => (error instanceof Error ? error.message : String(error))
  })

layer(NodeContext.layer)("TLS to a datasource", (it) => {
  it.scoped("verifies what libpq verifies", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const file = yield* fs.makeTempFileScoped()
      const verifies = (query: string) =>
        Effect.map(optionsOf(query), ({ checkServerIdentity, rejectUnauthorized }) => [
          rejectUnauthorized !== false,
          rejectUnauthorized !== false && checkServerIdentity === undefined
        ])
      expect(yield* verifies("sslmode=prefer")).toEqual([false, false])
      expect(yield* verifies("sslmode=require")).toEqual([false, false])
      expect(yield* verifies(`sslmode=prefer&sslrootcert=${file}`)).toEqual([false, false])
      expect(yield* verifies(`sslmode=require&sslrootcert=${file}`)).toEqual([true, false])
      expect(yield* verifies("sslmode=verify-ca")).toEqual([true, false])
      expect(yield* verifies("sslmode=verify-full")).toEqual([true, true])
      expect(yield* verifies("sslrootcert=system")).toEqual([true, true])
      expect(yield* optionsOf("sslmode=verify-full&hostaddr=10.0.0.1")).toMatchObject({ host: "db", servername: "db" })
    })
  )

  it.scoped("says which file cannot be read, and keeps private keys private", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const key = yield* fs.makeTempFileScoped()
      const missing = yield* Effect.flip(optionsOf("sslmode=verify-full&sslrootcert=/no/such.pem"))
      expect(missing).toBe("sslrootcert: the file /no/such.pem cannot be read (it does not exist)")
      yield* fs.chmod(key, 0o644)
      expect(yield* Effect.flip(optionsOf(`sslcert=${key}&sslkey=${key}`))).toContain(`chmod 600 ${key}`)
      yield* fs.chmod(key, 0o600)
      expect((yield* optionsOf(`sslcert=${key}&sslkey=${key}`)).key).toBeDefined()
    })
  )
})
