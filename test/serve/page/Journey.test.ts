import { describe, expect, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { Page } from "playwright-core"
import { Projects } from "../../../src/tenant/Projects.ts"
import { server } from "../server.ts"
import { Place } from "../servicesAt.ts"
import { shop } from "../shop.ts"
import { isThere, launch, without } from "./Browser.ts"

const PROJECT = "journey"

describe.skipIf(!isThere)(`the page on a server${without}`, () => {
  layer(server, { timeout: "120 seconds", excludeTestServices: true })((it) => {
    it.scoped(
      "leads from an empty project over a database's URL and its discovery to decisions, answers and the report",
      () =>
        Effect.gen(function* () {
          yield* Effect.flatMap(Projects, ({ ensure }) => ensure(PROJECT))
          const url = yield* shop
          const { port } = yield* Place
          const browser = yield* Effect.acquireRelease(Effect.promise(launch), (open) =>
            Effect.promise(() => open.close())
          )
          const said = yield* Effect.promise(() => browser.newContext().then((context) => walk(context, port, url)))
          expect(said).toEqual([])
        }),
      240_000
    )
  })
})

const shows = (page: Page, text: string) =>
  page.waitForFunction((part) => document.querySelector("main")?.textContent.includes(part), text, { timeout: 60_000 })

/** Goes all the way, and gives what the console said. */
const walk = async (
  context: Awaited<ReturnType<Awaited<ReturnType<typeof launch>>["newContext"]>>,
  port: number,
  url: string
) => {
  const page = await context.newPage()
  const said: Array<string> = []
  page.on("console", (message) => said.push(message.text()))
  page.on("pageerror", ({ message }) => said.push(message))
  const visit = (place: string, params = "") =>
    page.evaluate((to) => void (location.hash = to), `#/${place}?project=${PROJECT}${params}`)

  await page.goto(`http://127.0.0.1:${port}/#/workflows?project=${PROJECT}`)
  await shows(page, "Nothing has run here yet")
  await page.fill(".emptyc input", url.replace(/\/[^/]*$/, "/nothing_of_that_name"))
  await page.keyboard.press("Enter")
  await shows(page, "It cannot be done like this.")
  await page.fill(".emptyc input", url)
  await page.keyboard.press("Enter")
  await page.waitForFunction(() => location.hash.startsWith("#/workflow/"))
  await shows(page, "was added: 2 tables to read.")

  await visit("workflows")
  await page.waitForFunction(
    () => {
      const rows = [...document.querySelectorAll(".wr:not(.h)")]
      return rows.length === 4 && rows.every((row) => row.getAttribute("data-state") === "completed")
    },
    undefined,
    { timeout: 120_000 }
  )

  await visit("review", "&show=inferred")
  await page.waitForSelector(".ask1")
  expect(await page.textContent(".ask1")).toBe("Does orders.customer_id refer to customers.customer_id?")
  const other = await context.newPage()
  await other.goto(page.url())
  await other.waitForSelector(".ask1")
  await page.fill(".who input", "ann")
  await page.click("main h1")
  await page.keyboard.press("r")
  await shows(page, "Rejected: orders.customer_id → customers.customer_id.")
  await other.keyboard.press("a")
  await shows(other, "ann has decided meanwhile about orders.customer_id → customers.customer_id.")
  await shows(other, "rejected by a person")
  await page.keyboard.press("u")
  await shows(page, "Undone: orders.customer_id → customers.customer_id.")
  await shows(page, "inferred")
  await shows(other, "Somebody has taken back what was decided about orders.customer_id → customers.customer_id.")
  await page.keyboard.press("a")
  await shows(other, "ann has accepted orders.customer_id → customers.customer_id.")
  await shows(other, "accepted by a person")
  await page.keyboard.press("u")
  await shows(page, "Undone: orders.customer_id → customers.customer_id.")

  await visit("questions")
  await page.waitForSelector("[data-question] form input")
  await page.fill("[data-question] form input", "Euro, all of them")
  await page.keyboard.press("Enter")
  await shows(page, "Answered.")
  await visit("questions", "&show=answered")
  await shows(page, "Euro, all of them")

  await visit("database")
  await page.click(".dom")
  await page.waitForSelector("svg.dg, .fig svg")
  await visit("database/entity/orders")
  await shows(page, "Columns")
  await visit("database")
  const [report] = await Promise.all([context.waitForEvent("page"), page.click("main .files >> text=report.html")])
  await report.waitForSelector("main h1")
  expect(await report.evaluate(() => [location.pathname.endsWith("/exports/html"), origin])).toEqual([true, "null"])
  expect(await report.evaluate(() => document.querySelectorAll("b[onclick]").length)).toBe(0)
  // What is not there yet, refused or too late is told with a status, and the browser writes each of them down.
  return said.filter((text) => !/status of (?:404|412|422)/.test(text))
}
