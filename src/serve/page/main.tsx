import { render } from "preact"
import { restoreTheme } from "../../report/page/Theme.ts"
import { App } from "./App.tsx"
import { countForever } from "./Counts.ts"
import { start } from "./Live.ts"
import "../../report/page/tokens.css"
import "../../report/page/base.css"
import "../../report/page/diagram.css"
import "../../report/page/report.css"
import "./serve.css"
import "./workflows.css"
import "./review.css"

restoreTheme()
const root = document.getElementById("root")
if (root !== null) {
  start()
  countForever()
  root.replaceChildren()
  render(<App />, root)
}
