import { Clock, Effect, Random } from "effect"

/** The 48 bits of time in a UUIDv7, in hexadecimal digits. */
const TIME_DIGITS = 12

/**
 * A UUIDv7 (RFC 9562): milliseconds from `Clock`, the rest from `Random`, so that ids sort by the time they were made and tests
 * decide both.
 */
export const uuidv7: Effect.Effect<string> = Effect.gen(function* () {
  const time = (yield* Clock.currentTimeMillis).toString(16).padStart(TIME_DIGITS, "0")
  const hex = (digits: number) =>
    Effect.map(Random.nextIntBetween(0, 16 ** digits), (n) => n.toString(16).padStart(digits, "0"))
  const variant = (yield* Random.nextIntBetween(8, 12)).toString(16)
  return `${time.slice(0, 8)}-${time.slice(8)}-7${yield* hex(3)}-${variant}${yield* hex(3)}-${yield* hex(6)}${yield* hex(6)}`
})

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Whether a text is a UUID in its usual form. Nothing else is in one: it may stand in a statement as a literal. */
export const isUuid = (text: string): boolean => UUID.test(text)
