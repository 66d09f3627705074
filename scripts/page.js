// Bundles what the program loads beside itself: the page of report.html, script and styles, into dist/page.js, a module with two texts, which
// `#page` is; the page of `serve` into dist/serve-page.js, which `#serve-page` is; both by Vite, each as one script and one sheet of styles.
// And the thread that lays pictures out into dist/layout.js, which `#layout` is, by esbuild, as the program (bundle.js).
import * as esbuild from "esbuild"
import { mkdirSync, renameSync, writeFileSync } from "node:fs"
import { resolve } from "node:path"
import { build } from "vite"

const root = resolve(import.meta.dirname, "..")
// Vite takes packages' code for development where it says anything else, as tests do.
process.env.NODE_ENV = "production"

/** A page's script and styles, as a module with two texts. No configuration and no environment of whoever builds it counts. */
const page = async (entry) => {
  const [{ output }] = await build({
    root,
    configFile: false,
    envDir: false,
    publicDir: false,
    logLevel: "warn",
    esbuild: { charset: "utf8", legalComments: "none" },
    build: {
      write: false,
      target: ["chrome123", "firefox121", "safari17.5"],
      lib: { entry, formats: ["iife"], name: "page", fileName: "page" }
    }
  })
  const text = (ending) => {
    const { code, source } = output.find(({ fileName }) => fileName.endsWith(ending))
    return JSON.stringify((code ?? source).trim())
  }
  return `export const script = ${text(".js")}\nexport const styles = ${text(".css")}\n`
}

/** The thread's module. */
const layout = async () => {
  const { outputFiles } = await esbuild.build({
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
  return outputFiles[0].text
}

/** Two may do this at once: each writes a file of its own, and puts it in place when it is whole. */
const write = (name, content) => {
  const file = resolve(root, "dist", name)
  const made = `${file}.${process.pid}`
  writeFileSync(made, content)
  renameSync(made, file)
}
mkdirSync(resolve(root, "dist"), { recursive: true })
write("page.js", await page("src/report/page/main.tsx"))
write("serve-page.js", await page("src/serve/page/main.tsx"))
write("layout.js", await layout())
