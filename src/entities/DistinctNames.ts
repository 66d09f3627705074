import { type TableName, tableId } from "../datasource/Catalog.ts"
import { grouped } from "../datasource/grouped.ts"
import { titleCase } from "../language/Words.ts"
import type { Entity } from "./Entity.ts"

/**
 * Gives every entity a name of its own. Entities of one name get their schema in front ("Sales Order"); entities of one name and schema
 * get the table in brackets ("Order (orders_2)"). The plain name becomes an alias. Technical and empty tables keep their names. The
 * result does not depend on the order.
 */
export const distinctNames = (entities: ReadonlyArray<Entity>): ReadonlyArray<Entity> => {
  const things = entities.filter(({ verdict }) => verdict !== "technical" && verdict !== "empty")
  const byName = grouped(things, ({ name }) => fold(name))
  const inSchema = (entity: Entity): string =>
    byName(fold(entity.name)).some(({ schema }) => schema !== entity.schema)
      ? inItsSchema(entity, entity.name)
      : entity.name
  const byQualified = grouped(things, (entity) => fold(inSchema(entity)))
  const thing = new Set(things)
  return entities.map((entity) => {
    if (!thing.has(entity)) return entity
    const name = inSchema(entity)
    const namesakes = byQualified(fold(name))
    if (namesakes.length < 2 && name === entity.name) return entity
    const isSpelledOnce = namesakes.filter(({ table }) => table === entity.table).length === 1
    const spelled = namesakes.length < 2 ? name : `${name} (${isSpelledOnce ? entity.table : tableId(entity)})`
    return { ...entity, name: spelled, aliases: [entity.name, ...entity.aliases].filter((alias) => alias !== spelled) }
  })
}

const fold = (name: string) => name.toLowerCase()

/** A table's name with its schema in front, as words: "Sales Order". */
export const inItsSchema = ({ schema }: TableName, name: string): string =>
  `${titleCase(schema.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [schema])} ${name}`.trim()
