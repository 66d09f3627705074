import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Effect, Option } from "effect"
import { mapInSteps, stepwise } from "../../steps/Steps.ts"

/** The answer with a page of a list, and where the next one begins; written in steps, because a page has up to 1,000 items. */
export const pageOf = <A>(
  name: string,
  items: ReadonlyArray<A>,
  json: (item: A) => unknown,
  next: Option.Option<string>
): Effect.Effect<HttpServerResponse.HttpServerResponse> =>
  Effect.map(
    stepwise(() => mapInSteps(items, (item) => JSON.stringify(json(item)))),
    (texts) =>
      HttpServerResponse.text(`{"${name}":[${texts.join()}],"next":${JSON.stringify(Option.getOrNull(next))}}`, {
        contentType: "application/json"
      })
  )
