import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import type { PlatformError } from "@effect/platform/Error"
import { Config, Context, Effect, Layer, Option, Redacted, Schema } from "effect"
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto"
import { isOpenToOthers } from "./FileMode.ts"

/** The default key file, relative to the working directory; unused where `WORKFLOW_INFRA_KEY` is set. */
const KEY_FILE = ".data/key"
/** The mode of a new key file: only its owner may read it. */
const KEY_MODE = 0o600
/** The mode of a new folder for it: private; under root also searchable, because the embedded PostgreSQL's user must pass through. */
const FOLDER_MODE = process.getuid?.() === 0 ? 0o711 : 0o700
const CIPHER = "aes-256-gcm"
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** The first byte of encrypted data: the version of its layout (format, nonce, tag, ciphertext). */
const FORMAT = 1

/** A key cannot be used, or data cannot be decrypted. The message names the key or datasource and what to do, and contains no secret. */
export class CredentialsError extends Schema.TaggedError<CredentialsError>()("CredentialsError", {
  message: Schema.String
}) {}

/** What is encrypted of a datasource: its URL with the password, or values that were read there. */
export type Sealed = "url" | "values"

/** What `Credentials` can do. */
export interface CredentialsService {
  /** Encrypts something of a datasource. The result can be decrypted only as the same, of the same datasource. */
  readonly encrypt: (what: Sealed, datasourceId: string, text: Redacted.Redacted) => Effect.Effect<Uint8Array>
  /** Fails if the key is another one, or the bytes were changed, are something else, or belong to another datasource. */
  readonly decrypt: (
    what: Sealed,
    datasourceId: string,
    encrypted: Uint8Array
  ) => Effect.Effect<Redacted.Redacted, CredentialsError>
  /**
   * Returns the HMAC-SHA-256 of a text (32 bytes), by which a row that was stored for the text is found again. Without the key nobody can
   * tell, by trying likely texts, which text it was.
   */
  readonly digest: (datasourceId: string, text: Redacted.Redacted) => Effect.Effect<Uint8Array>
}

/** What AES-GCM authenticates beside the text. That of a URL is the bare id, because stored URLs were encrypted with it. */
const boundTo = (what: Sealed, datasourceId: string): Buffer =>
  Buffer.from(what === "url" ? datasourceId : `${datasourceId} ${what}`)

const UNREADABLE: Record<Sealed, readonly [what: string, todo: string]> = {
  url: ["The credentials", "register the datasource again"],
  values: ["The stored values", "discover the datasource again"]
}

/** Encrypts the URLs and values of datasources, so that our database alone does not reveal them: AES-256-GCM, one key per installation. */
export class Credentials extends Context.Tag("workflow-infra/datasource/Credentials")<
  Credentials,
  CredentialsService
>() {
  /** Uses this key: 32 bytes, in base64 or hexadecimal digits. Fails with `CredentialsError` if it is anything else. */
  static readonly layer = (key: Redacted.Redacted): Layer.Layer<Credentials, CredentialsError> =>
    Layer.effect(Credentials, Effect.map(parseKey(key, "The key"), make))

  /**
   * Uses the key in `WORKFLOW_INFRA_KEY`, or else in a file (`WORKFLOW_INFRA_KEY_FILE`, default `.data/key`), which is created if it does not
   * exist. Fails with `CredentialsError` if the file can be neither read nor created, or others may read it.
   */
  static readonly layerConfig = Layer.effect(
    Credentials,
    Effect.gen(function* () {
      const given = yield* Config.option(Config.redacted("WORKFLOW_INFRA_KEY"))
      if (Option.isSome(given)) return make(yield* parseKey(given.value, "WORKFLOW_INFRA_KEY"))
      const file = yield* Config.withDefault(Config.nonEmptyString("WORKFLOW_INFRA_KEY_FILE"), KEY_FILE)
      return make(yield* parseKey(yield* keyOf(file), `The key file ${file}`))
    })
  )
}

const make = (key: Redacted.Redacted<Buffer>): CredentialsService => ({
  digest: (datasourceId, text) =>
    Effect.sync(() =>
      createHmac("sha256", Redacted.value(key)).update(`${datasourceId} digest `).update(Redacted.value(text)).digest()
    ),
  encrypt: (what, datasourceId, text) =>
    Effect.sync(() => {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv(CIPHER, Redacted.value(key), nonce).setAAD(boundTo(what, datasourceId))
      const encrypted = Buffer.concat([cipher.update(Redacted.value(text), "utf8"), cipher.final()])
      return Buffer.concat([Buffer.of(FORMAT), nonce, cipher.getAuthTag(), encrypted])
    }),
  decrypt: (what, datasourceId, encrypted) =>
    Effect.try({
      try: () => {
        const bytes = Buffer.from(encrypted)
        if (bytes[0] !== FORMAT) throw new Error("unknown format")
        const start = 1 + NONCE_BYTES + TAG_BYTES
        const decipher = createDecipheriv(CIPHER, Redacted.value(key), bytes.subarray(1, 1 + NONCE_BYTES), {
          authTagLength: TAG_BYTES
        })
          .setAAD(boundTo(what, datasourceId))
          .setAuthTag(bytes.subarray(1 + NONCE_BYTES, start))
        return Redacted.make(decipher.update(bytes.subarray(start), undefined, "utf8") + decipher.final("utf8"))
      },
      catch: () => {
        const [named, todo] = UNREADABLE[what]
        return new CredentialsError({
          message: `${named} of datasource ${datasourceId} cannot be decrypted: the key (WORKFLOW_INFRA_KEY, or the key file) is not the one they were encrypted with, or they were changed; bring back the key, or ${todo}`
        })
      }
    })
})

const parseKey = (key: Redacted.Redacted, name: string): Effect.Effect<Redacted.Redacted<Buffer>, CredentialsError> => {
  const text = Redacted.value(key).trim()
  const bytes = /^[0-9a-f]{64}$/i.test(text)
    ? Buffer.from(text, "hex")
    : Buffer.from(/^[A-Za-z0-9+/_-]{43}=?$/.test(text) ? text : "", "base64")
  return bytes.length === KEY_BYTES
    ? Effect.succeed(Redacted.make(bytes))
    : new CredentialsError({
        message: `${name} is not 32 bytes in base64 or hexadecimal digits: make one with "openssl rand -base64 32"`
      })
}

/** Reads the key file, or creates it atomically: if two processes create it at the same time, both use the first one's key. */
const keyOf = (file: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const read = Effect.gen(function* () {
      const { mode } = yield* fs.stat(file)
      if (isOpenToOthers(mode)) {
        return yield* new CredentialsError({
          message: `The key file ${file} may be read by others than its owner: chmod 600 ${file}, and make a new key if somebody may have`
        })
      }
      return Redacted.make(yield* fs.readFileString(file))
    })
    const isReason = (reason: string) => (error: PlatformError) =>
      error._tag === "SystemError" && error.reason === reason
    const write = Effect.gen(function* () {
      yield* fs.makeDirectory(path.dirname(file), { recursive: true, mode: FOLDER_MODE })
      const draft = `${file}.${randomBytes(8).toString("hex")}`
      yield* Effect.acquireUseRelease(
        fs.writeFileString(draft, `${randomBytes(KEY_BYTES).toString("base64")}\n`, { mode: KEY_MODE, flag: "wx" }),
        () => Effect.catchIf(fs.link(draft, file), isReason("AlreadyExists"), () => Effect.void),
        () => Effect.ignore(fs.remove(draft))
      )
    })
    return yield* Effect.catchIf(
      read,
      (error) => error._tag !== "CredentialsError" && isReason("NotFound")(error),
      () => Effect.zipRight(write, read)
    )
  }).pipe(
    Effect.mapError((error) =>
      error._tag === "CredentialsError"
        ? error
        : new CredentialsError({
            message: `The key file ${file} can be neither read nor made (${error.message.replace(/\s+/g, " ")}): set WORKFLOW_INFRA_KEY or WORKFLOW_INFRA_KEY_FILE`
          })
    )
  )
