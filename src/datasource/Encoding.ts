import { pg } from "./PgSql.ts"

/** WHATWG labels of PostgreSQL's encodings, where `labelOf` cannot derive them from the name. */
const LABELS: Readonly<Record<string, string>> = {
  SQL_ASCII: "utf-8",
  UTF8: "utf-8",
  LATIN1: "iso-8859-1",
  LATIN2: "iso-8859-2",
  LATIN3: "iso-8859-3",
  LATIN4: "iso-8859-4",
  LATIN5: "iso-8859-9",
  LATIN6: "iso-8859-10",
  LATIN7: "iso-8859-13",
  LATIN8: "iso-8859-14",
  LATIN9: "iso-8859-15",
  LATIN10: "iso-8859-16",
  WIN866: "ibm866",
  WIN874: "windows-874",
  KOI8R: "koi8-r",
  KOI8U: "koi8-u",
  EUC_CN: "gbk"
}

/** The SQL of a text's bytes in hexadecimal digits. The server sends it also where the bytes are no text in the database's encoding. */
export const bytesOf = (sql: string): string => pg`encode(convert_to((${sql})::text, 'SQL_ASCII'), 'hex')`

/** Marks, at its end, a text that was decoded with replacement characters. PostgreSQL's texts never contain NUL. */
const LOST = "\0"

/** Whether a decoded text had bytes that are invalid in the database's encoding. */
export const isLost = (text: string): boolean => text.endsWith(LOST)

/** A decoded text without the mark, with U+FFFD for invalid bytes. */
export const remains = (text: string): string => (isLost(text) ? text.slice(0, -LOST.length) : text)

/** A decoded text; undefined where it had invalid bytes. */
export const whole = (text: string): string | undefined => (isLost(text) ? undefined : text)

/** The `TextDecoder` label for one of PostgreSQL's encodings; undefined where it has none. SQL_ASCII is taken for UTF-8, its likeliest content. */
export const labelOf = (encoding: string): string | undefined => {
  const label = LABELS[encoding] ?? encoding.replace(/^WIN/, "windows-").replaceAll("_", "-").toLowerCase()
  return isKnown(label) ? label : undefined
}

/** A decoder for bytes in one of PostgreSQL's encodings, which marks invalid texts (`isLost`). Where there is no label, only ASCII is valid. */
export const decoder = (encoding: string): ((bytes: Uint8Array) => string) => {
  const label = labelOf(encoding)
  const strict = new TextDecoder(label ?? "utf-8", { fatal: true, ignoreBOM: true })
  const lenient = new TextDecoder(label ?? "utf-8", { ignoreBOM: true })
  return (bytes) => {
    const read = label !== undefined ? bytes : bytes.map((byte) => (byte < 0x80 ? byte : 0xff))
    try {
      return strict.decode(read)
    } catch {
      return lenient.decode(read) + LOST
    }
  }
}

const isKnown = (label: string): boolean => {
  try {
    return new TextDecoder(label).encoding !== ""
  } catch {
    return false
  }
}
