import { EmbeddedPostgresError, oneLine } from "./EmbeddedPostgresError.ts"

/** What an error message can name. */
export interface Place {
  /** The cluster's folder, an absolute path. */
  readonly folder: string
  /** The name of the user that the server runs as, who has to own the folder. */
  readonly owner: string
  /** The server's log file. */
  readonly log: string
}

/** A kind of problem: the pattern of messages that show it, its description, and what a person can do about it. */
interface Kind {
  readonly signs: RegExp
  readonly reason: EmbeddedPostgresError["reason"]
  readonly what: string
  readonly todo: (place: Place) => string
}

const ELSEWHERE = "or set DATABASE_URL to a server of yours"

const START_ANEW = `move the folder away and start again, ${ELSEWHERE}`

/**
 * The first match counts. A message may match several, so what the operating system refused comes before what PostgreSQL
 * concluded from it: a control file that may not be read is not damaged.
 */
const KINDS: ReadonlyArray<Kind> = [
  {
    signs: /no space left on device|the disk is full|disk quota exceeded|ENOSPC|EDQUOT/i,
    reason: "Failed",
    what: "the disk is full",
    todo: () => `make room and start again, ${ELSEWHERE}`
  },
  {
    signs: /read-only file system|EROFS/i,
    reason: "Directory",
    what: "it is on a disk that can only be read",
    todo: () => `make that writable, use another folder, ${ELSEWHERE}`
  },
  {
    signs: /input\/output error|structure needs cleaning|stale file handle|EIO\b|ESTALE/i,
    reason: "Failed",
    what: "the disk has errors",
    todo: () => `see to the disk and start again, ${ELSEWHERE}`
  },
  {
    signs:
      /permission denied|operation not permitted|has wrong ownership|has invalid permissions|must be started by the user|EACCES|EPERM/i,
    reason: "Directory",
    what: "its files are not the server's own",
    todo: ({ folder, owner }) =>
      `give them back (chown -R ${owner} '${folder}' && chmod -R go= '${folder}'), ${ELSEWHERE}`
  },
  {
    signs: /cannot allocate memory|out of memory|could not (?:create|map|resize) .*shared memory|ENOMEM/i,
    reason: "Failed",
    what: "there is not enough memory for PostgreSQL",
    todo: () => `end other programs and start again, ${ELSEWHERE}`
  },
  {
    signs: /too many open files|EMFILE|ENFILE|could not fork|resource temporarily unavailable|EAGAIN/i,
    reason: "Failed",
    what: "the system allows no more files or processes",
    todo: () => `raise its limits (ulimit -n, ulimit -u) and start again, ${ELSEWHERE}`
  },
  {
    signs: /lock file "[^"]*" is empty|bogus data in lock file/,
    reason: "Directory",
    what: "its lock file was left unfinished by a crash",
    todo: () => `where no PostgreSQL uses this folder, delete data/postmaster.pid and start again, ${ELSEWHERE}`
  },
  {
    signs: /\bby signal 9\b/,
    reason: "Failed",
    what: "PostgreSQL was killed, perhaps because there is not enough memory",
    todo: () => `start again, ${ELSEWHERE}`
  },
  {
    signs:
      /configuration file "[^"]*" contains errors|could not load \S*pg_(?:hba|ident)|unrecognized configuration parameter|invalid value for parameter/,
    reason: "Directory",
    what: "a file of settings cannot be used",
    todo: ({ log }) => `mend it (its lines are in ${log}), or ${START_ANEW}`
  },
  {
    signs: new RegExp(
      [
        /\bPANIC:|no such file or directory|ENOENT|ENOTDIR|EISDIR|does not exist|is missing|is not a valid/.source,
        /incompatible with server|control file|pg_control|checkpoint|redo|WAL |timeline|could not restore/.source,
        /could not (?:access status|read|open|find|seek)|invalid|corrupt|unexpected|terminated by signal/.source
      ].join("|"),
      "i"
    ),
    reason: "Damaged",
    what: "the data are damaged and cannot be read any more",
    todo: () => START_ANEW
  }
]

/** The longest quotation of PostgreSQL's message, in characters: three lines of a terminal, so that the advice after it stays in view. */
const LONGEST_REASON = 240

const clipped = (text: string): string => (text.length > LONGEST_REASON ? `${text.slice(0, LONGEST_REASON)}…` : text)

/** The error for a server that did not start, from the message (`said`) of PostgreSQL, its guard or the operating system. */
export const diagnose = (place: Place, said: string, cause?: unknown): EmbeddedPostgresError => {
  const line = clipped(oneLine(said))
  // The folder's name may be any text and must not match a pattern.
  const kind = KINDS.find(({ signs }) => signs.test(line.replaceAll(place.folder, "")))
  const what = kind?.what ?? "PostgreSQL could not start"
  const todo = kind?.todo(place) ?? `see ${place.log}, ${ELSEWHERE}`
  return new EmbeddedPostgresError({
    reason: kind?.reason ?? "Failed",
    message: oneLine(`${place.folder}: ${what}${line === what ? "" : ` (${line})`}: ${todo}`),
    cause
  })
}

/** The `Damaged` error for data that are no complete cluster, found without starting the server. */
export const damaged = (folder: string, why: string): EmbeddedPostgresError =>
  new EmbeddedPostgresError({
    reason: "Damaged",
    message: oneLine(`${folder}: the data are damaged and cannot be read any more (${why}): ${START_ANEW}`)
  })

/** The `Directory` error for a folder that was removed while the server ran. */
export const gone = (folder: string): EmbeddedPostgresError =>
  new EmbeddedPostgresError({
    reason: "Directory",
    message: `${folder}: the folder was removed, and the data with it: put it back, or start again without them, ${ELSEWHERE}`
  })

/** The `Password` error for a password file that is missing, empty, or does not belong to these data. */
export const wrongPassword = (folder: string, why: string, cause?: unknown): EmbeddedPostgresError =>
  new EmbeddedPostgresError({
    reason: "Password",
    message: oneLine(
      `${folder}: the file password ${clipped(why)}: put the one back that was made with these data, or ${START_ANEW}`
    ),
    cause
  })

/** The `Version` error for data of another major version, which these binaries cannot open. */
export const otherVersion = (folder: string, found: string, ours: string): EmbeddedPostgresError =>
  new EmbeddedPostgresError({
    reason: "Version",
    message: `${folder}: the data are PostgreSQL ${found}'s, and this is PostgreSQL ${ours}: move the folder away (that version's pg_dump can read it) and start again, ${ELSEWHERE}`
  })

/** Turns a failure of `doing` (a phrase such as `write to /data`) into a `Directory` error with the reason and what to do. */
export const directoryError =
  (doing: string) =>
  (error: { readonly message: string; readonly description?: string | undefined }): EmbeddedPostgresError => {
    const said = error.description ?? error.message
    const todo = /no space left|ENOSPC|disk is full/i.test(said)
      ? "make room there"
      : "make it usable, start in another folder"
    return new EmbeddedPostgresError({
      reason: "Directory",
      message: oneLine(`Cannot ${doing}: ${said}: ${todo}, ${ELSEWHERE}`),
      cause: error
    })
  }
