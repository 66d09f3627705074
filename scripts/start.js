// Starts the program, from one file that is made anew where anything it is made from has changed since.
import { execFileSync } from "node:child_process"
import { readdirSync, statSync } from "node:fs"
import { resolve } from "node:path"

const root = resolve(import.meta.dirname, "..")
const program = resolve(root, "dist/workflow-infra.js")

const changed = (file) => statSync(resolve(root, file), { throwIfNoEntry: false })?.mtimeMs ?? 0
const sources = readdirSync(resolve(root, "src"), { recursive: true }).map((file) => `src/${file}`)
const newest = Math.max(...["package.json", "package-lock.json", "scripts/bundle.js", "src", ...sources].map(changed))

if (changed(program) <= newest) {
  execFileSync(process.execPath, [resolve(root, "scripts/bundle.js"), "src/main.ts", program], { stdio: "inherit" })
}
await import(program)
