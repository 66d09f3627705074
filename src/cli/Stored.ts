import { Effect, Option } from "effect"
import { Datasources, type RegisteredDatasource } from "../datasource/Datasources.ts"
import { nearest } from "../language/Nearest.ts"
import { UsageError } from "./Failure.ts"
import { clean } from "./Text.ts"

const NOTHING = "nothing has been discovered yet: npm start, or npm start -- discover URL"

/** The registered datasource of a name, or by default the one that `newest` says; fails with a `UsageError`. */
export const storedDatasource = <E, R>(
  projectId: string,
  name: Option.Option<string>,
  newest: Effect.Effect<Option.Option<string>, E, R>
) =>
  Effect.gen(function* () {
    const { list } = yield* Datasources
    const all = yield* list(projectId)
    const wanted = Option.isSome(name) ? Option.none() : yield* newest
    const found = all.find((each) =>
      Option.isSome(name) ? each.name === name.value : Option.contains(wanted, each.id)
    )
    if (found !== undefined) return found
    return yield* new UsageError({ message: Option.isSome(name) ? unknown(name.value, all) : NOTHING })
  })

const unknown = (name: string, all: ReadonlyArray<RegisteredDatasource>): string => {
  const names = all.map((each) => each.name)
  const near = nearest(names, name)
  const shown = (near.length > 0 ? near : names.slice(0, 3)).map(clean).join(", ")
  return all.length === 0 ? NOTHING : `--datasource: there is no ${clean(name)} here; there is ${shown}`
}
