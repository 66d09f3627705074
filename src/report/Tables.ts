import { tableId } from "../datasource/Catalog.ts"
import type { ColumnProfile } from "../datasource/TableProfile.ts"
import { isUnread } from "../entities/Entity.ts"
import { quotedComment } from "../language/Describing.ts"
import type { OntologyColumn, OntologyEntity } from "../ontology/Ontology.ts"
import { pairsText } from "../ontology/Text.ts"
import { indexInSteps, mapInSteps, type Steps } from "../steps/Steps.ts"
import type { ReportColumn, ReportTable } from "./Report.ts"
import type { Source } from "./Source.ts"

/** The tables that hold something, in the order of their ids. */
export function* reportTables({ ontology, profiles }: Source): Steps<ReadonlyArray<ReportTable>> {
  const read = yield* indexInSteps(profiles, (profile) => [
    tableId(profile),
    new Map(profile.columns.map((column) => [column.column, column]))
  ])
  const domains = new Map(ontology.domain.businessDomains.map(({ name }, at) => [name, at]))
  const schemas = new Set(ontology.entities.map(({ schema }) => schema))
  return yield* mapInSteps(ontology.entities, (entity) =>
    tableOf(entity, {
      id: schemas.size > 1 ? tableId(entity) : entity.table,
      domain: domains.get(entity.domain) ?? 0,
      profiles: read.get(tableId(entity))
    })
  )
}

interface Known {
  readonly id: string
  readonly domain: number
  readonly profiles: ReadonlyMap<string, ColumnProfile> | undefined
}

const tableOf = (entity: OntologyEntity, { domain, id, profiles }: Known): ReportTable => {
  const { columns, keyColumns, keyDeclared, kind, name, notes = [], sampled, schema, synonyms, table } = entity
  const { pairs } = entity
  const comment = quotedComment(entity.description)
  return {
    id,
    schema,
    table,
    name,
    kind,
    ...(pairs === undefined ? {} : { pairs: pairsText(pairs) }),
    ...(comment === undefined ? {} : { comment }),
    synonyms,
    key: keyColumns,
    keyDeclared,
    rows: isUnread(entity) ? null : entity.rows,
    sampled,
    notes,
    domain,
    columns: columns.map((column) => reportColumn(column, profiles?.get(column.name)))
  }
}

/** A column, and how its values are spread, as far as they may be shown. */
export const reportColumn = (column: OntologyColumn, profile: ColumnProfile | undefined): ReportColumn => {
  const {
    aggregation,
    allowed,
    comment,
    disputed,
    name,
    nullShare,
    personalData,
    personalDataReason,
    primaryKey,
    role,
    semanticType,
    type,
    unique,
    unit,
    values
  } = column
  return {
    name,
    type: shortType(type),
    ...(comment === undefined ? {} : { comment: disputed === undefined ? comment : `${comment} – ${disputed}` }),
    ...(allowed === undefined ? {} : { allowed }),
    semanticType,
    role,
    ...(aggregation === null ? {} : { aggregation }),
    ...(unit === null ? {} : { unit }),
    ...(primaryKey ? { key: "primary" } : unique ? { key: "unique" } : {}),
    ...(personalData ? { personal: personalDataReason ?? "about a person" } : {}),
    // Three digits show as well as all of them.
    empty: nullShare > 0 && nullShare < 0.001 ? nullShare : Math.round(nullShare * 1000) / 1000,
    ...countsOf(profile),
    ...(personalData ? {} : spreadOf(profile)),
    ...(personalData || values === null || values.length === 0 ? {} : { values })
  }
}

const countsOf = (profile: ColumnProfile | undefined): Pick<ReportColumn, "distinct" | "estimated"> =>
  profile === undefined || profile.distinct === null
    ? {}
    : { distinct: profile.distinct, ...(profile.estimated === true ? { estimated: true } : {}) }

const spreadOf = (profile: ColumnProfile | undefined): Pick<ReportColumn, "range" | "histogram"> =>
  profile === undefined || profile.minimum === null || profile.maximum === null
    ? {}
    : {
        range: [profile.minimum, profile.maximum],
        ...(profile.histogram === undefined ? {} : { histogram: profile.histogram })
      }

/** Names of types that are shorter and as well known. */
const shortType = (type: string): string =>
  type
    .replace(/^timestamp((?:\(\d\))?) with time zone/, "timestamptz$1")
    .replace(/^(time(?:stamp)?(?:\(\d\))?) without time zone/, "$1")
    .replace(/^character varying/, "varchar")
    .replace(/^character\(/, "char(")
    .replace(/^public\./, "")
