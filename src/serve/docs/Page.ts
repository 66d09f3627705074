/** The page to try the API. Script and styles are files of their own, because the content security policy allows none within it. */
export const HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>workflow-infra: HTTP API</title>
<link rel="stylesheet" href="/docs/page.css">
<script type="module" src="/docs/page.js"></script>
</head>
<body>
<header><h1>HTTP API</h1>
<p>Described in <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1).</p>
<label>Token, where one is needed <input id="token" type="password" autocomplete="off" spellcheck="false"></label>
</header>
<main id="operations"><p>Loading what there is …</p></main>
</body>
</html>
`

export const STYLES = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; }
label { display: block; margin: .5rem 0; }
input, textarea { display: block; width: 100%; box-sizing: border-box; font: inherit; padding: .25rem .5rem; }
textarea { min-height: 6rem; font-family: ui-monospace, monospace; }
button { font: inherit; padding: .25rem 1rem; margin: .5rem .5rem 0 0; }
summary { cursor: pointer; padding: .25rem 0; font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
summary b { display: inline-block; min-width: 4.5rem; }
details { border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); }
form { padding: 0 0 1rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; max-height: 30rem; overflow: auto; padding: .5rem; border: 1px solid color-mix(in srgb, currentColor 20%, transparent); }
`

/** Text goes into the page as text only, never as markup. */
export const SCRIPT = `const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties)
  element.append(...children)
  return element
}

const fields = (operation) => (operation.parameters ?? []).map((parameter) => {
  const input = make("input", { name: parameter.name, required: parameter.required === true, autocomplete: "off" })
  input.dataset.in = parameter.in
  return make("label", {}, parameter.name + (parameter.required ? "" : " (optional)"), input)
})

const operationOf = (path, method, operation) => {
  const output = make("pre", { hidden: true })
  output.tabIndex = 0
  const body = operation.requestBody === undefined ? [] : [make("textarea", { name: "body", value: "{}", spellcheck: false })]
  const form = make("form", {}, ...fields(operation), ...body.map((area) => make("label", {}, "Body (JSON)", area)),
    make("button", { type: "submit" }, "Send"))
  let running
  form.addEventListener("submit", async (event) => {
    event.preventDefault()
    running?.abort()
    running = new AbortController()
    const query = new URLSearchParams()
    const headers = {}
    let target = path
    for (const input of form.querySelectorAll("input")) {
      if (input.value === "") continue
      if (input.dataset.in === "path") target = target.replace("{" + input.name + "}", encodeURIComponent(input.value))
      else if (input.dataset.in === "query") query.set(input.name, input.value)
      else headers[input.name] = input.value
    }
    const token = document.querySelector("#token").value.trim()
    if (token !== "") headers.authorization = "Bearer " + token
    if (body.length > 0) headers["content-type"] = "application/json"
    output.hidden = false
    output.textContent = "Waiting for the answer …"
    try {
      const url = target + (query.size > 0 ? "?" + query : "")
      const response = await fetch(url, { method: method.toUpperCase(), headers, body: body[0]?.value, signal: running.signal })
      output.textContent = response.status + " " + response.statusText + "\\n\\n"
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
      const isStream = response.headers.get("content-type")?.startsWith("text/event-stream")
      let text = ""
      for (;;) {
        const part = await reader?.read()
        if (part === undefined || part.done) break
        text += part.value
        if (isStream) output.append(part.value)
      }
      if (isStream) return
      try { output.append(JSON.stringify(JSON.parse(text), null, 2)) } catch { output.append(text) }
    } catch (error) {
      output.append("\\n" + error.message)
    }
  })
  const stop = make("button", { type: "button" }, "Stop")
  stop.addEventListener("click", () => running?.abort())
  form.append(stop)
  return make("details", {}, make("summary", {}, make("b", {}, method.toUpperCase()), path), form, output)
}

const main = document.querySelector("#operations")
try {
  const spec = await (await fetch("/openapi.json")).json()
  main.replaceChildren()
  const groups = new Map()
  for (const [path, item] of Object.entries(spec.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      const name = operation.tags?.[0] ?? ""
      groups.set(name, [...(groups.get(name) ?? []), operationOf(path, method, operation)])
    }
  }
  for (const [name, operations] of groups) main.append(make("section", {}, make("h2", {}, name), ...operations))
} catch (error) {
  main.replaceChildren(make("p", {}, "The description could not be loaded: " + error.message))
}
`
