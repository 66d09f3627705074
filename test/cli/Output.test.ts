import { FileSystem, type Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Stream } from "effect"
import { checkWritable, writeFiles } from "../../src/cli/Output.ts"

const inFolder = <A, E>(
  use: (folder: string, fs: FileSystem.FileSystem) => Effect.Effect<A, E, FileSystem.FileSystem | Path.Path>
) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return yield* use(yield* fs.makeTempDirectoryScoped(), fs)
  }).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

describe("Files that are written", () => {
  it.effect("have the rights that the umask leaves, and nothing is written through what stood beside them before", () =>
    inFolder((folder, fs) =>
      Effect.gen(function* () {
        yield* fs.writeFileString(`${folder}/precious`, "precious")
        yield* fs.symlink(`${folder}/precious`, `${folder}/.result.json.${process.pid}.tmp`)
        const before = process.umask(0o027)
        yield* Effect.ensuring(
          Effect.zipRight(
            checkWritable([`${folder}/result.json`]),
            writeFiles([{ paths: [`${folder}/result.json`], content: Stream.succeed("{}") }])
          ),
          Effect.sync(() => process.umask(before))
        )
        expect((yield* fs.stat(`${folder}/result.json`)).mode & 0o777).toBe(0o640)
        expect(yield* fs.readFileString(`${folder}/precious`)).toBe("precious")
        expect((yield* fs.readDirectory(folder)).sort()).toEqual([
          `.result.json.${process.pid}.tmp`,
          "precious",
          "result.json"
        ])
      })
    )
  )
})

describe("Files", () => {
  it.live("are written into folders that are made for them, over what was there", () =>
    inFolder((folder, fs) =>
      Effect.gen(function* () {
        const file = `${folder}/a/b/result.json`
        yield* checkWritable([file])
        expect(yield* fs.readDirectory(`${folder}/a/b`)).toEqual([])
        yield* writeFiles([{ paths: [file], content: Stream.succeed("a long first version") }])
        yield* writeFiles([{ paths: [file], content: Stream.succeed("second") }])
        expect(yield* fs.readFileString(file)).toBe("second")
        expect(yield* fs.readDirectory(`${folder}/a/b`)).toEqual(["result.json"])
      })
    )
  )

  it.live("may have one text, which is made once, and not before those in front of it are written", () =>
    inFolder((folder, fs) =>
      Effect.gen(function* () {
        const made: Array<ReadonlyArray<string>> = []
        const whole = Effect.map(Effect.orDie(fs.readDirectory(folder)), (there) =>
          there.filter((name) => !name.startsWith(".")).sort()
        )
        const file = (...names: ReadonlyArray<string>) => ({
          paths: names.map((name) => `${folder}/${name}`),
          content: Stream.fromEffect(whole).pipe(
            Stream.tap((there) => Effect.sync(() => made.push(there))),
            Stream.flatMap(() => Stream.make("a ", "text"))
          )
        })
        yield* writeFiles([file("1"), file("2", "3")])
        expect(made).toEqual([[], ["1"]])
        for (const name of ["1", "2", "3"]) expect(yield* fs.readFileString(`${folder}/${name}`)).toBe("a text")
      })
    )
  )

  it.live("are as they were, with nothing beside them, where the writing stops half-way", () =>
    inFolder((folder, fs) =>
      Effect.gen(function* () {
        const file = `${folder}/result.json`
        yield* fs.writeFileString(file, "old")
        const begun = yield* Deferred.make<void>()
        const content = Stream.concat(
          Stream.succeed("half of it"),
          Stream.fromEffect(Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never))
        )
        const writing = yield* Effect.fork(writeFiles([{ paths: [file, `${folder}/second.json`], content }]))
        yield* Deferred.await(begun)
        expect(yield* fs.readDirectory(folder)).toHaveLength(3)
        yield* Fiber.interrupt(writing)
        expect(yield* fs.readDirectory(folder)).toEqual(["result.json"])
        expect(yield* fs.readFileString(file)).toBe("old")
      })
    )
  )

  it.live("stay behind the link that leads to them", () =>
    inFolder((folder, fs) =>
      Effect.gen(function* () {
        yield* fs.writeFileString(`${folder}/real.json`, "old")
        yield* fs.symlink(`${folder}/real.json`, `${folder}/link.json`)
        yield* writeFiles([{ paths: [`${folder}/link.json`], content: Stream.succeed("new") }])
        expect(yield* fs.readFileString(`${folder}/real.json`)).toBe("new")
        expect(yield* fs.readLink(`${folder}/link.json`)).toBe(`${folder}/real.json`)
      })
    )
  )

  it.live("may be devices, which are written to and not replaced", () =>
    inFolder((_, fs) =>
      Effect.gen(function* () {
        yield* checkWritable(["/dev/null"])
        yield* writeFiles([{ paths: ["/dev/null"], content: Stream.succeed("gone") }])
        expect((yield* fs.stat("/dev/null")).type).toBe("CharacterDevice")
      })
    )
  )

  it.live("that cannot be written are known before any work, and said in one line", () =>
    inFolder((folder, fs) =>
      Effect.gen(function* () {
        yield* fs.writeFileString(`${folder}/file`, "here")
        const says = (path: string) => Effect.map(Effect.flip(checkWritable([path])), ({ message }) => message)
        expect(yield* says(folder)).toBe(`cannot write ${folder}: it is a folder`)
        expect(yield* says(`${folder}/file/result.json`)).toBe(
          `cannot write ${folder}/file/result.json: there is a file in the way`
        )
        expect(yield* says("/proc/nowhere/result.json")).toMatch(
          /^cannot write \/proc\/nowhere\/result\.json: there is no such folder/
        )
      })
    )
  )
})
