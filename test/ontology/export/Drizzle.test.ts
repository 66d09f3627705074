import { describe, expect, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { execFile } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { dirname, join, resolve } from "node:path"
import { promisify } from "node:util"
import { extractTablesRelationalConfig, createTableRelationsHelpers } from "drizzle-orm"
import { toDrizzle } from "../../../src/ontology/export/Drizzle.ts"
import type { ExportModel } from "../../../src/ontology/export/ExportModel.ts"
import { asWritten, hostileModel, shopModel, textOf } from "./source.ts"

const repository = resolve(import.meta.dirname, "../../..")
const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc")
const run = promisify(execFile)

/** The modules, compiled against drizzle-orm and loaded; throws what the compiler says. A folder below ours, where drizzle-orm is found. */
const load = async (models: ReadonlyArray<ExportModel>): Promise<ReadonlyArray<Record<string, unknown>>> => {
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
    for (const [n, model] of models.entries()) await writeFile(join(folder, `m${n}.ts`), textOf(toDrizzle(model)))
    await run(process.execPath, [tsc, "-p", folder]).catch((error: { readonly stdout: string }) => {
      throw new Error(error.stdout)
    })
    return await Promise.all(models.map((_, n) => import(join(folder, `out/m${n}.js`))))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** What drizzle-orm makes of a module: its tables with their columns and relations. */
const read = (module: Record<string, unknown>) => {
  const { tables } = extractTablesRelationalConfig(module, createTableRelationsHelpers)
  return Object.values(tables).map(({ columns, dbName, relations }) => ({
    name: dbName,
    columns: Object.values(columns).map(({ name }) => name),
    relations: Object.values(relations).map(({ fieldName, referencedTableName }) => [fieldName, referencedTableName])
  }))
}

describe("Drizzle's tables and relations", () => {
  it("compile, and drizzle-orm reads every table and both ends of every reference", async () => {
    const [module = {}] = await load([shopModel])
    const tables = read(module)
    expect(tables.map(({ name }) => name).toSorted()).toEqual([
      "customers",
      "old_backup",
      "order_lines",
      "orders",
      "product_tags",
      "products",
      "tags"
    ])
    expect(tables.find(({ name }) => name === "orders")?.relations).toEqual([
      ["orderLines", "order_lines"],
      ["customer", "customers"]
    ])
  })

  it("read back the names that the database has", async () => {
    const models = FastCheck.sample(hostileModel, 40)
    const modules = await load(models)
    for (const [n, module] of modules.entries()) {
      const shown = (models[n]?.tables ?? []).filter(({ columns }) => columns.length > 0)
      expect(
        read(module)
          .map(({ columns, name }) => JSON.stringify([name, columns]))
          .toSorted()
      ).toEqual(
        shown
          .map(({ columns, table }) => JSON.stringify([asWritten(table), columns.map(({ name }) => asWritten(name))]))
          .toSorted()
      )
    }
  })
})
