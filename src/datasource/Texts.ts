import { VALUE_LENGTH } from "./Cells.ts"
import { bytesOf, labelOf } from "./Encoding.ts"
import type { Server } from "./Server.ts"

/**
 * How texts come from the server. In a UTF8 database they are valid; elsewhere a text may have bytes that are none, and the server would
 * fail the statement for it: there texts come as bytes, and each is decoded by itself.
 */
export interface Texts {
  /** The SQL of a text as it is to be sent. */
  readonly sent: (sql: string) => string
  /** A text that was sent; undefined where its bytes are no text. */
  readonly received: (value: string) => string | undefined
}

/** @see Texts */
export const textsOf = ({ encoding }: Server): Texts => {
  const label = encoding === "UTF8" ? undefined : labelOf(encoding)
  if (label === undefined) return { sent: (sql) => sql, received: (value) => value }
  return {
    sent: bytesOf,
    received: (value) => {
      try {
        const bytes = Buffer.from(value, "hex")
        // A text that was cut may end within a character: what is left of that is dropped.
        return new TextDecoder(label, { fatal: true }).decode(bytes, { stream: bytes.length >= VALUE_LENGTH })
      } catch {
        return undefined
      }
    }
  }
}
