import { Clock, Effect, Random } from "effect"

/** The 48 bits of time in a UUIDv7, in hexadecimal digits. */
const TIME_DIGITS = 12

/**
 * A UUIDv7 (RFC 9562): milliseconds from `Clock`, the rest from `Random`, so that ids sort by the time they were made and tests
 * decide both.
 */
export const uuidv7: Effect.Effect<string> = Effect.map(
  Effect.all([
    Clock.currentTimeMillis,
    Random.nextIntBetween(0, 2 ** 12),
    Random.nextIntBetween(0, 2 ** 14),
    Random.nextIntBetween(0, 2 ** 48)
  ]),
  ([millis, first, second, third]) => {
    const time = hex(millis, TIME_DIGITS)
    // The two bits of the variant, and 14 of the 16 in their group.
    const variant = hex(0x8000 + second, 4)
    return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(first, 3)}-${variant}-${hex(third, 12)}`
  }
)

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, "0")

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Whether a text is a UUID in its usual form. Nothing else is in one: it may stand in a statement as a literal. */
export const isUuid = (text: string): boolean => UUID.test(text)
