import { Effect, Option } from "effect"
import * as FileSystem from "@effect/platform/FileSystem"
import { spawn } from "node:child_process"
import { userInfo } from "node:os"

/** The operating system's user that PostgreSQL runs as where it is not the one that runs this process. */
export interface ServerUser {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** Who PostgreSQL is run as by root, which it refuses to run as: the first of these that exists. */
const CANDIDATES = ["postgres", "nobody"]

/** `nobody`'s ids wherever there is no user database, as in the smallest container images. */
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
 * Whom to run PostgreSQL as: none means as ourselves, which is right for everybody but root. Root uses the owner of
 * `existing` (a directory with data already in it), so that a run as root and a run as its owner share the data;
 * otherwise the user `postgres`, otherwise `nobody`. No user is ever created.
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

/** The name that a person knows the server's user by: ours where it runs as ourselves. */
export const nameOf = (user: Option.Option<ServerUser>): string =>
  Option.match(user, {
    onSome: ({ name }) => name,
    // A user without an entry in the user database has no name, and asking for it throws.
    onNone: () => Option.getOrElse(Option.liftThrowable(() => userInfo().username)(), () => String(process.getuid?.()))
  })

/** What a short command printed and how it ended; 127 where it could not be started, with the reason in `output`. */
export interface Ran {
  readonly status: number
  readonly output: string
}

/**
 * Runs a short command as `user` from the root folder with an empty environment but for PATH, and never fails: it is
 * how we find out what that user can reach, instead of guessing it from permission bits.
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
    // A spawn that is not allowed to change the user throws.
    Effect.catchAllDefect((error) => Effect.succeed({ status: 127, output: String(error) }))
  )

/** Whether `user` can enter the folder `directory`. */
export const canEnter = (user: Option.Option<ServerUser>, directory: string): Effect.Effect<boolean> =>
  Option.isNone(user)
    ? Effect.succeed(true)
    : Effect.map(runAs(user, "/bin/sh", ["-c", 'cd "$1"', "sh", directory]), ({ status }) => status === 0)
