import { NodeContext } from "@effect/platform-node"
import { FileSystem } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer, Redacted } from "effect"
import { createCipheriv } from "node:crypto"
import { Credentials } from "../../src/datasource/Credentials.ts"

const ID = "0198f2f0-0000-7000-8000-000000000001"
const URL = Redacted.make("postgres://reader:s3cret@db/shop")
const KEY = Redacted.make("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")

const withConfig = (config: Record<string, string>) =>
  Layer.fresh(Credentials.layerConfig).pipe(
    Layer.provide(NodeContext.layer),
    Layer.provide(Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(config)))))
  )

describe("credentials", () => {
  it.effect("come back as they were, and are not readable in between", () =>
    Effect.gen(function* () {
      const credentials = yield* Credentials
      const encrypted = yield* credentials.encrypt("url", ID, URL)
      expect(Buffer.from(encrypted).toString("latin1")).not.toContain("s3cret")
      expect(encrypted).not.toEqual(yield* credentials.encrypt("url", ID, URL))
      expect(Redacted.value(yield* credentials.decrypt("url", ID, encrypted))).toBe(Redacted.value(URL))
    }).pipe(Effect.provide(Credentials.layer(KEY)))
  )

  it.effect("are a clear error with another key, for another datasource, changed, or cut off", () =>
    Effect.gen(function* () {
      const encrypted = yield* Effect.flatMap(Credentials, (one) => one.encrypt("url", ID, URL)).pipe(
        Effect.provide(Credentials.layer(KEY))
      )
      const other = yield* Effect.flip(Effect.flatMap(Credentials, (one) => one.decrypt("url", ID, encrypted))).pipe(
        Effect.provide(Credentials.layer(Redacted.make(Buffer.alloc(32, 7).toString("base64"))))
      )
      expect(other.message).toContain("WORKFLOW_INFRA_KEY")
      yield* Effect.gen(function* () {
        const { decrypt } = yield* Credentials
        const changed = Uint8Array.from(encrypted, (byte, index) => (index === encrypted.length - 1 ? byte ^ 1 : byte))
        for (const attempt of [
          decrypt("url", "0198f2f0-0000-7000-8000-000000000002", encrypted),
          decrypt("url", ID, changed),
          decrypt("url", ID, encrypted.subarray(0, 20)),
          decrypt("url", ID, new Uint8Array())
        ]) {
          expect((yield* Effect.flip(attempt))._tag).toBe("CredentialsError")
        }
      }).pipe(Effect.provide(Credentials.layer(KEY)))
    })
  )

  it.effect("are no values that were read there, and values are no credentials", () =>
    Effect.gen(function* () {
      const { decrypt, encrypt } = yield* Credentials
      const values = yield* encrypt("values", ID, URL)
      expect(Redacted.value(yield* decrypt("values", ID, values))).toBe(Redacted.value(URL))
      expect((yield* Effect.flip(decrypt("url", ID, values)))._tag).toBe("CredentialsError")
      const error = yield* Effect.flip(decrypt("values", ID, yield* encrypt("url", ID, URL)))
      expect(error.message).toMatch(/^The stored values .* discover the datasource again$/)
    }).pipe(Effect.provide(Credentials.layer(KEY)))
  )

  it.effect("that an earlier version encrypted come back", () =>
    Effect.gen(function* () {
      const nonce = Buffer.alloc(12, 9)
      const cipher = createCipheriv("aes-256-gcm", Buffer.from(Redacted.value(KEY), "hex"), nonce)
      cipher.setAAD(Buffer.from(ID))
      const text = Buffer.concat([cipher.update(Redacted.value(URL), "utf8"), cipher.final()])
      const stored = Buffer.concat([Buffer.of(1), nonce, cipher.getAuthTag(), text])
      const url = yield* Effect.flatMap(Credentials, ({ decrypt }) => decrypt("url", ID, stored))
      expect(Redacted.value(url)).toBe(Redacted.value(URL))
    }).pipe(Effect.provide(Credentials.layer(KEY)))
  )

  it.effect("refuse a key that is not 32 bytes, without repeating it", () =>
    Effect.gen(function* () {
      for (const key of ["", "hunter2", "A".repeat(44), Buffer.alloc(16).toString("hex")]) {
        const error = yield* Effect.flip(Layer.build(withConfig({ WORKFLOW_INFRA_KEY: key })))
        expect(String(error)).toContain("WORKFLOW_INFRA_KEY is not 32 bytes")
        expect(String(error)).not.toContain("hunter2")
      }
    }).pipe(Effect.scoped)
  )

  it.scoped("use a key file of their own, made once and for its owner only", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped()
      const file = `${directory}/deep/key`
      const layer = withConfig({ WORKFLOW_INFRA_KEY_FILE: file })
      const encrypt = Effect.flatMap(Credentials, (one) => one.encrypt("url", ID, URL)).pipe(Effect.provide(layer))
      // Many processes that start at once agree on one key.
      const encrypted = yield* Effect.all(
        Array.from({ length: 8 }, () => encrypt),
        { concurrency: "unbounded" }
      )
      expect(Number((yield* fs.stat(file)).mode) & 0o777).toBe(0o600)
      expect(yield* fs.readDirectory(`${directory}/deep`)).toEqual(["key"])
      for (const bytes of encrypted) {
        const url = yield* Effect.flatMap(Credentials, (one) => one.decrypt("url", ID, bytes)).pipe(
          Effect.provide(layer)
        )
        expect(Redacted.value(url)).toBe(Redacted.value(URL))
      }
      yield* fs.chmod(file, 0o640)
      expect(String(yield* Effect.flip(encrypt))).toContain(`chmod 600 ${file}`)
      yield* fs.chmod(file, 0o600)
      yield* fs.writeFileString(file, "damaged")
      expect(String(yield* Effect.flip(encrypt))).toContain(file)
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
