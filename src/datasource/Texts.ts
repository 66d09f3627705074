import { VALUE_LENGTH } from "./Cells.ts"
import { pg } from "./PgSql.ts"
import type { Server } from "./Server.ts"

/** What the server's encodings are called where they are decoded; of SQL_ASCII nobody knows, and UTF-8 is likeliest. */
const DECODERS: Readonly<Record<string, string>> = {
  SQL_ASCII: "utf-8",
  LATIN1: "windows-1252",
  LATIN2: "iso-8859-2",
  LATIN9: "iso-8859-15",
  WIN1250: "windows-1250",
  WIN1251: "windows-1251",
  WIN1252: "windows-1252",
  WIN1253: "windows-1253",
  WIN1254: "windows-1254",
  WIN1257: "windows-1257",
  KOI8R: "koi8-r",
  KOI8U: "koi8-u",
  EUC_JP: "euc-jp",
  EUC_KR: "euc-kr",
  EUC_CN: "gbk"
}

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
  const label = encoding === "UTF8" ? undefined : DECODERS[encoding]
  if (label === undefined) return { sent: (sql) => sql, received: (value) => value }
  return {
    sent: (sql) => pg`encode(convert_to(${sql}, getdatabaseencoding()), 'hex')`,
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
