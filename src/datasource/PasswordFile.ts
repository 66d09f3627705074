/** What a line of a password file is for. */
export interface Login {
  readonly host: string
  readonly port: string
  readonly database: string
  readonly user: string
}

/** The directories of a Unix socket that libpq takes for `localhost`. */
const LOCAL = ["/tmp", "/var/run/postgresql", "/run/postgresql"]

/**
 * The password for a login in the text of a `.pgpass`: of the first line `host:port:database:user:password` that fits. `*` fits
 * everything, `\` takes the next character as it is. Undefined where no line fits.
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

/** At colons that no `\` stands before; the password is all that is left. */
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
