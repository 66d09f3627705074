import { script, styles } from "#serve-page"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Effect } from "effect"
import { createHash } from "node:crypto"
import { gzipSync } from "node:zlib"

/** The page itself: what it shows comes from the API. */
export const HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>workflow-infra</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page.css">
<script type="module" src="/page.js"></script>
</head>
<body>
<div id="root"><main class="page"><h1>workflow-infra</h1><p class="lead">Loading the page …</p><noscript><p class="lead">A script draws this page, and scripts are switched off. <a href="/docs">The HTTP API</a> says the same.</p></noscript></main></div>
</body>
</html>
`

/** A file of the page: it is asked for each time, and sent only where the browser has another one. */
const file = (text: string, contentType: string) => {
  const etag = `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`
  const headers = { etag, "cache-control": "no-cache", vary: "accept-encoding" }
  const zipped = gzipSync(text)
  return Effect.map(HttpServerRequest.HttpServerRequest, ({ headers: asked }) => {
    if (asked["if-none-match"]?.includes(etag) === true) return HttpServerResponse.empty({ status: 304, headers })
    return /\bgzip\b/.test(asked["accept-encoding"] ?? "")
      ? HttpServerResponse.uint8Array(zipped, { contentType, headers: { ...headers, "content-encoding": "gzip" } })
      : HttpServerResponse.text(text, { contentType, headers })
  })
}

/**
 * The page for people, at `/`. It asks nobody but the API for anything: the content security policy of every answer (`Guard`) allows
 * scripts and styles of this server only, and none within the HTML.
 */
export const layer = HttpApiBuilder.Router.use((router) =>
  Effect.gen(function* () {
    yield* router.get("/", file(HTML, "text/html; charset=utf-8"))
    yield* router.get("/page.js", file(script, "text/javascript; charset=utf-8"))
    yield* router.get("/page.css", file(styles, "text/css; charset=utf-8"))
  })
)
