import { get_dmmf, validate } from "@prisma/prisma-schema-wasm"
import { createTableRelationsHelpers, extractTablesRelationalConfig } from "drizzle-orm"
import { Schema } from "effect"
import mermaid from "mermaid"
import { Parser as TurtleParser, Store, type Term } from "n3"
import { execFile } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { dirname, join, resolve } from "node:path"
import { promisify } from "node:util"
import { parse as parseYaml } from "yaml"
import { errorsBy, published } from "./schemas.ts"

const repository = resolve(import.meta.dirname, "../../..")
const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc")
const run = promisify(execFile)

/** What is used of `@dbml/core`. Loaded at run time: lint follows imports, and takes 40 s and 6 GB for this one. */
interface DbmlCore {
  readonly Parser: new () => {
    readonly parse: (text: string, format: "dbmlv2") => { readonly schemas: ReadonlyArray<DbmlSchema> }
  }
}
interface DbmlSchema {
  readonly tables: ReadonlyArray<{
    readonly name: string
    readonly note?: string
    readonly fields: ReadonlyArray<{ readonly name: string; readonly pk?: boolean }>
  }>
  readonly refs: ReadonlyArray<{
    readonly endpoints: ReadonlyArray<{ readonly fieldNames: ReadonlyArray<string>; readonly tableName: string }>
  }>
  readonly tableGroups: ReadonlyArray<{ readonly name: string }>
}
const { Parser: DbmlParser }: DbmlCore = createRequire(import.meta.url)("@dbml/core")

/** The modules, compiled against drizzle-orm and loaded; throws what the compiler says. A folder below ours, where drizzle-orm is found. */
export const loadDrizzle = async (texts: ReadonlyArray<string>): Promise<ReadonlyArray<Record<string, unknown>>> => {
  const folder = await mkdtemp(join(repository, "node_modules/.drizzle-"))
  try {
    const compilerOptions = {
      target: "ES2022",
      module: "NodeNext",
      strict: true,
      noUnusedLocals: true,
      skipLibCheck: true,
      outDir: "out",
      types: []
    }
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }))
    await writeFile(join(folder, "package.json"), `{ "type": "module" }`)
    for (const [n, text] of texts.entries()) await writeFile(join(folder, `m${n}.ts`), text)
    await run(process.execPath, [tsc, "-p", folder]).catch((error: { readonly stdout: string }) => {
      throw new Error(error.stdout)
    })
    return await Promise.all(texts.map((_, n) => import(join(folder, `out/m${n}.js`))))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** What drizzle-orm makes of a module: its tables with their columns and relations. */
export const readDrizzle = (module: Record<string, unknown>) => {
  const { tables } = extractTablesRelationalConfig(module, createTableRelationsHelpers)
  return Object.values(tables).map(({ columns, dbName, relations }) => ({
    name: dbName,
    columns: Object.values(columns).map(({ name }) => name),
    relations: Object.values(relations).map(({ fieldName, referencedTableName }) => [fieldName, referencedTableName])
  }))
}

const RR = "http://www.w3.org/ns/r2rml#"
const TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"

/** What R2RML asks of a mapping (sections 5 to 8), where this one does not have it; empty where it is well formed. */
export const r2rmlFaults = (store: Store): ReadonlyArray<string> => {
  const objects = (subject: Term, property: string) => store.getObjects(subject, `${RR}${property}`, null)
  const maps = store.getSubjects(TYPE, `${RR}TriplesMap`, null)
  const isMap = new Set(maps.map(({ value }) => value))
  const exactly = (n: number, subject: Term, ...properties: ReadonlyArray<string>) =>
    properties.flatMap((property) => objects(subject, property)).length === n
      ? []
      : [`${subject.value}: not ${n} of ${properties.join(", ")}`]
  return maps.flatMap((map) => [
    ...exactly(1, map, "logicalTable"),
    ...objects(map, "logicalTable").flatMap((table) => exactly(1, table, "tableName", "sqlQuery")),
    ...exactly(1, map, "subjectMap"),
    ...objects(map, "subjectMap").flatMap((subject) => [
      ...exactly(1, subject, "template"),
      ...objects(subject, "template").flatMap(({ value }) =>
        /^(?:[^\\{}]|\\[\\{}])*(?:\{(?:[^\\{}]|\\[\\{}])+\}(?:[^\\{}]|\\[\\{}])*)+$/u.test(value)
          ? []
          : [`not a template: ${value}`]
      )
    ]),
    ...objects(map, "predicateObjectMap").flatMap((pair) => [
      ...exactly(1, pair, "predicate"),
      ...exactly(1, pair, "objectMap"),
      ...objects(pair, "objectMap").flatMap((object) => [
        ...exactly(1, object, "column", "parentTriplesMap"),
        ...objects(object, "parentTriplesMap").flatMap(({ value }) => (isMap.has(value) ? [] : [`no map ${value}`])),
        ...objects(object, "joinCondition").flatMap((join) => [
          ...exactly(1, join, "child"),
          ...exactly(1, join, "parent")
        ])
      ])
    ])
  ])
}

const Field = Schema.Struct({
  name: Schema.String,
  dbName: Schema.optional(Schema.String),
  kind: Schema.String,
  type: Schema.String,
  isList: Schema.Boolean,
  isRequired: Schema.Boolean
})
const Dmmf = Schema.parseJson(
  Schema.Struct({
    datamodel: Schema.Struct({
      models: Schema.Array(
        Schema.Struct({ name: Schema.String, dbName: Schema.NullOr(Schema.String), fields: Schema.Array(Field) })
      )
    })
  })
)

/** The models that Prisma reads; throws what it has against the schema. */
export const readPrisma = (schema: string) => {
  try {
    validate(JSON.stringify({ prismaSchema: [["schema.prisma", schema]], noColor: true }))
  } catch (error) {
    throw new Error(`${String(error)}\n${schema}`, { cause: error })
  }
  return Schema.decodeSync(Dmmf)(get_dmmf(JSON.stringify({ prismaSchema: schema, noColor: true }))).datamodel.models
}

/** The triples of a file. */
export const readTurtle = (text: string): Store => new Store(new TurtleParser({ format: "text/turtle" }).parse(text))

/** What DBML's own parser reads; throws what it has against the text. */
export const readDbml = (text: string) => {
  try {
    return new DbmlParser().parse(text, "dbmlv2")
  } catch (error) {
    throw new Error(JSON.stringify(error).slice(0, 2_000), { cause: error })
  }
}

/** The diagrams in a Markdown page, under their headings. */
export const diagramsOf = (page: string) =>
  [...page.matchAll(/^## (.*)\n\n(.*)\n\n```mermaid\n([\s\S]*?)^```$/gm)].map(([, name = "", , diagram = ""]) => ({
    name,
    diagram
  }))

const bySchema = (name: string) => {
  const errors = errorsBy(published(name))
  return (document: unknown) => errors(document).slice(0, 20)
}

/** What a file's own tool or schema has against it, by the file's name; nothing where it is valid. */
const CHECKS: Readonly<Record<string, (text: string) => unknown>> = {
  "er-diagram.mmd": (text) => mermaid.parse(text),
  "er-diagrams.md": async (text) => {
    for (const { diagram } of diagramsOf(text)) await mermaid.parse(diagram)
  },
  "ontology.ttl": readTurtle,
  "mapping.r2rml.ttl": (text) => refuse(r2rmlFaults(readTurtle(text))),
  "schema.dbml": readDbml,
  "sources.yml": (text) => refuse(bySchema("dbt-yml-files.json")(parseYaml(text))),
  "ossie.json": (text) => refuse(bySchema("ossie-0.1.1.json")(JSON.parse(text))),
  "ossie.yaml": (text) => refuse(bySchema("ossie-0.2.0.dev0.json")(parseYaml(text))),
  "tbls.json": (text) => refuse(bySchema("tbls.json")(JSON.parse(text))),
  "drizzle.ts": async (text) => (await loadDrizzle([text])).map(readDrizzle),
  "schema.prisma": readPrisma
}

const refuse = (faults: ReadonlyArray<string>) => {
  if (faults.length > 0) throw new Error(faults.join("\n"))
}

/** What the own tools of these files have against them, one line each; a file that is missing counts as one. */
export const faultsIn = async (files: ReadonlyMap<string, string>): Promise<ReadonlyArray<string>> => {
  const faults: Array<string> = []
  const checks = Object.entries(CHECKS)
  for (const [name, check] of [
    ...checks,
    [
      "discovery.json",
      (text: string) => refuse(errorsBy(JSON.parse(files.get("discovery.schema.json") ?? ""))(JSON.parse(text)))
    ] as const
  ]) {
    try {
      const text = files.get(name)
      if (text === undefined) throw new Error("missing")
      await check(text)
    } catch (error) {
      faults.push(`${name}: ${String(error)}`)
    }
  }
  return faults
}
