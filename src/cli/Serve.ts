import * as HttpServer from "@effect/platform/HttpServer"
import { Context, Effect, Layer, Option } from "effect"
import { Database } from "../database/Database.ts"
import { Datasources } from "../datasource/Datasources.ts"
import { EmbeddedPostgres } from "../embedded/EmbeddedPostgres.ts"
import { create as createSample, SAMPLE_DATABASE } from "../sample/SampleDatabase.ts"
import * as Serve from "../serve/Serve.ts"
import * as ServeSettings from "../serve/ServeSettings.ts"
import { Projects } from "../tenant/Projects.ts"
import { DEFAULT_PROJECT } from "./CommonOptions.ts"
import { type Layers, whileThereIsADatabase } from "./Discover.ts"
import { Screen } from "./Screen.ts"
import type { ServeOptions } from "./ServeCommands.ts"

/** Answers HTTP requests until somebody stops the program. */
export const serve = <E1, R1, E2, R2>(layers: Layers<E1, R1, E2, R2>) =>
  Effect.fn("serve")(function* (options: ServeOptions) {
    const screen = yield* Screen
    const configured = yield* ServeSettings.config
    const settings = {
      ...configured,
      host: Option.getOrElse(options.host, () => configured.host),
      port: Option.getOrElse(options.port, () => configured.port)
    }
    yield* screen.draw([screen.style.dim(" Opening the database …")])
    return yield* Effect.gen(function* () {
      yield* Effect.flatMap(Projects, ({ ensure }) => ensure(DEFAULT_PROJECT))
      yield* moveSamples
      return yield* Effect.gen(function* () {
        const { address } = Context.get(yield* Layer.build(Serve.layer(settings)), HttpServer.HttpServer)
        yield* screen.draw([])
        yield* screen.print(
          `Listening on ${HttpServer.formatAddress(address)}: open it in a browser; /docs is the API. Ctrl-C stops it.`
        )
        return yield* Effect.never
      }).pipe(Effect.scoped, Effect.provide(layers.services))
    }).pipe(whileThereIsADatabase, Effect.provide(layers.foundation))
  })

/** The server that came with us has another place each time it is started, and the sample with it. */
const moveSamples = Effect.gen(function* () {
  if (Option.isNone(yield* Effect.serviceOption(EmbeddedPostgres))) return
  const { url: server } = yield* Database
  const projects = yield* Projects
  const datasources = yield* Datasources
  for (const { id } of yield* projects.list) {
    const sample = (yield* datasources.list(id)).find(({ name }) => name === SAMPLE_DATABASE)
    if (sample === undefined) continue
    const { url } = yield* createSample(server)
    yield* datasources.register(id, { name: sample.name, url, settings: sample.settings })
  }
})
