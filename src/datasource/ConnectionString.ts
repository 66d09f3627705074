import { Either } from "effect"
import { isKnown, type Parameters } from "./ConnectionParameters.ts"

const FORM = "it has to look like postgres://user:password@host:port/database"
const UNREADABLE =
  "its host or port cannot be read; write / ? # @ : % within user or password as %2F %3F %23 %40 %3A %25"
const BAD_PERCENT = "it has a % that is not followed by two digits; write % as %25"
const ZERO_BYTE = "it contains a zero byte"

/** A URL scheme, which a message may repeat; other text before `://` may be part of a password. */
const OTHER_SCHEME = /^(?:jdbc:)?[a-z][a-z0-9+.-]*$/
const NAME = /^[a-z_]+$/

/**
 * Splits a connection string into parameters: `postgres://user:password@host:port,host:port/database?name=value`, or `host=… dbname=…`. Left
 * says what is wrong. It repeats nothing that may be part of a password, even if an unencoded password shifts the other parts.
 */
export const read = (text: string): Either.Either<Parameters, string> => {
  const given = text.trim()
  const [, scheme, rest] = /^([^/?#@]*):\/\/([^]*)$/.exec(given) ?? []
  if (scheme !== undefined && rest !== undefined) {
    if (/^postgres(?:ql)?$/i.test(scheme)) return readUrl(rest)
    const other = scheme.toLowerCase()
    return Either.left(
      OTHER_SCHEME.test(other) ? `it starts with ${other}://, and only postgres:// databases can be read` : FORM
    )
  }
  return /^[a-z_]+\s*=/.test(given) ? readPairs(given) : Either.left(FORM)
}

/** Writes parameters as one percent-encoded URL, which `read` accepts. */
export const write = (parameters: Parameters): string =>
  `postgres:///?${[...parameters].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&")}`

const readUrl = (rest: string): Either.Either<Parameters, string> =>
  Either.gen(function* () {
    const at = rest.indexOf("@")
    // With an unencoded password, libpq would take part of it for the host, and send it to a name server.
    if (/[/@][^@]*@/.test(rest) || rest.slice(at + 1).includes("#")) return yield* Either.left(UNREADABLE)
    const [, user, password] = /^([^:]*)(?::([^]*))?$/.exec(rest.slice(0, Math.max(at, 0))) ?? []
    const [, authority = "", path, query] = /^([^/?]*)(?:\/([^?]*))?(?:\?([^]*))?$/.exec(rest.slice(at + 1)) ?? []
    const places = authority.split(",").map((place) => /^(\[[^\]]+\]|[^:[\]]*)(?::(\d*))?$/.exec(place))
    if (places.includes(null)) return yield* Either.left(UNREADABLE)
    const listed = (part: 1 | 2) => places.map((place) => (place?.[part] ?? "").replaceAll(/[[\]]/g, "")).join(",")
    // A list with commas only names nothing.
    const [hosts, ports] = [listed(1), listed(2)].map((list) => (/^,*$/.test(list) ? undefined : list))
    const pairs = yield* Either.all(
      (query ?? "")
        .split("&")
        .filter((pair) => pair !== "")
        .map((pair) => {
          const [, name = "", value] = /^([^=]*)=([^]*)$/.exec(pair) ?? []
          return value === undefined || !NAME.test(name)
            ? Either.left("what follows the ? has to be name=value&name=value")
            : Either.right([name, value] as const)
        })
    )
    const parts = [
      ["user", user],
      ["password", password],
      ["host", hosts],
      ["port", ports],
      ["dbname", path]
    ] as const
    const present = parts.flatMap(([name, value = ""]) => (value === "" ? [] : [decode(name, value)]))
    return yield* collect(
      yield* Either.all(present),
      yield* Either.all(pairs.map(([name, value]) => decode(name, value)))
    )
  })

const decode = (name: string, value: string): Either.Either<Pair, string> =>
  Either.mapBoth(
    Either.try(() => decodeURIComponent(value)),
    { onLeft: () => BAD_PERCENT, onRight: (text) => [name, text] }
  )

type Pair = readonly [name: string, value: string]

const PAIR = /\s*([a-z_]+)\s*=\s*(?:'((?:[^'\\]|\\[^])*)'|((?:[^\s'\\]|\\[^])*))(?=\s|$)/y

const readPairs = (text: string): Either.Either<Parameters, string> => {
  const pairs: Array<Pair> = []
  const pattern = new RegExp(PAIR)
  while (pattern.lastIndex < text.length) {
    const [, name, quoted, plain] = pattern.exec(text) ?? []
    const value = quoted ?? plain
    if (name === undefined || value === undefined) {
      return Either.left("it has to be name=value pairs, and a value with spaces stands in '…'")
    }
    pairs.push([name, value.replaceAll(/\\([^])/g, "$1")])
  }
  return collect([], pairs)
}

const UNKNOWN_AFTER_SECRET =
  "it has a connection parameter that does not exist; if it is a piece of a password, encode it in a URL, or quote it"

/** Merges the parameters of a URL's other parts with the `name=value` pairs; left if a name occurs twice or a value contains NUL. */
const collect = (parts: ReadonlyArray<Pair>, given: ReadonlyArray<Pair>): Either.Either<Parameters, string> => {
  const parameters = new Map<string, string>()
  let isSecret = false
  for (const [name, value] of [...parts, ...given.map(meant)]) {
    // An unknown name after a password may be part of it, and is not repeated.
    if (isSecret && !isKnown(name)) return Either.left(UNKNOWN_AFTER_SECRET)
    isSecret ||= !parts.some((part) => part[0] === "password") && SECRETS.includes(name)
    if (value.includes("\0")) return Either.left(ZERO_BYTE)
    if (parameters.has(name)) return Either.left(`${name} is given twice`)
    parameters.set(name, value)
  }
  return Either.right(parameters)
}

const SECRETS = ["password", "sslpassword"]

/** Translates JDBC's `ssl=true`, which libpq also accepts. */
const meant = ([name, value]: Pair): Pair =>
  name === "ssl" && value === "true" ? ["sslmode", "require"] : [name, value]
