import { afterAll, beforeAll, describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import axe from "axe-core"
import { existsSync } from "node:fs"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core"
import { build } from "../../../src/report/Build.ts"
import { toHtml } from "../../../src/report/Html.ts"
import { Placing } from "../../../src/report/layout/Placing.ts"
import { wholeText } from "../../../src/steps/TextSteps.ts"
import { hostile, MARKUP, shopSource } from "../source.ts"

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) =>
  existsSync(path)
)
const without = executablePath === undefined ? " (skipped: there is no Chromium in /usr/bin)" : ""

const PATIENCE = 120_000
const PAGES = [
  "overview",
  "tables",
  "relationships",
  "decide",
  "orphans",
  "questions",
  "personal",
  "unread",
  "entity/orders",
  "entity/customers"
]
const SIZES = { desk: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } }

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
const faultsOf = (page: Page) =>
  page.evaluate<axe.AxeResults>(`axe.run(document, ${JSON.stringify({ runOnly: RULES })})`)

describe.skipIf(executablePath === undefined)(`report.html in a browser${without}`, { timeout: PATIENCE }, () => {
  let browser: Browser | undefined
  let folder = ""
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "workflow-infra-report-"))
    browser = await chromium.launch({ executablePath: executablePath ?? "", args: ["--no-sandbox"] })
    for (const [name, source] of Object.entries({ shop: shopSource, hostile })) {
      const report = await Effect.runPromise(Effect.provide(build(source), Placing.layer))
      await writeFile(join(folder, `${name}.html`), wholeText(toHtml(report)))
    }
  }, PATIENCE)
  afterAll(async () => {
    await browser?.close()
    await rm(folder, { recursive: true, force: true })
  })

  /** Opens a page of a report, and gives what the console and the network said when `use` is done. */
  const opened = async <A>(
    file: "shop" | "hostile",
    hash: string,
    use: (page: Page) => Promise<A>,
    options: BrowserContextOptions = {}
  ) => {
    if (browser === undefined) throw new Error("no browser")
    const context = await browser.newContext({ viewport: SIZES.desk, reducedMotion: "reduce", ...options })
    try {
      const page = await context.newPage()
      const said: Array<string> = []
      page.on("console", (message) => said.push(message.text()))
      page.on("pageerror", ({ message }) => said.push(message))
      page.on("request", (request) => {
        if (!/^(?:file|data):/.test(request.url())) said.push(request.url())
      })
      await page.goto(`file://${join(folder, `${file}.html`)}#/${hash}`)
      await page.waitForSelector("main h1")
      return { result: await use(page), said }
    } finally {
      await context.close()
    }
  }

  it.each([
    ["desk", "light"],
    ["desk", "dark"],
    ["phone", "light"],
    ["phone", "dark"]
  ] as const)(
    "has no page that axe finds fault with, nor one that scrolls sideways: %s, %s",
    async (size, colorScheme) => {
      const look = async (page: Page) => {
        const faults: Array<string> = []
        await page.evaluate(axe.source)
        const linked = await page.evaluate(() =>
          [...document.querySelectorAll(".dom, .nav .sub")].map((link) => link.getAttribute("href") ?? "")
        )
        for (const hash of [...PAGES.map((page) => `#/${page}`), ...linked]) {
          await page.evaluate((to) => void (location.hash = to), hash)
          await page.waitForFunction((to) => location.hash === to && document.querySelector("main h1") !== null, hash)
          const { violations } = await faultsOf(page)
          for (const { id, nodes } of violations)
            faults.push(`${hash} ${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join("; ")}`)
          if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth))
            faults.push(`${hash} scrolls sideways`)
        }
        await page.keyboard.press("/")
        await page.waitForSelector("dialog[open]")
        const { violations } = await faultsOf(page)
        return [...faults, ...violations.map(({ id }) => `search ${id}`)]
      }
      // What axe injects is no script of the page's: its policy would refuse it.
      for (const file of ["shop", "hostile"] as const) {
        const options = { viewport: SIZES[size], colorScheme, bypassCSP: true }
        const { result } = await opened(file, "overview", look, options)
        expect({ file, result }).toEqual({ file, result: [] })
      }
    }
  )

  it("asks no network and says nothing on the console, on any page", async () => {
    const { said } = await opened("shop", "overview", async (page) => {
      for (const hash of PAGES) {
        await page.evaluate((to) => void (location.hash = `#/${to}`), hash)
        await page.waitForSelector("main h1")
      }
    })
    expect(said).toEqual([])
  })

  it("finds a column by the keyboard alone, and shows it", async () => {
    const { result } = await opened("shop", "overview", async (page) => {
      await page.keyboard.press("/")
      await page.keyboard.type("ordered_at")
      await page.waitForSelector("#hit0")
      await page.keyboard.press("Enter")
      await page.waitForSelector("[data-at=ordered_at]")
      await page.waitForFunction(() => document.activeElement?.getAttribute("data-at") === "ordered_at")
      return page.evaluate(() => location.hash)
    })
    expect(result).toBe("#/entity/orders/ordered_at")
  })

  it("is walked through by keys: pages, rows, the size of a diagram, light and dark", async () => {
    const { result } = await opened("shop", "overview", async (page) => {
      await page.keyboard.press("g")
      await page.keyboard.press("r")
      await page.waitForFunction(
        () =>
          document.querySelector("main h1")?.textContent === "Relationships" &&
          document.querySelector(".relrow") !== null
      )
      await page.keyboard.press("j")
      const row = await page.evaluate(() => document.activeElement?.className)
      await page.keyboard.press("Enter")
      await page.waitForFunction(() => document.querySelector("details.rel[open]") !== null)
      const width = () => page.evaluate(() => Number(document.querySelector("svg.dg")?.getAttribute("width")))
      await page.waitForSelector("svg.dg")
      const before = await width()
      await page.keyboard.press("+")
      await page.waitForFunction((old) => Number(document.querySelector("svg.dg")?.getAttribute("width")) > old, before)
      await page.keyboard.press("t")
      const theme = await page.evaluate(() => document.documentElement.dataset["theme"])
      await page.keyboard.press("?")
      await page.waitForSelector("dialog.keys[open]")
      await page.keyboard.press("Escape")
      await page.waitForFunction(() => document.querySelector("dialog") === null)
      await page.keyboard.press("]")
      return { row, theme }
    })
    expect(result).toEqual({ row: "rel relrow", theme: "dark" })
  })

  it("shows names and values that are markup as they are, and follows addresses made of them", async () => {
    const { result, said } = await opened("hostile", "tables", async (page) => {
      const texts = await page.evaluate(() =>
        [...document.querySelectorAll("main .names")].map(({ textContent }) => textContent)
      )
      const hashes = await page.evaluate(() =>
        [...document.querySelectorAll("main .names")].map((link) => link.getAttribute("href") ?? "")
      )
      const headings: Array<string | null> = []
      for (const hash of [...hashes, "#/unread", "#/orphans"]) {
        await page.evaluate((to) => void (location.hash = to), hash)
        await page.waitForFunction((to) => location.hash === to && document.querySelector("main h1") !== null, hash)
        headings.push(await page.textContent("main h1"))
      }
      const values = await page.evaluate(() => document.querySelectorAll("img, main script").length)
      await page.evaluate((to) => void (location.hash = to), hashes[1] ?? "")
      await page.waitForSelector(".vals")
      const quoted = await page.textContent(".vals")
      await page.keyboard.press("/")
      await page.keyboard.type("onerror")
      await page.waitForSelector("#hit0")
      return { texts, headings, values, quoted, taken: await page.evaluate(() => "taken" in globalThis) }
    })
    expect(result.texts).toEqual(expect.arrayContaining([`Thing ${MARKUP}`]))
    expect(result.headings.join(" ")).toContain(`Thing ${MARKUP}`)
    expect(result.quoted).toContain(MARKUP)
    expect([result.values, result.taken, said]).toEqual([0, false, []])
  })
})
