import { describe, expect, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import type { Page } from "playwright-core"
import { folder, listening, run, start } from "../../cli/program.ts"
import * as TestDatabase from "../../fixtures/TestDatabase.ts"
import { shop } from "../shop.ts"
import { isThere, launch, without } from "./Browser.ts"

const PATIENCE = { timeout: 90_000 }

/** A page of a browser of its own. */
const page = Effect.acquireRelease(Effect.promise(launch), (open) => Effect.promise(() => open.close())).pipe(
  Effect.flatMap((browser) => Effect.promise(() => browser.newPage()))
)

const shows = (page: Page, text: string) =>
  Effect.promise(() =>
    page.waitForFunction((part) => document.querySelector("main")?.textContent.includes(part), text, PATIENCE)
  )

describe.skipIf(!isThere)(`the page of a program${without}`, () => {
  it.scopedLive(
    "keeps what it shows when the server is killed, says so, and comes back by itself when it is started again",
    () =>
      Effect.gen(function* () {
        const [place, database, url] = [yield* folder, yield* TestDatabase.create, yield* shop]
        const environment = { DATABASE_URL: Redacted.value(database) }
        const first = yield* start(place, ["serve", "--port", "0"], environment)
        const server = yield* listening(first)
        const open = yield* page
        yield* Effect.promise(() => open.goto(`${server}/`))
        yield* shows(open, "Nothing has run here yet")
        yield* Effect.promise(async () => {
          await open.fill(".emptyc input", url)
          await open.keyboard.press("Enter")
          await open.waitForFunction(() => location.hash.startsWith("#/workflow/"), undefined, PATIENCE)
          await open.evaluate(() => void (location.hash = "#/workflows"))
          await open.waitForSelector(".wr:not(.h)", PATIENCE)
        })
        yield* shows(open, "Live")

        first.child.kill("SIGKILL")
        expect((yield* first.end).status).toBe("SIGKILL")
        yield* Effect.promise(() => open.waitForSelector(".banner", PATIENCE))
        const [banner, kept] = yield* Effect.promise(() =>
          Promise.all([open.textContent(".banner"), open.locator(".wr:not(.h)").count()])
        )
        expect(banner).toMatch(/^Not connected for .*What you see is from then\. Trying again/)
        expect(kept).toBeGreaterThan(0)

        const second = yield* start(place, ["serve", "--port", new URL(server).port], environment)
        yield* listening(second)
        yield* shows(open, "Live")
        // The discovery was under way, or had ended: the new process takes it over, and the page shows its end.
        yield* Effect.promise(() =>
          open.waitForFunction(
            () => {
              const rows = [...document.querySelectorAll(".wr:not(.h)")]
              return rows.length === 4 && rows.every((row) => row.getAttribute("data-state") === "completed")
            },
            undefined,
            PATIENCE
          )
        )
        expect(yield* Effect.promise(() => open.locator(".banner").count())).toBe(0)
      }),
    240_000
  )

  it.scopedLive(
    "asks for a token where the server wants one, says when it is wrong, and works with it",
    () =>
      Effect.gen(function* () {
        const [place, database] = [yield* folder, yield* TestDatabase.create]
        const environment = { DATABASE_URL: Redacted.value(database) }
        const made = yield* run(place, ["token", "create", "--name", "ann", "--scopes", "read"], environment)
        const program = yield* start(place, ["serve", "--host", "0.0.0.0", "--port", "0"], environment)
        const server = (yield* listening(program)).replace("0.0.0.0", "127.0.0.1")
        const open = yield* page
        yield* Effect.promise(() => open.goto(`${server}/`))
        yield* shows(open, "A token, please")
        const give = (token: string) =>
          Effect.promise(async () => {
            await open.fill("[aria-label=Token]", token)
            await open.keyboard.press("Enter")
          })
        yield* give("wfi_wrong")
        yield* shows(open, "The server does not take this token")
        yield* give(made.output.trim())
        yield* shows(open, "Nothing has run here yet")
        yield* shows(open, "Live")
        // It may only read.
        yield* Effect.promise(() => open.click("text=try the sample"))
        yield* shows(open, "run")
        expect(yield* Effect.promise(() => open.textContent("main [role=alert]"))).toContain("scope")
        yield* Effect.promise(() => open.reload())
        yield* shows(open, "Nothing has run here yet")
      }),
    240_000
  )
})
