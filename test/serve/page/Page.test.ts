import { afterAll, beforeAll, describe, expect, it } from "@effect/vitest"
import axe from "axe-core"
import type { Browser, BrowserContextOptions, Page } from "playwright-core"
import { isThere, launch, without } from "./Browser.ts"
import { type Fake, start } from "./fake.ts"
import { MARKUP as REPORT_MARKUP } from "../../report/source.ts"
import { MARKUP, open, workflow } from "./fakeData.ts"

const PATIENCE = 120_000
const SIZES = { desk: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } }
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
const ONE = workflow(1, {}).id
const FAILED = workflow(5, {}).id
const PAGES = [
  "workflows",
  "workflows?state=failed",
  "workflows?kind=nothing",
  `workflow/${ONE}`,
  `workflow/${FAILED}`,
  "servers",
  "database",
  "database/tables",
  "database/relationships",
  "database/orphans",
  "database/personal",
  `database/entity/${encodeURIComponent(REPORT_MARKUP)}`,
  "database/entity/nothing",
  "review",
  "review/named",
  "review?show=decided",
  "questions",
  "questions?show=answered"
]

describe.skipIf(!isThere)(`the page of serve in a browser${without}`, { timeout: PATIENCE }, () => {
  let browser: Browser | undefined
  beforeAll(async () => {
    browser = await launch()
  }, PATIENCE)
  afterAll(() => browser?.close())

  /** Opens the page, and gives what the console and other hosts were told when `use` is done. */
  const opened = async <A>(
    hash: string,
    use: (page: Page, fake: Fake) => Promise<A>,
    { empty = false, ...options }: BrowserContextOptions & { readonly empty?: boolean } = {}
  ) => {
    if (browser === undefined) throw new Error("no browser")
    const fake = await start({ empty })
    const context = await browser.newContext({ viewport: SIZES.desk, reducedMotion: "reduce", ...options })
    try {
      const page = await context.newPage()
      const said: Array<string> = []
      page.on("console", (message) => said.push(message.text()))
      page.on("pageerror", ({ message }) => said.push(message))
      page.on("request", (request) => {
        if (!request.url().startsWith(fake.url) && !request.url().startsWith("data:")) said.push(request.url())
      })
      await page.goto(`${fake.url}/#/${hash}`)
      await settled(page)
      return { result: await use(page, fake), said }
    } finally {
      await context.close()
      await fake.stop()
    }
  }
  /** Until it is drawn, and nothing is being read. */
  const settled = (page: Page) =>
    page.waitForFunction(
      () => document.querySelector("main h1") !== null && document.querySelector(".loading") === null
    )
  const visit = async (page: Page, hash: string) => {
    await page.evaluate((to) => void (location.hash = to), hash)
    await page.waitForFunction((to) => location.hash === to, hash)
    await settled(page)
  }
  const rows = (page: Page) =>
    page.evaluate(() => [...document.querySelectorAll(".wr:not(.h)")].map((row) => row.getAttribute("data-state")))
  const shows = (page: Page, text: string) =>
    page.waitForFunction((part) => document.querySelector("main")?.textContent.includes(part), text)

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
        const faultsOf = async (where: string) => {
          const { violations } = await page.evaluate<axe.AxeResults>(
            `axe.run(document, ${JSON.stringify({ runOnly: RULES })})`
          )
          for (const { id, nodes } of violations)
            faults.push(`${where} ${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join("; ")}`)
          if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth))
            faults.push(`${where} scrolls sideways`)
        }
        for (const hash of PAGES.map((each) => `#/${each}`)) {
          await visit(page, hash)
          await faultsOf(hash)
        }
        await page.keyboard.press("/")
        await page.waitForSelector("dialog[open]")
        await faultsOf("search")
        return faults
      }
      // What axe injects is no script of the page's: its policy would refuse it.
      const options = { viewport: SIZES[size], colorScheme, bypassCSP: true }
      expect((await opened("workflows", look, options)).result).toEqual([])
      const first = await opened(
        "workflows",
        async (page) => {
          await page.evaluate(axe.source)
          const { violations } = await page.evaluate<axe.AxeResults>(
            `axe.run(document, ${JSON.stringify({ runOnly: RULES })})`
          )
          return violations.map(({ id }) => id)
        },
        { ...options, empty: true }
      )
      expect(first.result).toEqual([])
    }
  )

  it("lists workflows with their states in words, and what is filtered stands in the address", async () => {
    const { result, said } = await opened("workflows", async (page) => {
      const all = await rows(page)
      const words = await page.evaluate(() =>
        [...document.querySelectorAll(".wr:not(.h) .sm .vh")].map(({ textContent }) => textContent)
      )
      await page.click(".seg >> text=Failed")
      await page.waitForFunction(() => location.hash.includes("state=failed"))
      await page.waitForFunction(() => document.querySelectorAll(".wr:not(.h)").length === 2)
      const failed = await rows(page)
      await visit(page, "#/workflows?kind=relationships&state=paused,pending")
      await page.waitForFunction(() => document.querySelectorAll(".wr:not(.h)").length === 2)
      return { all, words, failed, both: await rows(page) }
    })
    expect(result.all).toEqual(["running", "pending", "paused", "awaiting", "failed", "cancelled", "completed"])
    expect(result.words).toContain("Needs input")
    expect(result.failed).toEqual(["failed", "cancelled"])
    expect(result.both).toEqual(["pending", "paused"])
    expect(said).toEqual([])
  })

  it("says how many ended lately, and finds those between two times", async () => {
    const { result, said } = await opened("workflows", async (page) => {
      await shows(page, "17 workflows ended in the last hour, 2 of them failed")
      const bars = await page.evaluate(() => document.querySelectorAll(".pulse .c").length)
      await page.selectOption("[aria-label=Started]", "Between …")
      const minute = await page.evaluate(() => {
        const at = new Date(Date.now() - 3.5 * 60_000)
        return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
      })
      await page.fill("[aria-label='Started before']", minute)
      await page.waitForFunction(
        () => location.hash.includes("to=") && document.querySelectorAll(".wr:not(.h)").length < 7
      )
      await page.waitForFunction(() => document.querySelectorAll(".wr:not(.h)").length > 0)
      return { bars, states: await rows(page), shown: await page.inputValue("[aria-label='Started before']"), minute }
    })
    expect(result.bars).toBe(2)
    expect(result.shown).toBe(result.minute)
    expect(result.states).not.toContain("running")
    expect(result.states).toContain("completed")
    expect(said).toEqual([])
  })

  it("names the owners that a workflow has lost, on its time line and in words", async () => {
    const { result } = await opened(`workflow/${ONE}`, async (page) => {
      await shows(page, "taken from its owner 0000dead, which had died")
      return page.textContent(".epoch")
    })
    expect(result).toContain("epoch 1 → 2")
  })

  it("shows the values of both columns side by side, but none of personal data", async () => {
    const { result } = await opened("review/orders-customers", async (page) => {
      await shows(page, "60 different, 1 – 97")
      return page.evaluate(() => [...document.querySelectorAll(".both .sidec")].map(({ textContent }) => textContent))
    })
    expect(result[0]).toContain("60 different, 1 – 80")
    expect(result[0]).toContain("an address: no values are shown")
    expect(result[1]).toContain("Business")
  })

  it("says what answers have changed", async () => {
    const { result } = await opened("questions?show=answered", async (page) => page.textContent(".changed"))
    expect(result).toContain("2 things")
    expect(result).toContain("in Euro, was in no unit")
  })

  it("shows what happens as it happens, but while it is held", async () => {
    const { result } = await opened("workflows", async (page, fake) => {
      await shows(page, "Live")
      fake.change(workflow(1, { state: "completed", kind: "ontology" }))
      await page.waitForSelector(".wr[data-state=completed] >> text=Ontology")
      await page.keyboard.press("p")
      await shows(page, "Held")
      fake.change(workflow(2, { state: "failed", kind: "relationships", errorMessage: "out of luck" }))
      await shows(page, "1 change waits")
      const held = (await page.textContent("main"))?.includes("out of luck")
      await page.keyboard.press("p")
      await shows(page, "out of luck")
      return held
    })
    expect(result).toBe(false)
  })

  it("shows one workflow with its tasks, and cancels it", async () => {
    const { result } = await opened(`workflow/${ONE}`, async (page) => {
      await shows(page, "Look at public.table_3")
      const error = await page.textContent(".tasker")
      await page.click("text=Cancel")
      await shows(page, "Cancelling.")
      await visit(page, "#/workflows?state=failed")
      await page.waitForFunction(() => document.querySelectorAll(".wr:not(.h)").length === 3)
      return { error, rows: await rows(page) }
    })
    expect(result).toEqual({
      error: `relation ${MARKUP} does not exist`,
      rows: ["cancelled", "failed", "cancelled"]
    })
  })

  it("does the same with all that are selected", async () => {
    const { result } = await opened("workflows?state=failed", async (page) => {
      await page.check("[aria-label='Select all that are shown']")
      await page.click(".bulk >> text=Retry")
      await shows(page, "Trying again: 2 workflows.")
      await shows(page, "No workflow is like that")
      await visit(page, "#/workflows?state=pending")
      await page.waitForFunction(() => document.querySelectorAll(".wr:not(.h)").length === 3)
      return rows(page)
    })
    expect(result).toEqual(["pending", "pending", "pending"])
  })

  it("says how far it is with many, until it is done", async () => {
    const { result } = await opened("workflows?state=failed", async (page) => {
      let answered = 0
      const answers: Array<() => void> = []
      await page.route("**/workflows/bulk", async (route) => {
        await new Promise<void>((resolve) => answers.push(resolve))
        const next = answered++ === 0 ? "more" : null
        await route.fulfill({ json: { done: 1_000, refused: [], next } })
      })
      const answer = async () => {
        while (answers.length === 0) await page.evaluate(() => new Promise(requestAnimationFrame))
        answers.shift()?.()
      }
      await page.check("[aria-label='Select all that are shown']")
      await page.click("text=Retry all that pass the filters")
      await shows(page, "Trying again …")
      const buttons = await page.locator(".bulk button").count()
      await answer()
      await shows(page, "1,000 workflows so far")
      await answer()
      await shows(page, "Trying again: 2,000 workflows.")
      return buttons
    })
    expect(result).toBe(0)
  })

  it("says that there are more workflows than it counts", async () => {
    const { result } = await opened("workflows", async (page, fake) => {
      await shows(page, "Live")
      await fake.stop()
      for (let n = 1_000; n < 1_500; n++) fake.change(workflow(n, { ...open, state: "paused", kind: "bulk" }))
      await fake.start()
      await page.click("text=Try now")
      await page.waitForFunction(() => document.querySelector(".seg")?.textContent.includes("+"))
      return page.textContent(".nav a[href='#/workflows'] .n")
    })
    expect(result).toBe("504+")
  })

  it("decides by keys, and takes the decision back", async () => {
    const { result } = await opened("review", async (page) => {
      const asked = await page.textContent(".ask1")
      await page.keyboard.press("a")
      await shows(page, "Accepted: orders.customer → customers.customer_id.")
      const next = await page.textContent(".ask1")
      await page.keyboard.press("u")
      await shows(page, "Undone: orders.customer → customers.customer_id.")
      await page.waitForFunction((text) => document.querySelector(".ask1")?.textContent === text, asked)
      await page.keyboard.press("l")
      await shows(page, "It stands last now.")
      const queue = await page.evaluate(() => document.querySelector(".queue li:last-child code")?.textContent)
      return { asked, next, queue }
    })
    expect(result.asked).toBe("Does orders.customer refer to customers.customer_id?")
    expect(result.next).not.toBe(result.asked)
    expect(result.queue).toContain("customers")
  })

  it("tells who was faster, writes nothing then, and shows how it stands", async () => {
    const { result } = await opened("review", async (page, fake) => {
      await page.waitForSelector(".ask1")
      fake.decide("orders-customers", "ann")
      await page.keyboard.press("a")
      await shows(page, "ann has decided meanwhile about orders.customer → customers.customer_id.")
      await shows(page, "rejected by a person")
      return page.evaluate(() => location.hash)
    })
    expect(result).toContain("#/review/orders-customers")
  })

  it("shows the pages of the report below the database, and leads from them to the review", async () => {
    const table = `#/database/entity/${encodeURIComponent(REPORT_MARKUP)}?datasource=shop`
    const { result, said } = await opened("database?datasource=shop", async (page) => {
      await shows(page, "report.html")
      await page.click(".nav >> text=Tables")
      await page.waitForFunction(() => location.hash === "#/database/tables?datasource=shop")
      await page.click("main .names:has-text('Thing')")
      await page.waitForFunction((hash) => location.hash === hash, table)
      await page.waitForSelector("main .eh")
      const current = await page.evaluate(() =>
        [...document.querySelectorAll(".nav [aria-current]")].map(({ textContent }) => textContent)
      )
      await page.goBack()
      await page.waitForFunction(() => document.querySelector("main h1")?.textContent === "Tables")
      await page.reload()
      await page.waitForFunction(() => document.querySelector("main h1")?.textContent === "Tables")
      return current
    })
    expect(result).toEqual([`Thing ${REPORT_MARKUP}`])
    expect(said).toEqual([])
  })

  it.each([
    ["a table", "thing", "entity", "#/database/entity/"],
    ["a column", "taken=1", "column", "#/database/entity/"],
    ["a workflow that has ended", "cancelled", "workflow", "#/workflow/"],
    ["a database", "shop", "database", "#/database?datasource=shop"]
  ])("finds %s from any page", async (_what, query, kind, to) => {
    const { result } = await opened("servers", async (page) => {
      await page.keyboard.press("/")
      await page.waitForFunction(() => document.querySelector("dialog .none") === null)
      await page.keyboard.type(query)
      await page.click(`dialog li:has(.k:text-is("${kind}"))`)
      await page.waitForFunction((start) => location.hash.startsWith(start), to)
      await settled(page)
      return page.evaluate(() => document.querySelector("dialog"))
    })
    expect(result).toBe(null)
  })

  it.each(["database", "database/tables", "review", "questions"])(
    "says that a database is not there instead of showing another one: %s",
    async (page) => {
      const { result } = await opened(`${page}?datasource=removed`, async (page) => {
        const text = await page.textContent("main")
        await page.click(".elsewhere a")
        await page.waitForSelector(".dom")
        return [text, await page.evaluate(() => location.hash)]
      })
      expect(result[0]).toContain("There is no such database")
      expect(result[0]).not.toContain("Order")
      expect(result[1]).toBe("#/database?datasource=shop")
    }
  )

  it.each([true, false])(
    "says once that a project is not there, and leads to those that are (reloaded: %s)",
    async (isReloaded) => {
      const { result } = await opened("servers", async (page) => {
        const detail = "there is no project"
        await page.route("**/projects/nobody/**", (route) =>
          route.fulfill({ status: 404, json: { title: "There is no such thing", status: 404, detail } })
        )
        await page.evaluate(() => (location.hash = "#/workflows?project=nobody"))
        if (isReloaded) await page.reload()
        await page.waitForSelector(".elsewhere a")
        const text = (await page.textContent("main")) ?? ""
        await page.click(".elsewhere a")
        await page.waitForSelector(".wr:not(.h)")
        return text.split(detail).length - 1
      })
      expect(result).toBe(1)
    }
  )

  it("takes an answer, and takes it back", async () => {
    const { result } = await opened("questions", async (page) => {
      await page.fill("[data-question='unit:currency'] input", "Euro, all of them")
      await page.keyboard.press("Enter")
      await shows(page, "Answered.")
      await page.click("text=Answered")
      await visit(page, "#/questions?show=answered")
      await shows(page, "Euro, all of them")
      await page.click("text=Take it back")
      await shows(page, "Taken back.")
      await visit(page, "#/questions")
      await page.waitForSelector("[data-question='unit:currency'] input")
      return page.evaluate(() => document.querySelectorAll("[data-question]").length)
    })
    expect(result).toBe(2)
  })

  it("begins with the sample where nothing is there, and shows its discovery running", async () => {
    const { result, said } = await opened(
      "",
      async (page) => {
        await shows(page, "Nothing has run here yet")
        await page.click("text=try the sample")
        await page.waitForFunction(() => location.hash.startsWith("#/workflow/"))
        await shows(page, "bike_shop_sample was added: 20 tables to read.")
        await shows(page, "Running")
        return page.textContent("main h1")
      },
      { empty: true }
    )
    expect(result).toBe("Discovery · bike_shop_sample")
    // A discovery's findings are asked for before there are any.
    expect(said.filter((text) => !text.includes("404"))).toEqual([])
  })

  it("says when it is not connected and what it does about it, and comes back by itself", async () => {
    const { result } = await opened("workflows", async (page, fake) => {
      await shows(page, "Live")
      await fake.stop()
      await page.waitForSelector(".banner")
      const banner = await page.textContent(".banner")
      const dot = await page.evaluate(() =>
        getComputedStyle(document.querySelector(".live i") ?? document.body).getPropertyValue("background-color")
      )
      const kept = await rows(page)
      await fake.start()
      await page.click("text=Try now")
      await page.waitForFunction(() => document.querySelector(".banner") === null)
      fake.change(workflow(1, { state: "completed", kind: "ontology" }))
      await page.waitForSelector(".wr[data-state=completed] >> text=Ontology")
      return { banner, dot, kept: kept.length }
    })
    // Not filled, as it is where it is live.
    expect(result.dot).toBe("rgba(0, 0, 0, 0)")
    expect(result.banner).toMatch(/^Not connected for .*What you see is from then\. Trying again/)
    expect(result.kept).toBe(7)
  })

  it("says why where the server wants no more streams, and comes back when it does", async () => {
    const detail = "ann follows 3 streams of events, as many as are free for all others: close one first"
    const { result } = await opened("servers", async (page) => {
      await page.route("**/events", (route) =>
        route.fulfill({
          status: 429,
          contentType: "application/problem+json",
          json: {
            type: "urn:problem-type:workflow-infra:too-many-requests",
            title: "Too many requests",
            status: 429,
            detail
          }
        })
      )
      await page.reload()
      const banner = await page.textContent(".banner")
      await page.unroute("**/events")
      await page.click("text=Try now")
      await page.waitForFunction(() => document.querySelector(".banner") === null)
      return banner
    })
    expect(result).toContain(`Too many requests: ${detail}. Trying again`)
  })

  it("reads again what changed while nobody looked at it, also where no workflow shows it", async () => {
    const { result } = await opened("review", async (page, fake) => {
      await shows(page, "Does orders.customer refer to")
      const look = (isHidden: boolean) =>
        page.evaluate((hidden) => {
          Object.defineProperty(document, "hidden", { configurable: true, value: hidden })
          document.dispatchEvent(new Event("visibilitychange"))
        }, isHidden)
      await look(true)
      fake.decide("orders-customers", "ben")
      await look(false)
      await shows(page, "ben has rejected orders.customer")
      return true
    })
    expect(result).toBe(true)
  })

  it("knows after it was held what ended while the connection was lost", async () => {
    const { result } = await opened("workflows", async (page, fake) => {
      await shows(page, "Live")
      const running = () => page.textContent(".seg >> text=Running")
      const before = await running()
      await page.keyboard.press("p")
      await shows(page, "Held")
      await fake.stop()
      await page.waitForSelector(".banner")
      fake.change(workflow(1, { state: "completed", kind: "ontology" }))
      await fake.start()
      await page.click("text=Try now")
      await page.waitForFunction(() => document.querySelector(".banner") === null)
      await page.keyboard.press("p")
      await page.waitForFunction((text) => {
        const tab = [...document.querySelectorAll(".seg *")].find((each) => each.textContent === text)
        return tab === undefined
      }, before)
      return { before, after: await running() }
    })
    expect(result).toEqual({ before: "Running1", after: "Running" })
  })

  it("follows a workflow again that has ended, when somebody else retries it", async () => {
    const { result } = await opened(`workflow/${workflow(5, {}).id}`, async (page, fake) => {
      await shows(page, "permission denied")
      fake.change(workflow(5, { ...open, state: "running" }))
      await page.waitForFunction(() => document.querySelector("main .meta")?.textContent.includes("Running"))
      return true
    })
    expect(result).toBe(true)
  })

  it("shows markup in names, values and errors as text, runs none of it, and asks no other host", async () => {
    const { result, said } = await opened("workflows", async (page) => {
      let text = ""
      let elements = 0
      for (const hash of PAGES) {
        await visit(page, `#/${hash}`)
        text += await page.textContent("body")
        elements += await page.evaluate(() => document.querySelectorAll("#root img, #root script").length)
      }
      await page.keyboard.press("/")
      await page.keyboard.type("onerror")
      await page.waitForSelector("#hit0")
      return { text, elements, taken: await page.evaluate(() => "taken" in globalThis) }
    })
    expect(result.text).toContain(`Order ${MARKUP}`)
    expect(result.text).toContain(`permission denied for ${MARKUP}`)
    expect(result.text).toContain(`${MARKUP}.shop_id`)
    expect([result.elements, result.taken, said]).toEqual([0, false, []])
  })

  it("is walked through by keys", async () => {
    const { result } = await opened("workflows", async (page) => {
      await page.keyboard.press("j")
      await page.keyboard.press("j")
      const row = await page.evaluate(() => document.activeElement?.textContent)
      await page.keyboard.press("Enter")
      await page.waitForFunction(() => location.hash.startsWith("#/workflow/"))
      await page.keyboard.press("g")
      await page.keyboard.press("r")
      await page.waitForFunction(() => location.hash === "#/review")
      await settled(page)
      const first = await page.textContent(".ask1")
      await page.keyboard.press("j")
      await page.waitForFunction((text) => document.querySelector(".ask1")?.textContent !== text, first)
      await page.keyboard.press("?")
      await page.waitForSelector("dialog.keys[open]")
      return row
    })
    expect(result).toContain("Relationships")
  })
})
