import { Effect, Option } from "effect"
import * as FileSystem from "@effect/platform/FileSystem"
import { spawn } from "node:child_process"
import { userInfo } from "node:os"

/** An operating system user, other than this process's, that PostgreSQL runs as. */
export interface ServerUser {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** PostgreSQL refuses to run as root. Under root it runs as the first of these users that exists. */
const CANDIDATES = ["postgres", "nobody"]

/** The conventional ids of `nobody`, for systems without /etc/passwd, such as minimal container images. */
const NOBODY: ServerUser = { name: "nobody", uid: 65534, gid: 65534 }

const isRoot = (): boolean => process.getuid?.() === 0

const named = (passwd: string, field: "name" | "uid", value: string): Option.Option<ServerUser> => {
  for (const line of passwd.split("\n")) {
    const [name = "", , uid = "", gid = ""] = line.split(":")
    if ((field === "name" ? name : uid) === value && uid !== "0") {
      return Option.some({ name, uid: Number(uid), gid: Number(gid) })
    }
  }
  return Option.none()
}

/**
 * The user to run PostgreSQL as; none means this process's, which is so for everybody but root. Under root it is the owner of
 * the folder `existing` (so that root and that owner can share the data), otherwise `postgres`, otherwise `nobody`. Creates
 * no user.
 */
export const serverUser = Effect.fn("ServerUser.serverUser")(function* (existing: string) {
  if (!isRoot()) return Option.none<ServerUser>()
  const fs = yield* FileSystem.FileSystem
  const passwd = yield* fs.readFileString("/etc/passwd").pipe(Effect.orElseSucceed(() => ""))
  const owner = yield* fs.stat(existing).pipe(
    Effect.map((info) => info.uid),
    Effect.orElseSucceed(Option.none)
  )
  return Option.filter(owner, (uid) => uid !== 0).pipe(
    Option.flatMap((uid) => named(passwd, "uid", String(uid))),
    Option.orElse(() => Option.firstSomeOf(CANDIDATES.map((name) => named(passwd, "name", name)))),
    Option.orElseSome(() => NOBODY)
  )
})

/** The `uid` and `gid` options of a spawn that runs as `user`. */
export const identity = (user: Option.Option<ServerUser>): { uid?: number; gid?: number } =>
  Option.match(user, { onNone: () => ({}), onSome: ({ uid, gid }) => ({ uid, gid }) })

/** The name of the user that the server runs as, for messages; the uid when it has no name. */
export const nameOf = (user: Option.Option<ServerUser>): string =>
  Option.match(user, {
    onSome: ({ name }) => name,
    // `userInfo` throws for a user without an entry in the user database.
    onNone: () => Option.getOrElse(Option.liftThrowable(() => userInfo().username)(), () => String(process.getuid?.()))
  })

/** The outcome of a command. */
export interface Ran {
  /** Its exit code; 1 when a signal ended it, 127 when it could not be started. */
  readonly status: number
  /** What it printed to both streams, or why it could not be started. */
  readonly output: string
}

/**
 * Runs a short command as `user`, in the folder `/`, with PATH and LC_ALL as its whole environment. Never fails. It tests what
 * that user can reach, which permission bits alone do not tell.
 */
export const runAs = (
  user: Option.Option<ServerUser>,
  command: string,
  args: ReadonlyArray<string>
): Effect.Effect<Ran> =>
  Effect.async<Ran>((resume) => {
    const child = spawn(command, args, {
      ...identity(user),
      cwd: "/",
      env: { PATH: process.env["PATH"], LC_ALL: "C" },
      stdio: ["ignore", "pipe", "pipe"]
    })
    let output = ""
    child.stdout.on("data", (chunk) => (output += String(chunk)))
    child.stderr.on("data", (chunk) => (output += String(chunk)))
    child.once("error", (error) => resume(Effect.succeed({ status: 127, output: error.message })))
    child.once("close", (code) => resume(Effect.succeed({ status: code ?? 1, output })))
    return Effect.sync(() => child.kill("SIGKILL"))
  }).pipe(
    // `spawn` throws when it is not allowed to change the user.
    Effect.catchAllDefect((error) => Effect.succeed({ status: 127, output: String(error) }))
  )

/** Whether `user` can enter the folder `directory`. */
export const canEnter = (user: Option.Option<ServerUser>, directory: string): Effect.Effect<boolean> =>
  Option.isNone(user)
    ? Effect.succeed(true)
    : Effect.map(runAs(user, "/bin/sh", ["-c", 'cd "$1"', "sh", directory]), ({ status }) => status === 0)
