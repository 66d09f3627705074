import { Effect, Layer, type Scope } from "effect"
import { execFileSync, spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { embeddedAt } from "../fixtures/embeddedAt.ts"
import { folder } from "./Program.ts"

/** Directories of embedded servers to be damaged: `make` copies one that was made once, with its owner, to a new place. */
export const template: Effect.Effect<{ readonly make: Effect.Effect<string, never, Scope.Scope> }, never, Scope.Scope> =
  Effect.gen(function* () {
    const whole = yield* folder
    yield* Effect.orDie(Effect.scoped(Layer.build(embeddedAt(whole))))
    return {
      make: Effect.tap(folder, (directory) =>
        Effect.sync(() => execFileSync("cp", ["-a", join(whole, "postgres"), directory]))
      )
    }
  })

const zero = (file: string) => writeFileSync(file, Buffer.alloc(statSync(file).size))

const segments = (data: string) =>
  readdirSync(join(data, "pg_wal"))
    .filter((name) => /^[0-9A-F]{24}$/.test(name))
    .map((name) => join(data, "pg_wal", name))

const remove = (...parts: ReadonlyArray<string>) => rmSync(join(...parts), { recursive: true })

const allBut = (data: string, kept: string) => {
  for (const name of readdirSync(data)) if (name !== kept) remove(data, name)
}

/** What may happen to the data of a server that does not run, by the reason that is then told. */
export const CASES: Readonly<Record<string, Readonly<Record<string, (data: string) => void>>>> = {
  Damaged: {
    "pg_control is empty": (data) => truncateSync(join(data, "global/pg_control"), 0),
    "pg_control is zeroes": (data) => zero(join(data, "global/pg_control")),
    "pg_control is gone": (data) => remove(data, "global/pg_control"),
    "the WAL is gone": (data) => segments(data).forEach((segment) => remove(segment)),
    "the WAL is zeroes": (data) => segments(data).forEach(zero),
    "the WAL's folder is gone": (data) => remove(data, "pg_wal"),
    "the commit log is gone": (data) => remove(data, "pg_xact"),
    "the database's folder is gone": (data) => remove(data, "base"),
    "the settings are gone": (data) => remove(data, "postgresql.conf"),
    "only PG_VERSION is there": (data) => allBut(data, "PG_VERSION"),
    "PG_VERSION is gone": (data) => remove(data, "PG_VERSION"),
    "PG_VERSION is zeroes": (data) => zero(join(data, "PG_VERSION")),
    "the data are empty": (data) => allBut(data, ""),
    "the data's folder is gone": (data) => remove(data),
    "the data are a file": (data) => (remove(data), writeFileSync(data, "")),
    "the cluster is a file": (data) => (remove(dirname(data)), writeFileSync(dirname(data), "")),
    "the lock file is a folder": (data) => mkdirSync(join(data, "postmaster.pid"))
  },
  Password: {
    "the password is gone": (data) => remove(dirname(data), "password"),
    "the password is empty": (data) => truncateSync(join(dirname(data), "password"), 0),
    "the password is another's": (data) => writeFileSync(join(dirname(data), "password"), "another")
  },
  Version: {
    "the data are PostgreSQL 16's": (data) => writeFileSync(join(data, "PG_VERSION"), "16\n")
  },
  Directory: {
    "the settings are no settings": (data) => writeFileSync(join(data, "postgresql.conf"), "what = is = this\n"),
    "the rules of access are zeroes": (data) => zero(join(data, "pg_hba.conf")),
    "the lock file is empty": (data) => writeFileSync(join(data, "postmaster.pid"), ""),
    "the lock file is no lock file": (data) => writeFileSync(join(data, "postmaster.pid"), "what\nis this\n"),
    "others may read the data": (data) => execFileSync("chmod", ["0755", data])
  }
}

const sh = (script: string, ...args: ReadonlyArray<string>) => spawnSync("/bin/sh", ["-c", script, "sh", ...args])

const mounted = (directory: string, options: string) =>
  sh('mount -t tmpfs -o "$1" tmpfs "$2"', options, directory).status === 0

const unmount = (directory: string) => sh('umount "$1"', directory)

/** Whether this run can make disks of its own: root outside most containers. */
export const canMount: boolean = (() => {
  const directory = mkdtempSync(join(tmpdir(), "workflow-infra-mount-"))
  const can = mounted(directory, "size=1m")
  if (can) unmount(directory)
  rmSync(directory, { recursive: true })
  return can
})()

/** A small disk, for as long as the scope is open, that PostgreSQL's user can enter. */
export const disk = (size: string): Effect.Effect<string, never, Scope.Scope> =>
  Effect.tap(folder, (directory) =>
    Effect.acquireRelease(
      Effect.sync(() => mounted(directory, `size=${size},mode=0711`)),
      () => Effect.sync(() => unmount(directory))
    )
  )

/** From now on nothing can be written there. */
export const makeReadOnly = (directory: string) => sh('mount -o remount,ro "$1"', directory)

/** From now on there is no room there. */
export const fill = (directory: string) => {
  spawnSync("dd", ["if=/dev/zero", `of=${join(directory, "filling")}`, "bs=4k"])
}
