// Empties dist, but for the program and what it loads: others may be starting it, and what bundles them replaces each in one step.
import { readdirSync, rmSync } from "node:fs"
import { resolve } from "node:path"

const dist = resolve(import.meta.dirname, "../dist")
/** What `bundle.js` and `page.js` make. */
const KEPT = ["workflow-infra.js", "page.js", "serve-page.js", "layout.js"]
try {
  for (const name of readdirSync(dist)) if (!KEPT.includes(name)) rmSync(resolve(dist, name), { recursive: true })
} catch (error) {
  if (error.code !== "ENOENT") throw error
}
