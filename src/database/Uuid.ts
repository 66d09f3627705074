import { Clock, Effect, Random } from "effect"

/** Hexadecimal digits of a UUIDv7's timestamp, which has 48 bits. */
const TIME_DIGITS = 12

/** A new UUIDv7 (RFC 9562), which sorts by creation time: its timestamp is `Clock`'s in milliseconds, its other bits are `Random`'s. */
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

/** Whether a text is a UUID in its usual form. Such a text holds hexadecimal digits and dashes only, so it is safe inside an SQL literal. */
export const isUuid = (text: string): boolean => UUID.test(text)
