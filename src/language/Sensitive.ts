import { LEXICON } from "./Lexicon.ts"
import { cover, pieces } from "./Vocabulary.ts"
import { singular } from "./Words.ts"

/**
 * What secrets and personal data are called, and what they look like: the one list of it. It errs towards yes, since the answer decides
 * whether values are shown or kept.
 */

/** Why values are not shown: what they are, in a few words ("an e-mail address"). */
export type Sensitivity = string

/** The reason of whatever gives access, or is made of what does. */
export const SECRET: Sensitivity = "a secret"

const alternatives = (text: string): string =>
  text
    .trim()
    .split(/\s*,\s*/)
    .join("|")
/** Words in this order, anywhere in a name. */
const phrases = (text: string): RegExp =>
  new RegExp(`(?<![\\p{L}\\p{N}])(?:${alternatives(text)})(?![\\p{L}\\p{N}])`, "gu")

/** Names of secrets: English, then what it is called in other languages. `key` and `pass` are ordinary words, and mean it in company only. */
const SECRETS = phrases(`
  password, passwd, pwd, passphrase, pass phrase, passcode, pass code, ^pass$, pw, ^pw$, (?:user|db|database|login|mail|email|smtp|ftp|admin|root|auth) pass,
  secret, credential, cred, token, jwt, bearer, otp, totp, hotp, one time code, pin, pincode, puk, cvv2?, cvc2?, cvn, mfa, 2 fa,
  (?:security|verification|activation|recovery|backup|auth|authentication|authorization|access|login|reset|unlock) code,
  (?:api|app|application|private|secret|access|encryption|encrypted|decryption|signing|licen[sc]e|activation|auth|authentication|authorization|session|recovery|master|consumer|ssh|pgp|gpg|rsa|aes|hmac|shared|webhook|stream|wifi|service|account|registration|product) key,
  key (?:secret|material), hash(?! (?:tag|rate|join|index|bucket|partition))(?:ed|es)?, digest, salt, nonce, hmac, keystore, pem,
  (?:security|secret|recovery) answer, (?:session|auth|login|cookie) (?:id|data|value|string), cookie, csrf, xsrf, webhook (?:url|uri|link|endpoint), connection string, dsn,
  ciphertext, cipher text, seed phrase, mnemonic, private pem, encrypted,
  kennwort, passwort, geheim, geheimnis, geheimzahl, sicherheitscode, zugangsdaten, zugangscode, mot (?:de )?passe, motdepasse, mdp, code secret, jeton, contraseña, contrasena,
  clave (?:secreta|acceso|privada), secreto, senha, segredo, segreto, parola ordine, codice segreto, wachtwoord, geheime, lösenord, losenord, passord, adgangskode, salasana,
  hasło, haslo, heslo, jelszó, jelszo, parolă, пароль, секрет, токен, κωδικός, şifre, sifre, 密码, 密碼, 口令, パスワード, 暗証番号, 비밀번호`)

/** Of these, what may stand in a column of whole numbers; others are counts there, or keys. */
const NUMERIC_SECRETS = phrases(`
  password, passwd, pwd, passcode, pass code, ^pass$, otp, totp, hotp, one time code, pin, pincode, puk, cvv2?, cvc2?, cvn,
  (?:security|verification|activation|recovery|backup|access|login|reset|unlock) code, kennwort, passwort, geheimzahl, senha, contraseña, contrasena, wachtwoord`)

/** What a name ends in that tells something about a secret, an address or a number, and is none. */
const ABOUT = new Set(
  (
    "attempt attempts try tries length len count counter type kind category algorithm algo alg method policy version strength status state " +
    "expiry expiration expires expired expire at on date time timestamp day days hour hours minute minutes second seconds month months year years " +
    "changed updated created modified issued used sent enabled disabled required verified confirmed valid active set limit max maximum min minimum size " +
    "iterations rounds cost format scope scopes name label title description question issuer provider ttl lifetime age retries failures failed reset change " +
    "rate tag template subject preference preferences consent opt subscribed bounced domain server host port model brand carrier country region position " +
    "prefix suffix line rotation rotated revoked is has id ids uuid fk ref order mode level app"
  ).split(" ")
)

const BIRTH: Sensitivity = "a date or place of birth or death"
const ABOUT_BIRTH = new Set(["count", "rate", "status", "type", "estimated", "known", "precision", "verified"])

/** Ends a name as well, and is the thing itself all the same: `session_id`, `national_id`. */
const ENDS_WITH_ABOUT =
  /(?:^| )(?:(?:session|auth|login|cookie|tax|national|passport|citizen|personal|government|device|advertising) (?:id|ids)|user ?name|log ?in ?name|name)$/u

/** What a name says about one person, whatever the table is about. */
const PERSONAL: ReadonlyArray<readonly [Sensitivity, RegExp]> = [
  [
    "a person's name",
    phrases(`
      (?:first|last|middle|given|family|maiden|full|contact|legal|birth|preferred|fore|sur|nick|user|login|screen|cardholder|account holder|holder) name,
      (?:customer|client|employee|patient|student|teacher|doctor|driver|passenger|guest|member|manager|supervisor|buyer|recipient|sender|payer|payee|beneficiary|applicant|visitor) name, firstname, lastname, surname, forename,
      nickname, username, login, cardholder, account holder, fname, lname,
      vorname, nachname, familienname, benutzername, prénom, prenom, nom (?:de )?(?:famille|utilisateur|complet), nombre (?:completo|usuario|pila), apellido, apellidos,
      sobrenome, nome (?:completo|usuario), cognome, voornaam, achternaam, gebruikersnaam, förnamn, efternamn, fornavn, etternavn, imię, imie, nazwisko, jméno, příjmení,
      имя, фамилия, отчество, 姓名, 氏名, 성명`)
  ],
  [
    BIRTH,
    phrases(`birth, born, birthday, birthdate, birthplace, dob, death, deceased, geburt, geburtsdatum, geburtstag, geburtsort, naissance, nacimiento, nascimento, nascita,
      geboortedatum, födelsedatum, fødselsdato, urodzenia, рождения, 生日, 生年月日`)
  ],
  ["gender", phrases(`gender, sex, geschlecht, sexe, sexo, sesso, geslacht, genero, género`)],
  [
    "an origin, belief or health",
    phrases(
      `race, ethnicity, religion, konfession, diagnosis, blood type, blood group, disability, allergy, sexual orientation`
    )
  ],
  [
    "a document or tax number of a person",
    phrases(`ssn, social security, social insurance, passport, national id, citizen id, national insurance, nino, tax (?:id|number|no|identification), tin, itin, driver licen[sc]e,
      driving licen[sc]e, licen[sc]e plate, number plate, identity card, id card, medical record, mrn, nhs (?:number|no), medicare, health insurance, insurance number, aadhaar,
      ausweis, ausweisnummer, personalausweis, reisepass, steuernummer, steuer ?id, sozialversicherung, sozialversicherungsnummer, sozialversicherungs ?nr, rentenversicherungsnummer,
      numéro sécu, nir, cpf, dni, nie, nif, curp, codice fiscale, bsn, burgerservicenummer, pesel, personnummer, personnr, fødselsnummer, rodné číslo`)
  ],
  [
    "a bank account or card",
    phrases(`iban, bic, account (?:number|no|nr), bank account, routing (?:number|no), sort code, card (?:number|no|nr), credit card, debit card, cc (?:number|no), card last ?4,
      card last four, last 4, kontonummer, konto nr, bankverbindung, kreditkarte, kartennummer, numéro carte, numero tarjeta, tarjeta, cartão, rekeningnummer`)
  ],
  [
    "an e-mail address",
    phrases(
      `email, e mail, mail, mailaddress, emailaddress, courriel, correo, correo electronico, epost, e post, 邮箱, メール, メールアドレス, 이메일, почта`
    )
  ],
  [
    "a phone number",
    phrases(`phone, telephone, mobile, cellphone, cell phone, fax, tel, msisdn, telefon, telefonnummer, handy, handynummer, mobil, mobilnummer, téléphone, teléfono, telefono, telefone,
      celular, móvil, movil, telefoon, cellulare, телефон, 电话, 電話, 電話番号, 전화번호`)
  ],
  [
    "a person's address",
    phrases(`(?:home|shipping|ship to|ship|billing|bill to|bill|delivery|mailing|residential|private|permanent) (?:address|street|addr)(?: line)?,
      (?:shipping|ship|billing|bill|delivery|mailing) (?:to )?(?:zip|zip code|postal code|postcode), wohnort, anschrift, lieferadresse, rechnungsadresse, domicilio, endereço, endereco, woonadres`)
  ],
  [
    "a device or address of somebody",
    phrases(
      `ip, ipv4, ipv6, ip address, mac address, imei, imsi, device id, advertising id, idfa, user agent, useragent, fingerprint`
    )
  ],
  ["a picture of somebody", phrases(`photo, portrait, avatar, selfie`)],
  ["where somebody is", phrases(`geolocation, geo, gps, coordinate, lat, lng, lon, latitude, longitude`)],
  [
    "a person's account elsewhere",
    phrases(`twitter, facebook, instagram, linkedin, skype, telegram, whatsapp, wechat`)
  ],
  [
    "what is written about somebody",
    phrases(
      `note, remark, memo, biography, bio, about me, comment, notiz, bemerkung, remarque, observación, observacion, observacao`
    )
  ],
  // A text that says who: what refers to somebody by a key is no text, or has a target.
  [
    "a person's name",
    phrases(`(?:created|updated|modified|changed|entered|approved|reviewed|assigned|signed|sent|written|edited|inserted|deleted|requested|reported) (?:by|to),
      employee, manager, teacher, student, patient, doctor, physician, nurse, cashier, clerk, instructor, tutor, lecturer, supervisor, assignee, reviewer, approver, requester,
      beneficiary, passenger, guest, buyer, payer, recipient, salesperson, sales person, sales rep, account manager`)
  ]
]

/** Of these, what things have as well: personal only where a table is about people. */
const ONLY_OF_PEOPLE = new Set<Sensitivity>([
  "gender",
  "an origin, belief or health",
  "a picture of somebody",
  "where somebody is",
  "a person's account elsewhere",
  "what is written about somebody"
])

/** Numbers that only texts are: what is counted in whole numbers under such a name is no address or name. */
const OF_NUMBERS = new Set<Sensitivity>([
  BIRTH,
  "gender",
  "a document or tax number of a person",
  "a bank account or card",
  "a phone number",
  "where somebody is"
])

/** A column as far as its name says what it holds. */
export interface NamedColumn {
  readonly name: string
  /** The name in words, abbreviations spelled out. */
  readonly label: string
  /** What its values are made of. */
  readonly typeClass: string
  /** As PostgreSQL prints it: a domain may be called what it is for. */
  readonly type: string
}

const KNOWN = new Set([
  ...LEXICON,
  ...[SECRETS, ...PERSONAL.map(([, pattern]) => pattern)].flatMap(({ source }) => source.match(/\p{L}{3,}/gu) ?? []),
  ...["api", "private", "secret", "answer", "line", "client", "public"]
])
const known = (word: string) => KNOWN.has(word) || KNOWN.has(singular(word)) || /^(?:id|ip|no|nr|to)$/.test(word)

/** The words of a name in any spelling: `userPassword`, `USER_PASSWORD`, `userpassword`. */
const wordsOf = (name: string): string => {
  const all = pieces(name.normalize("NFC")).flatMap((piece) =>
    known(piece) ? [piece] : (cover(piece, known) ?? [piece])
  )
  return all.map((word) => (ABOUT.has(word) ? word : singular(word))).join(" ")
}

/** What a pattern finds in a name that is not only about it: not the `password` of `password_attempts`; a birth has a date. */
const isSaid = (pattern: RegExp, words: string, about: ReadonlySet<string> = ABOUT): boolean => {
  for (const match of words.matchAll(pattern)) {
    const rest = words.slice(match.index + match[0].length).trim()
    const last = rest.split(" ").at(-1) ?? ""
    if (rest === "" || ENDS_WITH_ABOUT.test(words) || !about.has(last)) return true
  }
  return false
}

/** What a column's name, or that of its type, says that its values are; undefined where nothing does. */
export const sensitiveByName = (column: NamedColumn, aboutPeople: boolean): Sensitivity | undefined => {
  const { typeClass } = column
  if (typeClass === "boolean") return undefined
  const said = [column.label.toLowerCase(), wordsOf(column.name), ...ownType(column)]
  const is = (pattern: RegExp, about?: ReadonlySet<string>) => said.some((words) => isSaid(pattern, words, about))
  const isNumber = typeClass === "integer" || typeClass === "number"
  if (typeClass === "integer" ? is(NUMERIC_SECRETS) : typeClass !== "time" && !isNumber && is(SECRETS)) return SECRET
  const fits = (what: Sensitivity) =>
    (typeClass !== "time" || what === BIRTH) &&
    (!isNumber || OF_NUMBERS.has(what)) &&
    (aboutPeople || !ONLY_OF_PEOPLE.has(what))
  return PERSONAL.find(([what, pattern]) => fits(what) && is(pattern, what === BIRTH ? ABOUT_BIRTH : ABOUT))?.[0]
}

/** The words of a type that is not the server's own. */
const ownType = ({ type }: NamedColumn): ReadonlyArray<string> =>
  /^(?:macaddr8?|inet|cidr)$/.test(type)
    ? ["ip address"]
    : type.includes(".") && !type.startsWith("pg_catalog.")
      ? [wordsOf(type.slice(type.lastIndexOf(".") + 1).replace(/"|\[\]$|(?:_t|_type|_domain|_dom)"?$/gi, ""))]
      : []

/** Values that are a secret whatever stands beside them: one is enough. */
const CERTAINLY_SECRET = new RegExp(
  [
    String.raw`(?<![\w$])\$(?:2[abxy]?|1|5|6|y|7|gy|md5|argon2\w*|scrypt|pbkdf2\S*|P|H|S)\$\S{8,}`,
    String.raw`(?<!\w)(?:pbkdf2_\w+|argon2\w*|bcrypt\w*|scrypt|md5|sha1|sha256|sha512)\$\S{8,}`,
    String.raw`\{(?:S?SHA\d*|S?MD5|CRYPT|BCRYPT|ARGON2\w*|noop)\}\S+`,
    String.raw`(?<!\w)(?:SCRAM-SHA-\d+\$|md5[0-9a-f]{32}(?!\w))`,
    String.raw`-----BEGIN [A-Z ]*(?:KEY|CERTIFICATE|MESSAGE)`,
    String.raw`\beyJ[\w-]{8,}\.eyJ[\w-]{8,}`,
    String.raw`\b(?:AKIA|ASIA|AGPA|AIDA|AROA)[A-Z0-9]{12,}\b`,
    String.raw`\b(?:gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|sk_live_|sk_test_|rk_live_|pk_live_|whsec_|npm_|SG\.|AIza|ya29\.|shpat_|sk-)[\w.-]{10,}`,
    String.raw`\b(?:Bearer|Basic) [\w.=+/-]{16,}`,
    String.raw`\b[a-z][a-z0-9+.-]*://[^\s/:@]+:[^\s/@]+@`
  ].join("|"),
  "u"
)

/** As long as what the usual digests give, in hexadecimal digits. */
const DIGEST = /^(?:0x|\\x)?(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$/i
/** The shortest text that can be told to be random, in characters. */
const RANDOM_LENGTH = 20
/** So many characters differ in kind from the one before (capital, small letter, digit; a capital begins a word): 0.4 in random ones, 0.15 in words. */
const RANDOM_CHANGES = 0.25

const isRandom = (value: string): boolean => {
  if (DIGEST.test(value)) return /[a-f]/i.test(value) && /\d/.test(value)
  if (!/^[\w+/=.~-]+$/.test(value) || UUID.test(value)) return false
  const parts = value.split(/[^A-Za-z0-9]+/).join("")
  if (parts.length < RANDOM_LENGTH || !/\d/.test(parts) || !/[A-Za-z]/.test(parts)) return false
  const changes = parts.match(/[a-z](?=[A-Z\d])|[A-Z](?=\d)|\d(?=[A-Za-z])/g)?.length ?? 0
  return changes >= RANDOM_CHANGES * parts.length
}
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/** Part of the values that must look like something: real data have typing errors, and columns that several things are kept in. */
const MOST = 0.5

const digits = (value: string) => value.replace(/[ -]/g, "")

/** The check digit of cards' numbers (Luhn): by chance one number in ten has it. */
const isCard = (value: string): boolean => {
  const number = digits(value)
  if (!/^[3-6]\d{12,18}$/.test(number) || !/^[\d -]+$/.test(value)) return false
  const sum = [...number].reverse().reduce((total, digit, i) => {
    const twice = Number(digit) * (i % 2 === 0 ? 1 : 2)
    return total + (twice > 9 ? twice - 9 : twice)
  }, 0)
  return sum % 10 === 0
}

/** Its letters as numbers from 10 on, and its first four characters at the end, leave 1 when divided by 97. */
const isIban = (value: string): boolean =>
  /^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(value) &&
  [...(value.slice(4) + value.slice(0, 4))].reduce((rest, character) => {
    const number = Number.parseInt(character, 36)
    return (rest * (number > 9 ? 100 : 10) + number) % 97
  }, 0) === 1

/** What an e-mail address looks like. */
export const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/
/** What an IP address or network looks like. */
export const IP_LIKE = /^(?:\d{1,3}\.){3}\d{1,3}(?:\/\d+)?$|^[\da-f]{0,4}(?::[\da-f]{0,4}){2,7}$/i

const LOOKS: ReadonlyArray<readonly [Sensitivity, (value: string) => boolean, least: number]> = [
  [SECRET, isRandom, MOST],
  ["an e-mail address", (value) => EMAIL.test(value), 0.1],
  ["a bank account or card", (value) => isIban(digits(value)), MOST],
  ["a bank account or card", isCard, MOST],
  [
    "a document or tax number of a person",
    (value) => /^\d{3}-\d{2}-\d{4}$|^\d{3}\.\d{3}\.\d{3}-\d{2}$/.test(value),
    MOST
  ],
  [
    "a phone number",
    (value) => /^(?:\+|00)\d[\d ()./-]{6,18}$|^\(\d{2,4}\) ?\d[\d -]{4,}$|^\d{3}[-.]\d{3}[-.]\d{4}$/.test(value),
    MOST
  ],
  [
    "a device or address of somebody",
    (value) => IP_LIKE.test(value) || /^(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i.test(value),
    MOST
  ]
]

/** What values, as text, look like; undefined where they look like nothing that matters. */
export const sensitiveByLook = (values: ReadonlyArray<string>): Sensitivity | undefined => {
  const all = values.map((value) => value.trim()).filter((value) => value !== "")
  if (all.length === 0) return undefined
  if (all.some((value) => CERTAINLY_SECRET.test(value))) return SECRET
  return LOOKS.find(([, looks, least]) => all.filter(looks).length >= least * all.length)?.[0]
}
