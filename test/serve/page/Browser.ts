import { existsSync } from "node:fs"
import { type Browser, chromium } from "playwright-core"

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) =>
  existsSync(path)
)

/** Whether there is a browser to test with. */
export const isThere = executablePath !== undefined
/** What the name of a test says where there is none. */
export const without = isThere ? "" : " (skipped: there is no Chromium in /usr/bin)"

/** Starts it. */
export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: executablePath ?? "", args: ["--no-sandbox"] })
