/** What the lines of a password file are matched with. */
export interface Login {
  readonly host: string
  readonly port: string
  readonly database: string
  readonly user: string
}

/** Default socket directories, which libpq matches as `localhost`. */
const LOCAL = ["/tmp", "/var/run/postgresql", "/run/postgresql"]

/**
 * The password of the first matching line `host:port:database:user:password` in the text of a `.pgpass`. `*` matches everything, `\` escapes
 * the next character. Undefined if no line with a password matches.
 */
export const passwordFor = (file: string, { database, host, port, user }: Login): string | undefined => {
  const wanted = [LOCAL.includes(host) ? "localhost" : host, port, database, user]
  for (const line of file.split(/\r?\n/)) {
    if (line.startsWith("#")) continue
    const fields = fieldsOf(line.replace(/\r$/, ""))
    const fits = wanted.every((value, place) => fields[place] === "*" || unescaped(fields[place]) === value)
    if (fits && fields[4] !== undefined && fields[4] !== "") return unescaped(fields[4])
  }
  return undefined
}

/** Splits a line at its first four unescaped colons. */
const fieldsOf = (line: string): ReadonlyArray<string> => {
  const fields: Array<string> = []
  const field = /((?:[^\\:]|\\[^])*):/y
  for (let place = 0; place < 4; place++) {
    const start = field.lastIndex
    const found = field.exec(line)?.[1]
    if (found === undefined) return [...fields, line.slice(start)]
    fields.push(found)
  }
  return [...fields, line.slice(field.lastIndex)]
}

const unescaped = (field: string | undefined) => field?.replaceAll(/\\([^])/g, "$1")
