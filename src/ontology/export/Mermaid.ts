import { type TableName, tableId } from "../../datasource/Catalog.ts"
import { notReadLines } from "../../datasource/Notes.ts"
import { flatMapInSteps, type Steps } from "../../steps/Steps.ts"
import type { Ontology, OntologyColumn, OntologyEntity, OntologyRelationship } from "../Ontology.ts"
import { oneLine } from "../Text.ts"

/** With more entities than this, boxes show keys and references only: larger diagrams are not readable, and Mermaid may refuse them. */
const FULL_BOXES = 40

/** Words with a meaning of their own in the diagram's language. */
const RESERVED =
  /^(?:erDiagram|pk|fk|uk|subgraph|title|accTitle|accDescr|direction|style|classDef|class|one|only|zero|many|to|or|more|optionally|u|o|TB|BT|LR|RL|end)$/i

/**
 * An entity relationship diagram in Mermaid's language. Every table of the second tier is a box, link tables too, since they are what
 * one joins; every accepted relationship is a line from the table referred to, to the one that refers. Names are made safe, boxes are
 * labelled with what people call them.
 */
export function* toMermaid({ domain, entities, notRead = [] }: Ontology): Steps<string> {
  const ids = boxIds(entities)
  const keysOnly = entities.length > FULL_BOXES
  const boxes = yield* flatMapInSteps(entities, (entity) => {
    const columns = keysOnly
      ? entity.columns.filter(({ primaryKey, foreignKey }) => primaryKey || foreignKey)
      : entity.columns
    const head = `${ids.get(tableId(entity)) ?? ""}["${text(entity.name)}"]`
    return columns.length === 0 ? [`    ${head}`] : [`    ${head} {`, ...attributes(columns), "    }"]
  })
  const lines = yield* flatMapInSteps(domain.relationships, (edge) => {
    const [from, to] = [ids.get(tableId(edge.from)), ids.get(tableId(edge.to))]
    return from === undefined || to === undefined
      ? []
      : [`    ${to} ${crowsFoot(edge)} ${from} : "${text(edge.label)}"`]
  })
  const note = keysOnly ? ["    %% Keys and references only."] : []
  const notes = yield* flatMapInSteps(entities, (entity) =>
    (entity.notes ?? []).map((each) => remark(`${tableId(entity)}: ${each}`))
  )
  const unread = notReadLines(notRead).map(remark)
  return `${["erDiagram", ...note, ...unread, ...notes, ...boxes, ...lines].join("\n")}\n`
}

/** A comment line. Braces are removed: `%%{` starts a directive. */
const remark = (said: string): string => `    %% ${oneLine(said, Number.POSITIVE_INFINITY).replace(/[{}]/g, "")}`

/** As the target sees it: one or none of it, one or many that refer to it. */
const crowsFoot = ({ cardinality, optional }: OntologyRelationship): string => {
  const one = optional ? "|o" : "||"
  switch (cardinality) {
    case "1:1":
      return `${one}--o|`
    case "N:1":
      return `${one}--o{`
    case "1:N":
      return `${optional ? "}o" : "}|"}--o|`
    case "N:M":
      return `${optional ? "}o" : "}|"}--o{`
  }
}

/**
 * A diagram per business domain as Markdown, which GitHub and its like draw: the domain's tables as in `toMermaid`, and those of other domains
 * that they are joined to as boxes without columns.
 */
export function* toMermaidByDomain(ontology: Ontology): Steps<string> {
  const { domain, entities } = ontology
  const byId = new Map(entities.map((entity) => [tableId(entity), entity]))
  const sections = [`# ${heading(domain.database)}`]
  for (const { description, name, tables } of domain.businessDomains) {
    const inside = new Set(tables.map(tableId))
    const relationships = domain.relationships.filter(
      ({ from, to }) => inside.has(tableId(from)) || inside.has(tableId(to))
    )
    const beside = new Set(relationships.flatMap(({ from, to }) => [tableId(from), tableId(to)]))
    const shown = entities.flatMap((entity) =>
      inside.has(tableId(entity))
        ? [entity]
        : beside.has(tableId(entity))
          ? [{ ...entity, columns: [], notes: [] }]
          : []
    )
    if (!tables.some((table) => byId.has(tableId(table)))) continue
    const diagram = yield* toMermaid({
      ...ontology,
      entities: shown,
      domain: { ...domain, relationships },
      notRead: []
    })
    sections.push(`## ${heading(name)}`, heading(description), `\`\`\`mermaid\n${diagram}\`\`\``)
  }
  return `${sections.join("\n\n")}\n`
}

/** Somebody else's words in Markdown: one line, its markup escaped. */
const heading = (said: string): string =>
  oneLine(said, Number.POSITIVE_INFINITY).replace(/[\\`*_{}[\]()#+!|<>~-]/g, "\\$&")

const boxIds = (entities: ReadonlyArray<OntologyEntity>): ReadonlyMap<string, string> => {
  const several = new Set(entities.map(({ schema }) => schema)).size > 1
  const taken = new Set<string>()
  return new Map(
    entities.map((entity: TableName) => {
      const id = free(taken, word(several ? `${entity.schema}_${entity.table}` : entity.table, "t"))
      return [tableId(entity), id] as const
    })
  )
}

const attributes = (columns: ReadonlyArray<OntologyColumn>): ReadonlyArray<string> => {
  const taken = new Set<string>()
  return columns.map((column) => {
    const keys = [
      ...(column.primaryKey ? ["PK"] : []),
      ...(column.foreignKey ? ["FK"] : []),
      ...(column.unique && !column.primaryKey ? ["UK"] : [])
    ]
    const name = free(taken, word(column.name, "c"))
    const real = name === column.name ? "" : ` "${text(column.name)}"`
    return `        ${word(column.type.replace(/\(.*\)/, ""), "t")} ${name}${keys.length > 0 ? ` ${keys.join(", ")}` : ""}${real}`
  })
}

/** A word of the diagram's language: ASCII letters, digits and underscores, starting with a letter. */
const word = (name: string, initial: string): string => {
  const plain = name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[^A-Za-z0-9_]+/g, "_")
  const led = /^[A-Za-z]/.test(plain) ? plain : `${initial}_${plain.replace(/^_+/, "")}`
  return RESERVED.test(led) ? `${led}_` : led
}

const free = (taken: Set<string>, name: string): string => {
  let id = name
  for (let n = 2; taken.has(id.toLowerCase()); n++) id = `${name}_${n}`
  taken.add(id.toLowerCase())
  return id
}

/** Text inside quotes: quotes, markup and the diagram's own escapes cannot end or change it. */
const text = (value: string): string =>
  oneLine(value, 80)
    .replaceAll('"', "'")
    .replace(/[\\`<>{}[\]#;%|~]/g, " ")
    .replace(/\s+/g, " ")
    .trim() || "-"
