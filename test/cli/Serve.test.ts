import { describe, expect, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { eventually } from "../fixtures/eventually.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import { folder, listening, run, start } from "./program.ts"

const environment = Effect.map(TestDatabase.create, (url) => ({ DATABASE_URL: Redacted.value(url) }))

const get = (url: string, token?: string) =>
  Effect.promise(() => fetch(url, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }))

describe("The command serve", () => {
  it.scopedLive("says where it listens, and ends in time with a client that follows", () =>
    Effect.gen(function* () {
      const program = yield* start(yield* folder, ["serve", "--port", "0"], yield* environment)
      const url = yield* listening(program)
      const stream = yield* get(`${url}/api/v1/projects/default/events`)
      const reader = stream.body?.getReader()
      yield* Effect.promise(async () => reader?.read())
      program.child.kill("SIGTERM")
      expect(yield* program.end).toMatchObject({ status: 143, errors: "" })
      const rest = Effect.tryPromise(async () => {
        while ((await reader?.read())?.done === false);
      })
      yield* rest
    })
  )

  it.scopedLive("starts for everybody only where somebody has a token", () =>
    Effect.gen(function* () {
      const [place, settings] = [yield* folder, yield* environment]
      const wide = { ...settings, SERVE_HOST: "0.0.0.0", SERVE_PORT: "0" }
      const refused = yield* run(place, ["serve"], wide)
      expect(refused.status).not.toBe(0)
      expect(refused.errors).toMatch(/^[^\n]*nobody has a token[^\n]*\n$/)

      const made = yield* run(place, ["token", "create", "--name", "ci", "--scopes", "read,run"], settings)
      expect(made).toMatchObject({ status: 0, errors: expect.stringContaining("not shown again") })
      const token = made.output.trim()
      expect(token).toMatch(/^wfi_[\w-]{43}$/)
      const listed = yield* run(place, ["token", "list"], settings)
      expect(listed.output).toMatch(/ci +read,run/)
      expect(listed.output).not.toContain(token)

      const program = yield* start(place, ["serve"], wide)
      const url = (yield* listening(program)).replace("0.0.0.0", "127.0.0.1")
      expect((yield* get(`${url}/api/v1/projects`)).status).toBe(401)
      expect((yield* get(`${url}/api/v1/projects`, token)).status).toBe(200)
      const id = listed.output.trim().split(/\s+/)[0] ?? ""
      expect(yield* run(place, ["token", "revoke", id], settings)).toMatchObject({ status: 0 })
      expect(yield* run(place, ["token", "revoke", id], settings)).toMatchObject({ status: 2 })
      const status = Effect.map(get(`${url}/api/v1/projects`, token), (answer) => answer.status)
      yield* eventually("the token is not valid any more", status, (seen) => seen === 401)
    })
  )
})
