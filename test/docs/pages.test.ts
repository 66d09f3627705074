import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { typeCheck } from "./TypeCheck.ts"

/** Every page that people read, with its text. */
const pages = Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  const folders = yield* Effect.forEach(["docs", "examples"], (folder) =>
    Effect.map(files.readDirectory(folder), (names) => names.map((name) => `${folder}/${name}`))
  )
  const names = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", ...folders.flat().sort()]
  return yield* Effect.forEach(
    names.filter((name) => name.endsWith(".md")),
    (name) => Effect.map(files.readFileString(name), (text) => ({ name, text }))
  )
})

const CODE_BLOCK = /^```(\w*)\n(.*?)^```$/gms
/** What GitHub calls a heading in a link. */
const anchorsOf = (text: string) =>
  [...text.replaceAll(CODE_BLOCK, "").matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-")
  )

/** The links of a page that are not to another site, with their texts. */
const linksOf = (text: string) =>
  [...text.replaceAll(CODE_BLOCK, "").matchAll(/\[([^\]]*)\]\((?!https?:)([^)\s]+)\)/g)].map(
    ([, title = "", target = ""]) => ({ title, target })
  )

it.live("every link within the project leads somewhere", () =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const dead: Array<string> = []
    for (const { name, text } of yield* pages) {
      for (const { target } of linksOf(text)) {
        const [file = "", anchor] = target.split("#")
        const there = file === "" ? name : path.join(path.dirname(name), file)
        const isThere =
          (yield* files.exists(there)) &&
          (anchor === undefined || anchorsOf(yield* files.readFileString(there)).includes(anchor))
        if (!isThere) dead.push(`${name}: ${target}`)
      }
    }
    expect(dead).toEqual([])
  }).pipe(Effect.provide(NodeContext.layer))
)

it.live("every page of docs is linked to from the README", () =>
  Effect.gen(function* () {
    const all = yield* pages
    const linked = all.flatMap(({ name, text }) => (name === "README.md" ? linksOf(text) : []))
    const targets = linked.map(({ target }) => target)
    for (const { name } of all.filter(({ name }) => name.startsWith("docs/"))) expect(targets).toContain(name)
  }).pipe(Effect.provide(NodeContext.layer))
)

it.live("every TypeScript of the pages compiles", () =>
  Effect.gen(function* () {
    const examples = (yield* pages).flatMap(({ name, text }) =>
      [...text.matchAll(CODE_BLOCK)]
        .filter(([, language]) => language === "ts")
        .map(([, , code = ""]) => ({ from: name, code }))
    )
    expect(examples.length).toBeGreaterThan(10)
    expect(yield* typeCheck(examples)).toBe("")
  }).pipe(Effect.provide(NodeContext.layer))
)

/** Stands in for the ids that a page leaves out. */
const SOME_ID = "00000000-0000-7000-8000-000000000000"

it.scopedLive("every SQL of docs runs on the engine's tables", () =>
  Effect.gen(function* () {
    const url = yield* TestDatabase.create
    const sql = yield* TestDatabase.connect(url)
    const statements = (yield* pages)
      .filter(({ name }) => name.startsWith("docs/"))
      .flatMap(({ text }) => [...text.matchAll(CODE_BLOCK)])
      .filter(([, language]) => language === "sql")
      .map(([, , code = ""]) => code.replaceAll("…", SOME_ID))
    expect(statements.length).toBeGreaterThan(2)
    yield* Effect.forEach(statements, (statement) => sql.unsafe(statement)).pipe(
      Effect.provide(TestInfra.databaseAt(url))
    )
  }).pipe(Effect.provide(NodeContext.layer))
)

it.live("every guarantee names a test that exists", () =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const page = yield* files.readFileString("docs/guarantees.md")
    const guarantees = page.split(/^- /m).slice(1)
    expect(guarantees.length).toBeGreaterThan(20)
    const missing: Array<string> = []
    for (const guarantee of guarantees) {
      const tests = linksOf(guarantee).filter(({ target }) => target.endsWith(".test.ts"))
      if (tests.length === 0) missing.push(`no test: ${guarantee}`)
      for (const { target, title } of tests) {
        const source = yield* files.readFileString(path.join("docs", target))
        if (!source.includes(`"${title.replaceAll(/\s+/g, " ")}"`)) missing.push(`${target}: ${title}`)
      }
    }
    expect(missing).toEqual([])
  }).pipe(Effect.provide(NodeContext.layer))
)
