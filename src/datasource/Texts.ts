import { VALUE_LENGTH } from "./Cells.ts"
import { bytesOf, labelOf } from "./Encoding.ts"
import type { Server } from "./Server.ts"

/**
 * How texts of rows are transferred. The server fails a whole statement for one text that it cannot convert to UTF-8. So the texts of a
 * database in another encoding are sent as bytes, and each is decoded by itself.
 */
export interface Texts {
  /** The SQL that sends a text expression. */
  readonly sent: (sql: string) => string
  /** Decodes what was sent; undefined where the bytes are invalid. */
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
        // In SQL_ASCII, `left` cuts bytes: with `stream`, an incomplete last character is dropped instead of being invalid.
        return new TextDecoder(label, { fatal: true }).decode(bytes, { stream: bytes.length >= VALUE_LENGTH })
      } catch {
        return undefined
      }
    }
  }
}
