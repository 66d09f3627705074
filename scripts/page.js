// Bundles what the program loads beside itself: the page of report.html, script and styles, into dist/page.js, a module with two texts, which
// `#page` is; the page of `serve` into dist/serve-page.js, which `#serve-page` is; and the thread that lays pictures out into dist/layout.js,
// which `#layout` is. By esbuild, which bundles the program, too (bundle.js): what Vite adds, a server for development and the splitting of
// code, has no use for pages that are one script and one sheet of styles inside a module.
import { build } from "esbuild"
import { mkdirSync, renameSync, writeFileSync } from "node:fs"
import { resolve } from "node:path"

const root = resolve(import.meta.dirname, "..")

/** A page's script and styles, as a module with two texts. */
const page = async (entry) => {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
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
  return `export const script = ${text(".js")}\nexport const styles = ${text(".css")}\n`
}
const layout = await build({
  absWorkingDir: root,
  entryPoints: ["src/report/layout/worker.ts"],
  write: false,
  bundle: true,
  minify: true,
  platform: "node",
  target: "node20",
  format: "esm",
  legalComments: "none",
  logLevel: "warning"
})

mkdirSync(resolve(root, "dist"), { recursive: true })
/** Two may do this at once: each writes a file of its own, and puts it in place when it is whole. */
const write = (name, content) => {
  const file = resolve(root, "dist", name)
  const made = `${file}.${process.pid}`
  writeFileSync(made, content)
  renameSync(made, file)
}
write("page.js", await page("src/report/page/main.tsx"))
write("serve-page.js", await page("src/serve/page/main.tsx"))
write("layout.js", layout.outputFiles[0].text)
