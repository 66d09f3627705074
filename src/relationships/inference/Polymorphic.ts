import type { Condition, Inclusion } from "../../datasource/Inclusion.ts"
import { flatMapInSteps, type Steps } from "../../steps/Steps.ts"
import { comparable } from "../Possible.ts"
import { endsIn } from "../../schema/ColumnWords.ts"
import type { Keys } from "../../schema/Keys.ts"
import type { SchemaModel } from "../../schema/SchemaModel.ts"
import type { ColumnModel, TableModel } from "../../schema/TableModel.ts"
import { decideNamed, type DecidedReference } from "./NamedReference.ts"
import { kindBeside } from "../signals/Kinds.ts"
import { NAMED_REFERENCES } from "../signals/NamedReferences.ts"
import { line } from "../signals/Signal.ts"

/** A column whose rows refer to this key where the column beside it says so: `owner_id` where `owner_type` is "customer". */
export interface PolymorphicCandidate {
  readonly from: ColumnModel
  readonly key: ColumnModel
  readonly when: Condition
}

/** A column with more distinct values than this is not a discriminator. */
const MOST_KINDS = 50
/** Smallest share, from 0 to 1, of its sampled values that must name a table. */
const LEAST_NAMED = 0.5

/**
 * Every table that a polymorphic pair of columns refers to, by the values that name it: as it is called, singular or plural, or as the
 * class behind it is (`App\Models\Customer`).
 */
export const polymorphicCandidates = (model: SchemaModel, keys: Keys): Steps<ReadonlyArray<PolymorphicCandidate>> =>
  flatMapInSteps(model.columns, (from) => {
    const kind = from.table.column(kindBeside(from) ?? "")
    if (kind === undefined || (kind.profile.distinct ?? Number.POSITIVE_INFINITY) > MOST_KINDS) return []
    const values = kind.profile.sample
    const named = values.flatMap((value) => {
      const table = meant(model, value)
      const key = table === undefined ? undefined : keys.keyOf(table)?.column
      if (key === undefined || !comparable(from.typeClass, key.typeClass)) return []
      return [{ from, key, when: { column: kind.name, value } }]
    })
    return named.length >= LEAST_NAMED * values.length ? named : []
  })

const meant = (model: SchemaModel, value: string): TableModel | undefined => {
  const words = model.words(value.split(/[\\/.:]/).at(-1) ?? value)
  const named = model.named(words)
  if (named !== undefined) return named
  const [longer, ...more] = model.ending(words.at(-1) ?? "").filter((table) => endsIn(table.words, words))
  return more.length === 0 ? longer : undefined
}

/** Decides a polymorphic candidate by the test join of its rows; `inclusion` is null if either table has no rows or no join was made. */
export const decidePolymorphic = ({ key, when }: PolymorphicCandidate, inclusion: Inclusion | null): DecidedReference =>
  decideNamed(
    key,
    [
      line(
        NAMED_REFERENCES.kindBeside,
        `it is meant where ${when.column} is "${when.value}", which names ${key.table.table}`
      )
    ],
    inclusion,
    "values there"
  )
