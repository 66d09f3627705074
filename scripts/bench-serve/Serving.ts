import { Context, Effect, Layer, Redacted } from "effect"
import * as Http from "node:http"
import { Place, serverOn, servicesAt } from "../../test/serve/servicesAt.ts"

/** The API in this process, on a database, with the settings that `serve` has by default. */
export const serving = (url: string) =>
  Effect.map(
    Layer.build(serverOn("127.0.0.1").pipe(Layer.provideMerge(servicesAt(Redacted.make(url), {})), Layer.orDie)),
    (context) => ({ context, port: Context.get(context, Place).port })
  )

/** Sends a GET, and waits for the whole answer. Dies where it is none of success. */
export const get = (port: number, path: string) =>
  Effect.async<string>((resume) => {
    const request = Http.get({ host: "127.0.0.1", port, path }, (response) => {
      let text = ""
      response.setEncoding("utf8")
      response.on("data", (part) => (text += String(part)))
      response.on("end", () =>
        resume(
          response.statusCode === 200
            ? Effect.succeed(text)
            : Effect.dieMessage(`${path}: ${response.statusCode} ${text.slice(0, 200)}`)
        )
      )
    })
    request.on("error", (error) => resume(Effect.die(error)))
    return Effect.sync(() => request.destroy())
  })
