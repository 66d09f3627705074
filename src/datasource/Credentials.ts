import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import type { PlatformError } from "@effect/platform/Error"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { Config, Context, Effect, Layer, Option, Redacted, Schema } from "effect"
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto"
import { isOpenToOthers } from "./FileMode.ts"

/** Where the key is kept unless `WORKFLOW_INFRA_KEY` gives one, relative to the working directory. */
const KEY_FILE = ".data/key"
/** Only its owner may read the key; one that others may read is no key any more. */
const KEY_MODE = 0o600
/** A folder that is made for it is nobody else's either; under root, the user that PostgreSQL runs as has to pass through. */
const FOLDER_MODE = process.getuid?.() === 0 ? 0o711 : 0o700
const CIPHER = "aes-256-gcm"
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** The first byte of what is stored: how the rest was made. */
const FORMAT = 1

/** Credentials could not be encrypted or decrypted. The message says which key or datasource is meant and what to do, never a secret. */
export class CredentialsError extends Schema.TaggedError<CredentialsError>()("CredentialsError", {
  message: Schema.String
}) {}

/** What `Credentials` can do. */
export interface CredentialsService {
  /** Encrypts a datasource's URL, or what was read there; it can be decrypted for the same datasource id only. */
  readonly encrypt: (datasourceId: string, text: Redacted.Redacted) => Effect.Effect<Uint8Array>
  /** Fails where the key is another one, or the bytes were changed or belong to another datasource. */
  readonly decrypt: (datasourceId: string, encrypted: Uint8Array) => Effect.Effect<Redacted.Redacted, CredentialsError>
}

/** Keeps the URLs of datasources, passwords included, unreadable for whoever reads our database: AES-256-GCM, one key per installation. */
export class Credentials extends Context.Tag("workflow-infra/datasource/Credentials")<
  Credentials,
  CredentialsService
>() {
  /** With this key: 32 bytes, in base64 or hexadecimal digits. */
  static readonly layer = (key: Redacted.Redacted): Layer.Layer<Credentials, CredentialsError> =>
    Layer.effect(Credentials, Effect.map(parseKey(key, "The key"), make))

  /**
   * With the key in `WORKFLOW_INFRA_KEY`, or else the one in a file (`WORKFLOW_INFRA_KEY_FILE`, `.data/key`), which is made at the
   * first use, readable by its owner only.
   */
  static readonly layerConfig = Layer.effect(
    Credentials,
    Effect.gen(function* () {
      const given = yield* Config.option(Config.redacted("WORKFLOW_INFRA_KEY"))
      if (Option.isSome(given)) return make(yield* parseKey(given.value, "WORKFLOW_INFRA_KEY"))
      const file = yield* Config.withDefault(Config.nonEmptyString("WORKFLOW_INFRA_KEY_FILE"), KEY_FILE)
      return make(yield* parseKey(yield* keyOf(file), `The key file ${file}`))
    })
  ).pipe(Layer.provide(NodeContext.layer))
}

const make = (key: Redacted.Redacted<Buffer>): CredentialsService => ({
  encrypt: (datasourceId, text) =>
    Effect.sync(() => {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv(CIPHER, Redacted.value(key), nonce).setAAD(Buffer.from(datasourceId))
      const encrypted = Buffer.concat([cipher.update(Redacted.value(text), "utf8"), cipher.final()])
      return Buffer.concat([Buffer.of(FORMAT), nonce, cipher.getAuthTag(), encrypted])
    }),
  decrypt: (datasourceId, encrypted) =>
    Effect.try({
      try: () => {
        const bytes = Buffer.from(encrypted)
        if (bytes[0] !== FORMAT) throw new Error("unknown format")
        const start = 1 + NONCE_BYTES + TAG_BYTES
        const decipher = createDecipheriv(CIPHER, Redacted.value(key), bytes.subarray(1, 1 + NONCE_BYTES), {
          authTagLength: TAG_BYTES
        })
          .setAAD(Buffer.from(datasourceId))
          .setAuthTag(bytes.subarray(1 + NONCE_BYTES, start))
        return Redacted.make(decipher.update(bytes.subarray(start), undefined, "utf8") + decipher.final("utf8"))
      },
      catch: () =>
        new CredentialsError({
          message: `The credentials of datasource ${datasourceId} cannot be decrypted: the key (WORKFLOW_INFRA_KEY, or the key file) is not the one they were encrypted with, or they were changed; bring back the key, or register the datasource again`
        })
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

/** Reads the key file, or makes it: complete or not at all, and once, whoever else is making it at the same moment. */
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
