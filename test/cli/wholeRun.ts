import { expect } from "@effect/vitest"
import { Effect, Redacted, Schema } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { ColumnSet } from "../../src/datasource/Inclusion.ts"
import { OntologyColumn } from "../../src/ontology/Ontology.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import { folder, run } from "./program.ts"

/** What a test reads of the file for programs. */
const Written = Schema.parseJson(
  Schema.Struct({
    entities: Schema.Array(Schema.Struct({ table: Schema.String, name: Schema.String })),
    relationships: Schema.Array(
      Schema.Struct({ from: ColumnSet, to: ColumnSet, status: Schema.String, method: Schema.String })
    ),
    ontology: Schema.Struct({
      entities: Schema.Array(
        Schema.Struct({
          table: Schema.String,
          /** Null where they were not read. */
          rows: Schema.NullOr(Schema.Int),
          columns: Schema.Array(OntologyColumn)
        })
      )
    })
  })
)
export const written = (files: ReadonlyMap<string, string>) =>
  Schema.decodeSync(Written)(files.get("discovery.json") ?? "")

/** What the program wrote about the database that a login reads, by file. It ends well, without a word of warning. */
export const filesAs = (reader: Redacted.Redacted, ...options: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const own = yield* TestDatabase.create
    const here = yield* folder
    const ended = yield* run(here, ["discover", Redacted.value(reader), ...options], {
      DATABASE_URL: Redacted.value(own),
      LOG_LEVEL: "error"
    })
    expect(ended).toMatchObject({ status: 0, errors: "" })
    return new Map(readdirSync(join(here, "out")).map((name) => [name, readFileSync(join(here, "out", name), "utf8")]))
  })

/** What the program wrote about a database of the shared server, by file. */
export const filesOf = (url: Redacted.Redacted, ...options: ReadonlyArray<string>) =>
  Effect.flatMap(TestDatabase.login("IN ROLE pg_read_all_data"), (login) =>
    filesAs(TestDatabase.as(url, login), ...options)
  )

/** A database of the shared server in which these statements were run. */
export const made = (statements: string) =>
  Effect.gen(function* () {
    const url = yield* TestDatabase.create
    const sql = yield* TestDatabase.connect(url)
    yield* sql.unsafe(statements)
    return { sql, url }
  })

/** The files that do not say something, spaces and line breaks aside; without the questions, which describe nothing. */
export const silent = (files: ReadonlyMap<string, string>, said: string) =>
  [...files].flatMap(([name, text]) =>
    name === "questions.md" || text.replaceAll(/\s+/g, " ").includes(said) ? [] : [name]
  )
