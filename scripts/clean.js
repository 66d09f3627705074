// Empties dist, but for the program: others may be starting it, and the bundle replaces it in one step.
import { readdirSync, rmSync } from "node:fs"
import { resolve } from "node:path"

const dist = resolve(import.meta.dirname, "../dist")
try {
  for (const name of readdirSync(dist))
    if (name !== "workflow-infra.js") rmSync(resolve(dist, name), { recursive: true })
} catch (error) {
  if (error.code !== "ENOENT") throw error
}
