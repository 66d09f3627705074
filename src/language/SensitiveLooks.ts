import { memoised } from "./memoised.ts"
import { peopleLook } from "./PeopleLooks.ts"
import { SECRET, SECRETS, type Sensitivity, sensitiveByName } from "./SensitiveNames.ts"

/**
 * How the values of secrets and personal data look, and texts without them. This is the only such list; `SensitiveNames` has the names. If in
 * doubt a value counts as sensitive.
 *
 * @module
 */

/** Formats that only secrets have: one matching value makes the column secret. */
const SECRET_FORMAT = new RegExp(
  [
    String.raw`(?<![\w$])\$(?:2[abxy]?|1|5|6|y|7|gy|md5|argon2\w*|scrypt|pbkdf2\S*|P|H|S)\$\S{8,}`,
    String.raw`(?<!\w)(?:pbkdf2_\w+|argon2\w*|bcrypt\w*|scrypt|md5|sha1|sha256|sha512)\$\S{8,}`,
    String.raw`\{(?:S?SHA\d*|S?MD5|CRYPT|BCRYPT|ARGON2\w*|noop)\}\S+`,
    String.raw`(?<!\w)(?:SCRAM-SHA-\d+\$|md5[0-9a-f]{32}(?!\w))`,
    String.raw`-----BEGIN [A-Z ]*(?:KEY|CERTIFICATE|MESSAGE)`,
    String.raw`\beyJ[\w-]{8,}\.eyJ[\w-]{8,}`,
    String.raw`\b(?:AKIA|ASIA|AGPA|AIDA|AROA)[A-Z0-9]{12,}\b`,
    String.raw`\b(?:gh[pousr]_|github_pat_|gl[a-z]{2,5}-|xox[abeoprs]-|sk_live_|sk_test_|rk_live_|pk_live_|whsec_|npm_|SG\.|AIza|ya29\.|shp(?:at|ca|pa|ss)_|sk-|sq0[a-z]{3}-|do[opr]_v1_|hf_|hvs\.|pypi-|dckr_pat_|lin_api_|xkeysib-|figd_|sbp_)[\w.-]{16,}`,
    String.raw`\b(?:Bearer|Basic) [\w.=+/-]{16,}`,
    String.raw`\b[a-z][a-z0-9+.-]*://[^\s/:@]+:[^\s/@]+@`,
    // The address of a hook, and a chat bot's token: who knows it may post.
    String.raw`\bhttps?://(?:hooks?\.[^\s/]+/|[^\s/]*webhooks?[^\s/]*/|[^\s?]*/(?:[\w-]*webhooks?|hooks?)/)[^\s/]+\S{7,}`,
    String.raw`(?<!\w)(?:bot)?\d{6,12}:[\w-]{30,}`
  ].join("|"),
  "u"
)

/** The same of what is named as one, in letters of any case. */
const SECRET_FIELD = new RegExp(
  [
    // A signed URL.
    String.raw`[?&](?:[\w-]*(?:signature|token|secret|credential)|sig|(?:access|api)_?key)=[^\s&]{8,}`,
    // As a field of JSON, a parameter of a URL, or a line of a configuration.
    String.raw`(?<![\p{L}\p{N}])(?:[\p{L}]+[_-])?(?:password|passwd|pwd|passwort|kennwort|secret|(?:access|refresh|auth|api|id)?[_-]?token|(?:api|access|private)[_-]?key)["']?\s*[:=]\s*["']?(?!(?:null|true|false|undefined)\b)[^\s"'&;,{}[\]]{3,}`,
    // As a field of a form, and in a statement.
    String.raw`(?<![^\s?&;"'])(?:pass|pw|passphrase|passcode|pin|otp|api_?key)=[^\s&;"']{3,}`,
    String.raw`(?<![\p{L}\p{N}])(?:password|identified (?:by|with \S+ (?:by|as)))\s+(?:'[^']{3,}'|"[^"]{3,}")`,
    // As an argument of a program: `curl -u name:password`.
    String.raw`(?<![\w-])(?:-u|--user) +[^\s:]+:\S+|(?<![\w-])--?(?:password|token|secret|api-key)[= ]\S{3,}`
  ].join("|"),
  "iu"
)

/** A message that tells somebody a code or a password. */
const SECRET_TOLD = new RegExp(
  [
    String.raw`(?<![\p{L}\p{N}])(?:(?:verification|security|log-?in|sign-?in|access|confirmation|authentication|activation|one[- ]time|bestätigungs|sicherheits) ?-?(?:code|pin|password|passcode)|(?:your|ihr|votre|su|tu|seu|je|din) (?:code|pin)|otp|tan)[^\d\n]{0,25}\b\d{4,8}(?!\d)`,
    String.raw`(?<![\p{L}\p{N}])(?:password|passwort|kennwort|contraseña|senha) (?:is|ist|est|es|é|lautet):? +(?=\S*[\d!@#$%&*])\S{4,}`
  ].join("|"),
  "iu"
)

const isCertainlySecret = (value: string): boolean =>
  SECRET_FORMAT.test(value) || SECRET_FIELD.test(value) || SECRET_TOLD.test(value)

/** Hexadecimal texts of the lengths of MD5, SHA-1, SHA-224, SHA-256, SHA-384 and SHA-512. */
const DIGEST = /^(?:0x|\\x)?(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$/i
/** Fewer letters and digits than this are not tested for randomness. */
const RANDOM_LENGTH = 20
/**
 * Share of changes between lower case, upper case and digits from which a text counts as random: about 0.4 in random texts, 0.15 in words.
 */
const RANDOM_CHANGES = 0.25

const isRandom = (value: string): boolean => {
  if (value.length < RANDOM_LENGTH) return false
  if (DIGEST.test(value)) return /[a-f]/i.test(value) && /\d/.test(value)
  if (!/^[\w+/=.~-]+$/.test(value) || UUID.test(value)) return false
  // With the kind of token in front, or a count behind.
  if (value.split(/[^A-Za-z0-9]/).some((part) => DIGEST.test(part) && isRandom(part))) return true
  const parts = value.split(/[^A-Za-z0-9]+/).join("")
  if (parts.length < RANDOM_LENGTH || !/\d/.test(parts) || !/[A-Za-z]/.test(parts)) return false
  const changes = parts.match(/[a-z](?=[A-Z\d])|[A-Z](?=\d)|\d(?=[A-Za-z])/g)?.length ?? 0
  return changes >= RANDOM_CHANGES * parts.length
}
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/** Share of the values that must have a format, from 0 to 1: columns contain typing errors and mixed contents. */
const MOST = 0.5

const digits = (value: string) => value.replace(/[ -]/g, "")

/** Whether a value is a card number by its check digit (Luhn). One number in ten passes by chance, so that `MOST` values must. */
const isCard = (value: string): boolean => {
  if (!/^[\d -]{13,}$/.test(value)) return false
  const number = digits(value)
  if (!/^[3-6]\d{12,18}$/.test(number)) return false
  const sum = [...number].reverse().reduce((total, digit, i) => {
    const twice = Number(digit) * (i % 2 === 0 ? 1 : 2)
    return total + (twice > 9 ? twice - 9 : twice)
  }, 0)
  return sum % 10 === 0
}

/** Whether a value is an IBAN by its check digits (ISO 7064, mod 97-10). */
const isIban = (value: string): boolean =>
  /^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(value) &&
  [...(value.slice(4) + value.slice(0, 4))].reduce((rest, character) => {
    const number = Number.parseInt(character, 36)
    return (rest * (number > 9 ? 100 : 10) + number) % 97
  }, 0) === 1

/** A value that has an e-mail address in it, such as a JSON document or a line of a log. */
const HAS_EMAIL = /(?<![\w.+-])[\w.+-]+(?:@|%40)[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\b/i
/** A sentence or list with an IBAN in it. */
const hasAccount = (value: string): boolean =>
  (value.match(LONG_NUMBERS) ?? []).some((number) => /^[A-Z]/.test(number) && isIban(digits(number)))

/** A sentence or list with a phone number in it that begins with the code of its country. */
const INTERNATIONAL_PHONE = /(?<![\w+.])\+[1-9]\d{0,3}(?:[ -]?\(?\d{2,5}\)?){2,5}(?![\d.])/
/** A field of a JSON document that holds something, also of one that is cut off: its name, and its text or number. */
const FIELD = /"((?:[^"\\]|\\.){1,60})"\s*:\s*(?:"((?:[^"\\]|\\.)+)|(-?\d[\d.]*))/gu

/** Share of the documents, from 0 to 1, in which a field must be: a few documents of many kinds are as telling as all of one. */
const DOCUMENTS = 0.1

/** What fields of JSON documents hold, by the names that columns would have. */
const sensitiveInFields = (values: ReadonlyArray<string>): Sensitivity | undefined => {
  const kindOf = memoised((name: string) =>
    memoised((typeClass: string) =>
      sensitiveByName({ name, label: "", typeClass, type: typeClass }, { name: "", aboutPeople: false })
    )
  )
  const kinds = values.map((value) =>
    /^\s*[{[]/.test(value)
      ? [...value.matchAll(FIELD)].flatMap(
          ([, name = "", text]) => kindOf(name)(text === undefined ? "number" : "text") ?? []
        )
      : []
  )
  const least = DOCUMENTS * values.length
  if (kinds.filter((found) => found.includes(SECRET)).length >= least) return SECRET
  return kinds.filter((found) => found.length > 0).length >= least ? "what is written about somebody" : undefined
}

/** A value that is an e-mail address as a whole. */
export const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/
/** A value that is an IPv4 or IPv6 address or network as a whole. */
export const IP_LIKE =
  /^(?:\d{1,3}\.){3}\d{1,3}(?:\/\d+)?$|^(?:[\da-f]{1,4}:){7}[\da-f]{1,4}(?:\/\d+)?$|^(?=.*::)[\da-f]{0,4}(?::[\da-f]{0,4}){2,7}(?:\/\d+)?$/i

/** A day of the calendar, which no phone number is: `05/13/2023`. */
const DAY = /^(?:[0-2]\d|3[01])[./-](?:[0-2]\d|3[01])[./-](?:19|20)\d\d$/

/** Formats by kind, each with the share of values that must have it; the first that reaches its share counts. */
const LOOKS: ReadonlyArray<readonly [Sensitivity, (value: string) => boolean, least: number]> = [
  [SECRET, isRandom, MOST],
  ["an e-mail address", (value) => EMAIL.test(value), 0.1],
  ["an e-mail address", (value) => HAS_EMAIL.test(value), MOST],
  ["a bank account or card", hasAccount, 0.1],
  ["a phone number", (value) => INTERNATIONAL_PHONE.test(value), MOST],
  ["a bank account or card", (value) => /^[A-Z -]/.test(value) && isIban(digits(value)), MOST],
  ["a bank account or card", isCard, MOST],
  [
    "a document or tax number of a person",
    (value) => /^\d{3}-\d{2}-\d{4}$|^\d{3}\.\d{3}\.\d{3}-\d{2}$/.test(value),
    MOST
  ],
  [
    "a phone number",
    (value) =>
      !DAY.test(value) &&
      /^0\d{1,4}(?:[ ./-]\d{2,4}){2,4}$|^(?:\+|00)[1-9][\d ()./-]{6,18}$|^\(\d{2,4}\) ?\d[\d -]{4,}$|^\d{3}[-.]\d{3}[-.]\d{4}$/.test(
        value
      ),
    MOST
  ],
  [
    "a device or address of somebody",
    (value) => IP_LIKE.test(value) || /^(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i.test(value),
    MOST
  ]
]

/** The elements of an array's text, of PostgreSQL's as of JSON's, or the value itself. */
const elementsOf = (value: string): ReadonlyArray<string> =>
  /^(?:\{.*\}|\[.*\])$/s.test(value) && !/["\w]"?\s*:/.test(value) ? value.slice(1, -1).split(/[{}",[\]]+/) : [value]

/** The kind of sensitive value that values, as text, are by their format; undefined if they have none. */
export const sensitiveByLook = (values: ReadonlyArray<string>): Sensitivity | undefined => {
  const all = values.flatMap(elementsOf).flatMap((value) => (value.trim() === "" ? [] : [value.trim()]))
  if (all.length === 0) return undefined
  if (all.some(isCertainlySecret)) return SECRET
  const chance = isCounter(all) ? "a phone number" : beginAlike(all) ? SECRET : undefined
  const kinds = LOOKS.filter(([kind]) => kind !== chance)
  const inFields = sensitiveInFields(values)
  if (inFields === SECRET) return SECRET
  return kinds.find(([, looks, least]) => isShared(all, looks, least))?.[0] ?? inFields ?? peopleLook(all)
}

/** Whether `least` of the values (a share from 0 to 1), or more, look so. Stops where too many do not. */
export const isShared = (values: ReadonlyArray<string>, looks: (value: string) => boolean, least: number): boolean => {
  let left = values.length
  for (const value of values) {
    if (!looks(value)) left--
    if (left < least * values.length) return false
  }
  return true
}

/** First digits that numbers which were counted up have in common. */
const COUNTED_UP = 5

/** Whether values are numbers that a program counts up and pads with zeros, "0080001234": some of them look like phone numbers. */
const isCounter = (values: ReadonlyArray<string>): boolean => {
  const [first = ""] = values
  return (
    values.length > 1 &&
    values.every(
      (value) => /^0\d+$/.test(value) && value.length === first.length && value.startsWith(first.slice(0, COUNTED_UP))
    )
  )
}

/** Hexadecimal digits that values of one binary format have in common; random ones have not. */
const HEADER = 8

/** Whether all values are hexadecimal and share their first characters. Geometries (PostGIS prints them so) do; random secrets do not. */
const beginAlike = ([first = "", ...others]: ReadonlyArray<string>): boolean =>
  others.length > 0 &&
  [first, ...others].every((value) => /^[0-9a-f]+$/i.test(value) && value.startsWith(first.slice(0, HEADER)))

const SECRET_FORMATS = new RegExp(SECRET_FORMAT.source, "gu")
const SECRET_FIELDS = new RegExp(SECRET_FIELD.source, "giu")
const EMAILS = new RegExp(HAS_EMAIL.source, "gi")
const LONG_NUMBERS = /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b|\b\d(?:[ -]?\d){12,18}\b/g
const PHONES =
  /(?<![\p{L}\p{N}])((?:tel|telefon|phone|mobile?|handy|fax|tél|téléphone)[.:]*\s*)\+?[\d(][\d ()/.-]{5,}\d/giu
/** Three groups: the name of a secret, what joins it with its value ("of the test user is", ":"), and the word that may be the value. */
const AFTER_SECRET = new RegExp(
  `(${SECRETS.source})((?:\\s+\\p{L}+){0,3}?(?:\\s*[:=]|\\s(?:is|ist|est|es|è|é|jest|är|er|lautet)(?=\\s))[\\s"'„“«:=/]*|[\\s"'„“«/]+)([^\\s"'“”»]{3,})`,
  "giu"
)
/** Letters and digits or signs, or letters in mixed case: no word of a sentence. */
const NO_WORD = /[\d!@#$%&*]|\p{Ll}\p{Lu}/u
/** Codes of a list: "password = 1". */
const CODE = /^\d{1,2}\D?$/

/** A comment without the secrets, e-mail addresses, phone and account numbers that it gives as examples; `…` stands for each. */
export const withoutExamples = (comment: string): string =>
  comment
    .replace(SECRET_FORMATS, "…")
    .replace(SECRET_FIELDS, "…")
    .replace(AFTER_SECRET, (all, name: string, between: string, word: string) =>
      !CODE.test(word) && (/[:=]/.test(between) || NO_WORD.test(word))
        ? `${name}${between}…${/[.,;)]$/.exec(word)?.[0] ?? ""}`
        : all
    )
    .replace(EMAILS, "…")
    .replace(PHONES, (_all, name: string) => `${name}…`)
    .replace(LONG_NUMBERS, (number) => (isIban(digits(number)) || isCard(number) ? "…" : number))

/** The start of an example in a comment. */
const EXAMPLE =
  /(?<![\p{L}\p{N}])(?:e\. ?g\.?|eg|ex\.|ex|z\. ?b\.?|zb|bsp|example|for instance|such as|beispiel|par exemple|exemple|p\. ?ej\.?|ejemplo|esempio|exemplo|bijv|np|напр|пример|例)(?![\p{L}\p{N}])|["„“«]/iu

/** The comment of a column with sensitive values, up to its first example. */
export const untilExample = (comment: string): string => {
  const place = EXAMPLE.exec(comment)?.index ?? comment.length
  return comment.slice(0, place).replace(/[\s([,;:.–-]+$/u, "")
}
