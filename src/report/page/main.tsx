import { render } from "preact"
import type { Report } from "../Report.ts"
import { App } from "./App.tsx"
import { open } from "./Book.ts"
import { restoreTheme } from "./Theme.ts"
import "./tokens.css"
import "./base.css"
import "./diagram.css"
import "./report.css"

restoreTheme()
const [data, root] = ["report", "root"].map((id) => document.getElementById(id))
if (data !== null && data !== undefined && root !== null && root !== undefined) {
  // Written by our own program, into the same file as this script.
  const report: Report = JSON.parse(data.textContent)
  root.replaceChildren()
  render(<App book={open(report)} />, root)
}
