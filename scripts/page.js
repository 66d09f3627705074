// Bundles the page of report.html, script and styles, into dist/page.js: a module with two texts, which `#page` is.
import { build } from "esbuild"
import { mkdirSync, renameSync, writeFileSync } from "node:fs"
import { resolve } from "node:path"

const root = resolve(import.meta.dirname, "..")
const page = resolve(root, "dist/page.js")

const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: ["src/report/page/main.tsx"],
  outdir: "dist",
  write: false,
  bundle: true,
  minify: true,
  platform: "browser",
  target: ["chrome123", "firefox121", "safari17.5"],
  format: "iife",
  jsx: "automatic",
  jsxImportSource: "preact",
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning"
})
const text = (ending) => JSON.stringify(outputFiles.find(({ path }) => path.endsWith(ending)).text.trim())
// Two may do this at once: each writes a file of its own, and puts it in place when it is whole.
const made = `${page}.${process.pid}`
mkdirSync(resolve(root, "dist"), { recursive: true })
writeFileSync(made, `export const script = ${text(".js")}\nexport const styles = ${text(".css")}\n`)
renameSync(made, page)
