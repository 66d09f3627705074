import { Command, FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { expect, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import * as TestDatabase from "../fixtures/TestDatabase.ts"

const EXAMPLE = "test/readme/Example.ts"

it.live("the README's program is this one, but for where it imports from", () =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const example = (yield* files.readFileString(EXAMPLE)).replace('"../../src/index.ts"', '"workflow-infra"')
    expect(yield* files.readFileString("README.md")).toContain(example.trim())
  }).pipe(Effect.provide(NodeContext.layer))
)

it.scopedLive("the README's program does what it says, and ends", () =>
  Effect.gen(function* () {
    const url = yield* TestDatabase.create
    const program = Command.make("node", "--import", "tsx", EXAMPLE).pipe(
      Command.env({ DATABASE_URL: Redacted.value(url) })
    )
    const printed = yield* Command.string(program)
    expect(printed).toMatch(/coda[^]*words: 1[^]*haiku[^]*words: 4/)
    expect(yield* Command.exitCode(program)).toBe(0)
  }).pipe(Effect.provide(NodeContext.layer))
)
