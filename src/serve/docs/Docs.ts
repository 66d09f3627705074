import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as OpenApi from "@effect/platform/OpenApi"
import { Effect } from "effect"
import { PROBLEM_TYPE } from "../api/Problem.ts"
import { Api } from "../Api.ts"
import { HTML, SCRIPT, STYLES } from "./Page.ts"

/** Names the library gives to errors that never leave this server: `BadRequest` is sent in their place. */
const REPLACED = ["HttpApiDecodeError", "Issue", "PropertyKey"]

/** The API in OpenAPI 3.1. */
export const openApi = (): OpenApi.OpenAPISpec => {
  const spec = OpenApi.fromApi(Api)
  const { schemas } = spec.components
  const bad = { [PROBLEM_TYPE]: { schema: { $ref: "#/components/schemas/BadRequest" } } }
  const paths = Object.fromEntries(
    Object.entries(spec.paths).map(([path, item]) => [
      path,
      Object.fromEntries(
        Object.entries(item).map(([method, operation]) => {
          const responses = { ...operation.responses, 400: { description: "The request is not valid", content: bad } }
          return [method, { ...operation, responses }]
        })
      )
    ])
  )
  const kept = Object.entries(schemas).filter(([name]) => !REPLACED.includes(name))
  return { ...spec, paths, components: { ...spec.components, schemas: Object.fromEntries(kept) } }
}

const text = (body: string, contentType: string) => Effect.succeed(HttpServerResponse.text(body, { contentType }))

/** `/openapi.json`, and a page at `/docs` to try the API, which loads nothing from anywhere else. */
export const layer = HttpApiBuilder.Router.use((router) =>
  Effect.gen(function* () {
    const spec = JSON.stringify(openApi())
    yield* router.get("/openapi.json", text(spec, "application/json"))
    yield* router.get("/docs", text(HTML, "text/html; charset=utf-8"))
    yield* router.get("/docs/page.js", text(SCRIPT, "text/javascript; charset=utf-8"))
    yield* router.get("/docs/page.css", text(STYLES, "text/css; charset=utf-8"))
  })
)
