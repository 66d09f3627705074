import { describe, expect, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { createHash } from "node:crypto"
import {
  SECRET,
  sensitiveByLook,
  sensitiveByName,
  untilExample,
  withoutExamples
} from "../../src/language/Sensitive.ts"

const named = (name: string, typeClass = "text", type = "text", aboutPeople = false) =>
  sensitiveByName({ name, label: "", typeClass, type }, aboutPeople)

const words = (text: string) => text.trim().split(/\s+/)

/** Spellings of one name: as words, in camel case, in capitals, and folded into one. */
const spellings = (name: string) => {
  const parts = name.split("_")
  const capital = parts.map((part) => part.charAt(0).toUpperCase() + part.slice(1))
  return [
    name,
    name.toUpperCase(),
    capital.join(""),
    parts[0] + capital.slice(1).join(""),
    parts.join("-"),
    parts.join(" ")
  ]
}

describe("what is to be kept from others, by its name", () => {
  it("is a secret in any spelling", () => {
    const secrets =
      words(`password user_password password_hash reset_token api_key private_key client_secret secret_answer otp pin cvv salt
      encrypted_password refresh_token webhook_url session_data session_id recovery_code pwd passwort senha contraseña mot_de_passe`)
    for (const name of secrets.flatMap(spellings)) expect([name, named(name)]).toEqual([name, SECRET])
    for (const name of words("userpassword accesstoken apikey clientsecret privatekey passwordhash motdepasse"))
      expect([name, named(name)]).toEqual([name, SECRET])
    expect(named("pin", "integer", "integer")).toBe(SECRET)
    expect(named("pin", "number", "numeric(4,0)")).toBe(SECRET)
    expect(named("value", "text", "auth.password_hash")).toBe(SECRET)
  })

  it("is personal in any spelling", () => {
    const personal =
      words(`first_name last_name username ssn tax_id passport_no iban card_number account_number date_of_birth member_mail email_address
      phone_no mobile shipping_address ip_address created_by vorname geburtsdatum apellidos`)
    for (const name of personal.flatMap(spellings)) expect([name, named(name)]).not.toEqual([name, undefined])
    expect(named("birth_date", "time", "date")).toBeDefined()
    expect(named("card_number", "integer", "bigint")).toBeDefined()
    expect(named("device", "other", "macaddr")).toBeDefined()
  })

  it("is named in other languages and scripts, also where these have no spaces", () => {
    for (const name of [
      "geheimer_schlüssel",
      "clé_api",
      "chave_secreta",
      "palavra_passe",
      "用户密码",
      "ログインパスワード",
      "كلمة المرور"
    ])
      expect([name, named(name)]).toEqual([name, SECRET])
    for (const name of [
      "ansprechpartner",
      "steuer_id_nr",
      "фио",
      "身份证号码",
      "kto_nr",
      "電話番号2",
      "sähköposti",
      "geb_dat"
    ])
      expect([name, named(name)]).not.toEqual([name, undefined])
  })

  it("is not what only tells something about it, or has its letters", () => {
    const plain =
      words(`key primary_key foreign_key sort_key keyword keyboard monkey turkey donkey pinned shipping spin hashtag secretary compass topic
      token_type password_algorithm password_policy email_template phone_type mail_server author country name title status description`)
    for (const name of plain.flatMap(spellings)) expect([name, named(name)]).toEqual([name, undefined])
    for (const name of words(
      "password_attempts password_length token_count login_count failed_pin_attempts key token salt hash"
    ))
      expect([name, named(name, "integer", "integer")]).toEqual([name, undefined])
    for (const name of words("password_changed_at last_login_date token_expires_at email_sent_on"))
      expect([name, named(name, "time", "timestamp")]).toEqual([name, undefined])
    expect(named("email_verified", "boolean", "boolean")).toBeUndefined()
    expect(named("salt", "number", "numeric")).toBeUndefined()
  })

  it("is what things have as well only where a table is about people", () => {
    for (const name of ["gender", "photo", "notes", "latitude", "nombre", "ort", "straße", "住所"]) {
      expect([name, named(name)]).toEqual([name, undefined])
      expect([name, named(name, "text", "text", true)]).not.toEqual([name, undefined])
    }
  })
})

describe("what is to be kept from others, by its looks", () => {
  it("is one hash, key or token among many values that are none", () => {
    const certain = [
      "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
      "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b4dWRWJTmaaJObG",
      "$6$rounds=5000$saltstring$YYYYYYYYYYYYYYYYYYYY",
      "pbkdf2_sha256$260000$abcdefghij$0123456789",
      "{SSHA}DkMTwBl+a/3DQTxCYEApdUtNXGgdUac3",
      "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
      "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA",
      `AKIA${"IOSFODNN7EXAMPLE"}`,
      `sk_live_${"4eC39HqLyjWDarjtT1zdp7dc"}`,
      "postgres://app:hunter2@db/shop",
      "old: $2b$10$N9qo8uLOickgx2ZMRZoMye",
      `{"header": "Bearer ${"0123456789abcdefghij"}"}`,
      `{"user": "app", "password": "hunter2"}`,
      "https://shop.example/login?access_token=abc123"
    ]
    for (const value of certain)
      expect([value, sensitiveByLook(["blue", "green", value, "red"])]).toEqual([value, SECRET])
  })

  it("is a digest, in whatever digits", () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom("md5", "sha1", "sha224", "sha256", "sha384", "sha512"), (text, kind) => {
        const hash = createHash(kind).update(text).digest("hex")
        expect(sensitiveByLook([hash])).toBe(SECRET)
        expect(sensitiveByLook([hash.toUpperCase()])).toBe(SECRET)
      })
    )
  })

  it("is a random text, as most of them show it", () => {
    const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"]
    const random = fc.string({ unit: fc.constantFrom(...letters), minLength: 32, maxLength: 64 })
    fc.assert(
      fc.property(fc.array(random, { minLength: 20, maxLength: 50 }), (all) => {
        // What fast-check shrinks to is not random: it is held to what is.
        fc.pre(new Set(all.join("")).size > 40)
        expect(sensitiveByLook(all)).toBe(SECRET)
      })
    )
  })

  it("is an account, a card, a number of a person, a phone, an address", () => {
    expect(sensitiveByLook(["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432"])).toMatch(/account or card/)
    expect(sensitiveByLook(["4111 1111 1111 1111", "5500-0000-0000-0004"])).toMatch(/account or card/)
    expect(sensitiveByLook(["078-05-1120"])).toMatch(/tax number/)
    expect(sensitiveByLook(["+49 151 2345678", "(555) 123 4567"])).toMatch(/phone/)
    expect(sensitiveByLook(["030 1234 5678", "0151 23 45 67 89"])).toMatch(/phone/)
    expect(sensitiveByLook(["by somebody@shop.example at 10:00", '{"to": "a.b@shop.example"}'])).toMatch(/e-mail/)
    expect(sensitiveByLook(['{"id": 7, "first_name": "Ada"}'])).toMatch(/somebody/)
    expect(sensitiveByLook(["somebody@shop.example", "none", "none", "-", "unknown"])).toMatch(/e-mail/)
    expect(sensitiveByLook(["192.168.2.1", "10.0.0.0/8", "::1"])).toMatch(/address/)
  })

  it("is not a word, a code, a date, an identifier or a class", () => {
    const plain = [
      ["the-quick-brown-fox-jumps-2024"],
      ["INV-2024-000123", "INV-2024-000124"],
      ["550e8400-e29b-41d4-a716-446655440000"],
      ["App\\Models\\Customer", "org.apache.commons.lang3.StringUtils2"],
      ["Customer_Account_Manager_Level2_Emea"],
      ["2024-01-01 10:00:00", "2024-01-02"],
      ["978-3-16-148410-0", "US0378331005"],
      ["active", "closed", ""],
      ['{"password": null}', "token: ", '{"name": "Blue"}'],
      []
    ]
    for (const values of plain) expect([values, sensitiveByLook(values)]).toEqual([values, undefined])
  })
})

describe("a comment", () => {
  it("is without the secrets and accounts that it gives as examples, and otherwise as it is", () => {
    expect(withoutExamples("The initial password is hunter2!, to be changed")).toBe(
      "The initial password is … to be changed"
    )
    expect(withoutExamples("Ask ada@shop.example; IBAN DE89 3704 0044 0532 0130 00")).toBe("Ask …; IBAN …")
    for (const plain of ["The password is stored as a hash", "Order 2024-000123, since 2019", "References orders(id)"])
      expect(withoutExamples(plain)).toBe(plain)
  })

  it("of a column with sensitive values ends before its first example", () => {
    expect(untilExample("Full name of the customer (e.g. Ada Lovelace)")).toBe("Full name of the customer")
    expect(untilExample("Vollständiger Name, z. B. Ada Lovelace")).toBe("Vollständiger Name")
    expect(untilExample('Called "Ada" by friends')).toBe("Called")
    expect(untilExample("Full name of the customer")).toBe("Full name of the customer")
  })
})
