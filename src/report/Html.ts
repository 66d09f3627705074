import { script, styles } from "#page"
import { createHash } from "node:crypto"
import type { TextSteps } from "../steps/TextSteps.ts"
import type { Report } from "./Report.ts"

const hashOf = (text: string): string => `sha256-${createHash("sha256").update(text).digest("base64")}`

/** The content security policy of a report: it may run its own script, and load nothing. */
export const POLICY = [
  "default-src 'none'",
  `script-src '${hashOf(script)}'`,
  `style-src '${hashOf(styles)}'`,
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'"
].join("; ")

/**
 * A report as one HTML file that needs no server and no network: data, script and styles are in it. Its content security policy allows
 * this script and these styles, and no others: names and values of the database are never taken for markup.
 */
export function* toHtml(report: Report): TextSteps {
  const title = escaped(report.database)
  yield `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${styles}</style>
</head>
<body>
<div id="root"><main class="page"><h1>${title}</h1><noscript><p class="lead">A script in this file draws the report, and scripts are switched off. ontology.md, beside it, says the same as text.</p></noscript></main></div>
<script type="application/json" id="report">`
  yield* toJson(report)
  yield `</script>\n<script>${script}</script>\n</body>\n</html>\n`
}

/** A report as JSON that cannot end the element it stands in. */
export function* toJson({ domains, relationships, tables, ...rest }: Report): TextSteps {
  yield data(rest).slice(0, -1)
  for (const [name, items] of Object.entries({ domains, tables, relationships })) {
    yield `,"${name}":[`
    for (const [at, item] of items.entries()) yield `${at === 0 ? "" : ","}${data(item)}`
    yield "]"
  }
  yield "}"
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

const data = (value: unknown): string => JSON.stringify(value).replaceAll("<", "\\u003c")
