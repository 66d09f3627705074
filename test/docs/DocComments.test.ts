import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { typeCheck } from "./TypeCheck.ts"

/** Members that people call first: each of these shows how. The part before the dot is what is declared. */
const CALLED_FIRST = [
  "Database.layer",
  "Database.tenantTable",
  "Registered.execute",
  "Registered.interrupt",
  "Registered.poll",
  "Registered.resume",
  "Registered.retry",
  "Registered.start",
  "WorkflowInfra.layerMemory"
]

/** A declaration with the doc comment above it, which is empty if there is none. */
interface Documented {
  readonly name: string
  readonly comment: string
  /** Whether it is there when a program runs, and is no constant: a class, a tag, a function, a layer. */
  readonly isUsed: boolean
}

const DECLARATION =
  /^export (?:declare )?(?:abstract )?(?:const|function|class|interface|type) (\w+)|^ {2}(?:static |readonly )+(\w+)/

/** The exported declarations of a module and their members. Both const and type of one name count as one, with both comments. */
const declarationsOf = (source: string): ReadonlyArray<Documented> => {
  const lines = source.split("\n")
  let declaration = ""
  return lines.flatMap((line, at): ReadonlyArray<Documented> => {
    const [, exported, member] = DECLARATION.exec(line) ?? []
    if (exported !== undefined) declaration = exported
    const name = exported ?? (member === undefined ? undefined : `${declaration}.${member}`)
    if (name === undefined) return []
    const above = lines.slice(0, at)
    const end = above.at(-1)?.trim().endsWith("*/") === true
    const start = above.findLastIndex((one) => one.trim().startsWith("/**"))
    const isUsed = /^export (?:abstract )?(?:const|function|class) (?![A-Z_]+\b)/.test(line)
    return [{ name, comment: end && start >= 0 ? above.slice(start).join("\n") : "", isUsed }]
  })
}

/** What a module exports and where it stands, over all modules that it exports from. */
const exportsOf = (
  module: string
): Effect.Effect<ReadonlyArray<Documented>, unknown, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const source = yield* files.readFileString(module)
    const isMember = ({ name }: Documented) => name.includes(".")
    const passedOn = yield* Effect.forEach(
      [...source.matchAll(/^export (?:type )?(\{[^}]*\}|\*(?: as \w+)?) from "(.*)"$/gm)],
      ([, what = "", from = ""]) =>
        Effect.map(exportsOf(path.join(path.dirname(module), from)), (all) => {
          const [, namespace] = /^\* as (\w+)$/.exec(what) ?? []
          if (namespace !== undefined) {
            return all.filter((one) => !isMember(one)).map((one) => ({ ...one, name: `${namespace}.${one.name}` }))
          }
          if (what === "*") return all
          const names = [...what.matchAll(/(?:type )?(\w+)(?: as (\w+))?/g)].map(([, name = "", alias]) => ({
            name,
            alias: alias ?? name
          }))
          return names.flatMap(({ alias, name }) => {
            const own = all.filter((one) => one.name === name).map((one) => ({ ...one, name: alias }))
            const members = all.filter((one) => one.name.startsWith(`${name}.`))
            return own.length === 0 ? [{ name: alias, comment: "", isUsed: true }] : [...own, ...members]
          })
        })
    )
    return [...declarationsOf(source), ...passedOn.flat()]
  })

const EXAMPLE = /@example\n(.*?)(?=\n\s*\* @|\n\s*\*\/)/gs
const CODE = /```ts\n(.*?)```/gs

/** The examples of a source. */
const examplesOf = (source: string) =>
  [...source.matchAll(EXAMPLE)].flatMap(([, example = ""]) =>
    [...example.replaceAll(/^\s*\* ?/gm, "").matchAll(CODE)].map(([, code = ""]) => code)
  )

it.live("every export of the engine has a doc comment", () =>
  Effect.gen(function* () {
    const exported = yield* exportsOf("src/index.ts")
    expect(exported.length).toBeGreaterThan(80)
    expect(
      exported.filter(({ comment, name }) => comment === "" && !name.includes(".")).map(({ name }) => name)
    ).toEqual([])
    const namespaced = exported.filter(({ name }) => /^(WorkflowKind|WorkflowSettings|\w+Repository)\./.test(name))
    expect(namespaced.filter(({ comment }) => comment === "").map(({ name }) => name)).toEqual([])
  }).pipe(Effect.provide(NodeContext.layer))
)

it.live(
  "every class, tag, function and layer of the engine has an example, and every member that people call first",
  () =>
    Effect.gen(function* () {
      const inherited = yield* exportsOf("src/workflow/Executions.ts")
      const exported = [
        ...(yield* exportsOf("src/index.ts")),
        ...inherited.map((one) => ({ ...one, name: one.name.replace("Executions.", "Registered.") }))
      ]
      const withExample = exported
        .filter(({ comment }) => examplesOf(`${comment}\n*/`).length > 0)
        .map(({ name }) => name)
      const entries = ["index", "effect-cluster", "effect-workflow", "embedded"]
      const used = (yield* Effect.forEach(entries, (entry) => exportsOf(`src/${entry}.ts`)))
        .flat()
        .filter(({ isUsed }) => isUsed)
      expect(used.length).toBeGreaterThan(50)
      expect(used.filter(({ comment }) => examplesOf(`${comment}\n*/`).length === 0).map(({ name }) => name)).toEqual(
        []
      )
      expect(CALLED_FIRST.filter((name) => !withExample.includes(name))).toEqual([])
    }).pipe(Effect.provide(NodeContext.layer))
)

it.live("every example of a doc comment compiles", () =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const modules = (yield* files.readDirectory("src", { recursive: true })).filter((name) => name.endsWith(".ts"))
    const examples = yield* Effect.forEach(modules.sort(), (from) =>
      Effect.map(files.readFileString(`src/${from}`), (source) => examplesOf(source).map((code) => ({ from, code })))
    )
    expect(yield* typeCheck(examples.flat())).toBe("")
  }).pipe(Effect.provide(NodeContext.layer))
)
