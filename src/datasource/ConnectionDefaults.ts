import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Effect, Either, Redacted } from "effect"
import { homedir } from "node:os"
import { type Parameters, refusal, VARIABLES } from "./ConnectionParameters.ts"
import { read, write } from "./ConnectionString.ts"
import type { DatasourceError } from "./DatasourceError.ts"
import { fromParameters, malformed } from "./DatasourceUrl.ts"
import { isOpenToOthers } from "./FileMode.ts"
import { passwordFor } from "./PasswordFile.ts"
import { serviceIn } from "./ServiceFile.ts"

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Whether a variable is one of libpq's: `PGHOST`, `PGPASSWORD`, … */
export const isLibpq = (name: string): boolean => VARIABLES.has(name)

/** Whether libpq's variables name a database or server, so that no URL is needed. */
export const saysWhere = (environment: Environment): boolean =>
  ["PGSERVICE", "PGHOST", "PGHOSTADDR", "PGDATABASE"].some((name) => Boolean(environment[name]))

/** Where the system-wide `pg_service.conf` is looked for if `PGSYSCONFDIR` is not set: the directory of Debian's packages. */
const SYSTEM_DIRECTORY = "/etc/postgresql-common"

/** Parameters that are resolved here, and are not part of the completed URL. */
const NO_LONGER_NEEDED = ["service", "servicefile", "passfile"]
/** Parameters that are paths: they are made absolute, because the URL may be used in another working directory. */
const FILES = ["sslrootcert", "sslcert", "sslkey", "sslcrl"]
const isWindows = process.platform === "win32"

/**
 * Completes a URL with libpq's defaults, so that it can be used without this environment. Missing parameters come from the service
 * (`PGSERVICE`, `PGSERVICEFILE`), then from `PG*` variables; the password also from the password file (`PGPASSFILE`, `~/.pgpass`), TLS files
 * from `~/.postgresql`, the user from the operating system. A complete URL is returned unchanged. Fails with `DatasourceError`
 * ("malformed-url") if anything cannot be parsed or read; `warnings` are lines about files that were ignored.
 */
export const complete = (
  url: Redacted.Redacted,
  environment: Environment
): Effect.Effect<
  { readonly url: Redacted.Redacted; readonly warnings: ReadonlyArray<string> },
  DatasourceError,
  FileSystem.FileSystem | Path.Path
> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const home = environment["HOME"] || homedir()
    const text = Redacted.value(url).trim()
    const given = yield* explained(
      "The datasource URL is not valid",
      text === "" ? Either.right(new Map()) : read(text)
    )
    yield* explained("The datasource URL is not valid", fromParameters(without(given, NO_LONGER_NEEDED)))

    const fromEnvironment = new Map<string, string>()
    for (const [variable, name] of VARIABLES) {
      const value = environment[variable]
      if (value === undefined || value === "") continue
      const why = NO_LONGER_NEEDED.includes(name) ? null : refusal(name, value)
      if (why !== null && !given.has(name)) return yield* malformed(`${variable}: ${why}`)
      fromEnvironment.set(name, value)
    }
    const service = given.get("service") || fromEnvironment.get("service")
    const services = [
      given.get("servicefile") || fromEnvironment.get("servicefile") || path.join(home, ".pg_service.conf"),
      path.join(environment["PGSYSCONFDIR"] || SYSTEM_DIRECTORY, "pg_service.conf")
    ]
    const served = service === undefined ? new Map<string, string>() : yield* serviceOf(service, services)

    const merged = new Map([...fromEnvironment, ...served, ...given])
    // A `hostaddr` from a source of lower rank belongs to another host.
    if ((given.has("host") || served.has("host")) && !given.has("hostaddr") && !served.has("hostaddr")) {
      merged.delete("hostaddr")
    }
    for (const [name, value] of merged) {
      if (FILES.includes(name) && value !== "" && value !== "system") merged.set(name, path.resolve(value))
    }
    for (const group of defaultFiles(merged)) {
      const files = group.map(([name, file]) => [name, path.join(home, ".postgresql", file)] as const)
      if (yield* Effect.every(files, ([, file]) => exists(file)))
        files.forEach(([name, file]) => merged.set(name, file))
    }
    const known = without(merged, NO_LONGER_NEEDED)
    const meant = yield* explained(
      "The datasource's URL, service and PG* variables together are not valid",
      fromParameters(known)
    )

    const passfile =
      merged.get("passfile") ||
      (isWindows ? path.join(environment["APPDATA"] || home, "postgresql", "pgpass.conf") : path.join(home, ".pgpass"))
    const warnings: Array<string> = []
    if (!known.get("password") && (yield* exists(passfile))) {
      const { mode, type } = yield* Effect.mapError(fs.stat(passfile), unreadable(`The password file ${passfile}`))
      if (type !== "File") warnings.push(`the password file ${passfile} is no plain file, and is not read`)
      else if (isOpenToOthers(mode)) {
        warnings.push(
          `the password file ${passfile} may be read by others, and is not read here: chmod 600 ${passfile}`
        )
      } else {
        const lines = yield* Effect.mapError(fs.readFileString(passfile), unreadable(`The password file ${passfile}`))
        const [password, ...others] = meant.endpoints.map(({ host, port }) =>
          passwordFor(lines, { host, port: String(port), database: meant.database, user: meant.user })
        )
        // One password is kept for all hosts, and what is meant for one must not be sent to another.
        if (others.some((other) => other !== password)) {
          return yield* malformed(
            `The password file ${passfile} does not have the same password for each of the hosts ${meant.endpoints.map(({ host, port }) => `${host}:${port}`).join(", ")}: name one host`
          )
        }
        if (password !== undefined) known.set("password", password)
      }
    }
    known.set("user", meant.user)
    const isWhole = known.size === given.size && [...known].every(([name, value]) => given.get(name) === value)
    return { url: isWhole ? Redacted.make(text) : Redacted.make(write(known)), warnings }
  })

const explained = <A>(subject: string, either: Either.Either<A, string>) =>
  Either.mapLeft(either, (what) => malformed(`${subject}: ${what}`))

const without = (parameters: Parameters, names: ReadonlyArray<string>) =>
  new Map([...parameters].filter(([name]) => !names.includes(name)))

const unreadable = (what: string) => (error: { readonly message: string }) =>
  malformed(`${what} cannot be read (${error.message.replaceAll(/\s+/g, " ")})`)

const exists = (file: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.orElseSucceed(fs.exists(file), () => false))

/** The TLS files that libpq looks for in `~/.postgresql`, by parameter; a group is used only if all its files exist. */
const defaultFiles = (parameters: Parameters): ReadonlyArray<ReadonlyArray<readonly [string, string]>> => [
  ...(parameters.has("sslrootcert") ? [] : [[["sslrootcert", "root.crt"]] as const]),
  ...(parameters.has("sslrootcert") || parameters.has("sslcrl")
    ? []
    : [
        [
          ["sslrootcert", "root.crt"],
          ["sslcrl", "root.crl"]
        ] as const
      ]),
  ...(parameters.has("sslcert") || parameters.has("sslkey")
    ? []
    : [
        [
          ["sslcert", "postgresql.crt"],
          ["sslkey", "postgresql.key"]
        ] as const
      ])
]

/** The parameters of a service, from the first file that defines it. */
const serviceOf = (service: string, files: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    for (const file of files) {
      if (!(yield* exists(file))) continue
      const text = yield* Effect.mapError(fs.readFileString(file), unreadable(`The service file ${file}`))
      const found = yield* Either.mapLeft(serviceIn(text, service), (line) =>
        malformed(`The service file ${file} cannot be read at line ${line}: it needs name=value there, each name once`)
      )
      if (found !== undefined) return found
    }
    return yield* malformed(`There is no service "${service}" in ${files.join(" or ")}`)
  })
