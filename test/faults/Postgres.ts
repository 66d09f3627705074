import { Command, FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { Effect, Layer, type Option, Redacted, type Scope } from "effect"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { Database } from "../../src/database/Database.ts"
import { type Binaries, findBinaries } from "../../src/embedded/Binaries.ts"
import * as GuardedProcess from "../../src/embedded/GuardedProcess.ts"
import { ROOT_HOME } from "../../src/embedded/Location.ts"
import { problemIn } from "../../src/embedded/ServerLog.ts"
import type { ServerUser } from "../../src/embedded/ServerUser.ts"
import { administer } from "../database/installations.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import * as Ledger from "./Ledger.ts"
import { answers, environment, folder, freePort } from "./Running.ts"

/** Where Debian's packages have PostgreSQL 15. */
const DEBIAN_15 = "/usr/lib/postgresql/15/bin"

/** Whether a PostgreSQL 15 is there: `it.scoped.runIf(Postgres.has15)("… (needs PostgreSQL 15)", …)`. */
export const has15 = existsSync(join(DEBIAN_15, "postgres"))

/** Data of a server that is not running, or not yet. */
export interface Cluster {
  readonly folder: string
  readonly data: string
  readonly binaries: Binaries
  readonly user: Option.Option<ServerUser>
}

/** A server of a test's own, which it may make read only, stop and promote as it likes. */
export interface Postgres {
  readonly cluster: Cluster
  /** A superuser's, with the database `postgres`; it takes no password. */
  readonly url: Redacted.Redacted
  /** Stops it, in order (SIGINT) or as if it had crashed (SIGQUIT), and waits until it is gone. */
  readonly stop: (how: "SIGINT" | "SIGQUIT") => Effect.Effect<void>
}

const orDie = <A, E, R>(effect: Effect.Effect<A, E, R>) => effect.pipe(Effect.provide(NodeContext.layer), Effect.orDie)

/** Runs a command to its end, and dies where it fails. */
export const command = (name: string, ...args: ReadonlyArray<string>) =>
  Effect.flatMap(Command.exitCode(Command.make(name, ...args)), (status) =>
    status === 0 ? Effect.void : Effect.dieMessage(`${name} ${args.join(" ")} ended with ${status}`)
  ).pipe(orDie)

/** A new cluster: of the PostgreSQL that comes with the package, or of Debian's 15. Everybody on 127.0.0.1 is trusted. */
export const initialise = (version: 15 | 18 = 18): Effect.Effect<Cluster, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { path, user } = yield* folder
    const binaries =
      version === 18
        ? yield* findBinaries(user, ROOT_HOME)
        : { initdb: join(DEBIAN_15, "initdb"), postgres: join(DEBIAN_15, "postgres") }
    const data = join(path, "data")
    const log = join(path, "initdb.log")
    const initdb = yield* GuardedProcess.start({
      command: binaries.initdb,
      args: ["-D", data, "-U", "postgres", "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"],
      env: environment,
      log,
      user
    })
    if ((yield* initdb.exit) !== 0) return yield* Effect.dieMessage(yield* problemIn(log))
    return { folder: path, data, binaries, user }
  }).pipe(orDie)

/** A copy of a cluster that is not running. */
export const copy = (cluster: Cluster): Effect.Effect<Cluster, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { path } = yield* folder
    const data = join(path, "data")
    yield* command("cp", "-a", cluster.data, data)
    return { ...cluster, folder: path, data }
  })

/** Makes a cluster that is not running a standby of a server, under a name. */
export const follow = (cluster: Cluster, primary: Postgres, name: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const { hostname, port, username } = new URL(Redacted.value(primary.url))
    yield* fs.writeFileString(join(cluster.data, "standby.signal"), "")
    return { primary_conninfo: `host=${hostname} port=${port} user=${username} application_name=${name}` }
  }).pipe(orDie)

/** Runs a cluster's server, with these settings, until the scope closes; returns when it takes connections. */
export const serve = (
  cluster: Cluster,
  settings: Readonly<Record<string, string>> = {}
): Effect.Effect<Postgres, never, Scope.Scope> =>
  Effect.gen(function* () {
    const port = yield* freePort
    const log = join(cluster.folder, "server.log")
    const all = {
      port: String(port),
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
      dynamic_shared_memory_type: "mmap",
      fsync: "off",
      wal_keep_size: "512MB",
      ...settings
    }
    const server = yield* GuardedProcess.start({
      command: cluster.binaries.postgres,
      args: ["-D", cluster.data, ...Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`])],
      env: environment,
      log,
      user: cluster.user
    })
    const failed = Effect.flatMap(problemIn(log), (why) => Effect.dieMessage(`PostgreSQL could not start: ${why}`))
    const url = Redacted.make(`postgres://postgres@127.0.0.1:${port}/postgres`)
    yield* Effect.raceFirst(answers(url), Effect.zipRight(server.exit, failed))
    return {
      cluster,
      url,
      stop: (how: "SIGINT" | "SIGQUIT") =>
        Effect.zipRight(
          Effect.sync(() => void process.kill(server.pid, how)),
          Effect.asVoid(server.exit)
        )
    }
  }).pipe(orDie)

/** A new server. */
export const make = (
  options: { readonly version?: 15 | 18; readonly settings?: Readonly<Record<string, string>> } = {}
) => Effect.flatMap(initialise(options.version), (cluster) => serve(cluster, options.settings))

/** The login that may create nothing, unless there are several. */
const LOGIN = "app"

/** A URL with that login in it. */
export const asLogin = (url: Redacted.Redacted, login = LOGIN): Redacted.Redacted => TestDatabase.as(url, login)

/** Where to install, and for whom. */
export interface Installation {
  readonly login?: string
  readonly database?: string
  readonly tablespace?: string
  readonly schema?: string
}

/** A new login that may create nothing, and a database that it may not even enter; the result is the superuser's URL of it. */
export const prepared = (server: Redacted.Redacted, options: Installation = {}): Effect.Effect<Redacted.Redacted> =>
  Effect.gen(function* () {
    const { login = LOGIN, database = login, tablespace = "pg_default" } = options
    const sql = yield* TestDatabase.connect(server)
    yield* sql`CREATE ROLE ${sql(login)} LOGIN`
    const there = yield* sql`SELECT FROM pg_database WHERE datname = ${database}`
    if (there.length === 0) {
      yield* sql`CREATE DATABASE ${sql(database)} TEMPLATE template0 TABLESPACE ${sql(tablespace)}`
      yield* sql`REVOKE ALL ON DATABASE ${sql(database)} FROM PUBLIC`
    }
    return TestDatabase.urlOf(server, database)
  }).pipe(Effect.scoped, Effect.orDie)

/** Makes the ledger's tables, and lets the login write there what its tasks write outside their transactions. */
export const ledgerFor = (login = LOGIN) =>
  Effect.gen(function* () {
    yield* Ledger.create
    const { work: sql } = yield* Database
    yield* sql`GRANT INSERT ON executions TO ${sql(login)}`
    yield* sql`GRANT USAGE ON SEQUENCE executions_position_seq TO ${sql(login)}`
  }).pipe(Effect.orDie)

/** Such a database with our tables in it, made by an administrator, and the ledger's; this process is its superuser. */
export const installed = (server: Redacted.Redacted, options: Installation = {}) =>
  Layer.effectDiscard(ledgerFor(options.login)).pipe(
    Layer.provideMerge(
      Layer.unwrapEffect(
        Effect.gen(function* () {
          const url = yield* prepared(server, options)
          yield* Effect.orDie(administer(url, options.login ?? LOGIN, options.schema))
          return TestInfra.databaseAt(url, options.schema)
        })
      )
    )
  )
