// Bundles a program and all that it uses into one file: `node scripts/bundle.js SOURCE OUTPUT`. Loading some 900 modules one by one takes
// it several times as long to start, and compiling them on the way as long again.
import { build } from "esbuild"
import { renameSync } from "node:fs"
import { resolve } from "node:path"
import "./page.js"

const root = resolve(import.meta.dirname, "..")
const [source, output] = process.argv.slice(2)
const program = resolve(root, output)
// Two may do this at once: each writes a file of its own, and puts it in place when it is whole.
const made = `${program}.${process.pid}`

await build({
  absWorkingDir: root,
  entryPoints: [source],
  outfile: made,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  // What pg would load if somebody had installed it.
  external: ["pg-native"],
  // The first line lets a shell run it. Some of what we use still asks for modules with require.
  banner: {
    js: `#!/usr/bin/env node\nimport{createRequire as requireFrom}from"node:module";const require=requireFrom(import.meta.url);`
  },
  logLevel: "warning"
})
renameSync(made, program)
