import { Effect, Option } from "effect"
import { PROGRAM } from "../database/Program.ts"
import { Datasources, type RegisteredDatasource } from "../datasource/Datasources.ts"
import { nearest } from "../language/Nearest.ts"
import { UsageError } from "./Failure.ts"
import { clean } from "./Text.ts"

const NOTHING = `nothing has been discovered yet: ${PROGRAM} discover URL`

/** `host:port/database` and options of what was read → database. */
const databaseOf = ({ name }: RegisteredDatasource): string => (name.split(" ")[0] ?? "").replace(/^.*\//, "")

/** Returns the datasources with this name; if there are none, those whose database has this name. */
const called = (all: ReadonlyArray<RegisteredDatasource>, name: string): ReadonlyArray<RegisteredDatasource> => {
  const exactly = all.filter((each) => each.name === name)
  return exactly.length > 0 ? exactly : all.filter((each) => databaseOf(each) === name)
}

/**
 * The registered datasource of a name, or of a database's name that only one has; by default the one that `newest` says. Fails with a
 * `UsageError`.
 */
export const storedDatasource = <E, R>(
  projectId: string,
  name: Option.Option<string>,
  newest: Effect.Effect<Option.Option<string>, E, R>
) =>
  Effect.gen(function* () {
    const { list } = yield* Datasources
    const all = yield* list(projectId)
    const wanted = Option.isSome(name) ? Option.none() : yield* newest
    const fitting = Option.isSome(name) ? called(all, name.value) : all.filter(({ id }) => Option.contains(wanted, id))
    const [found, ...more] = fitting
    if (found !== undefined && more.length === 0) return found
    if (found !== undefined && Option.isSome(name)) {
      const names = fitting.map((each) => clean(each.name)).join(", ")
      return yield* new UsageError({
        message: `--datasource: several databases are called ${clean(name.value)}; there are ${names}`
      })
    }
    return yield* new UsageError({ message: Option.isSome(name) ? unknown(name.value, all) : NOTHING })
  })

const unknown = (name: string, all: ReadonlyArray<RegisteredDatasource>): string => {
  const names = all.map((each) => each.name)
  const near = nearest(names, name)
  const shown = (near.length > 0 ? near : names.slice(0, 3)).map(clean).join(", ")
  return all.length === 0 ? NOTHING : `--datasource: there is no ${clean(name)} here; there is ${shown}`
}
