import { describe, expect, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { createHash } from "node:crypto"
import { sensitiveByLook, untilExample, withoutExamples } from "../../src/language/SensitiveLooks.ts"
import { SECRET } from "../../src/language/SensitiveNames.ts"

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
      "https://shop.example/login?access_token=abc123",
      `https://hooks.chat.example/services/T000/B000/${"XXXXXXXXXXXX"}`,
      `https://chat.example/api/webhooks/1234/${"abcdefgh-ijkl"}`,
      `https://tenant.webhook.office.example/webhookb2/${"7d9f2c31"}`,
      `https://api.telegram.example/bot123456789:${"AAabcdefghijklmnopqrstuvwxyz0123456"}/send`,
      `https://files.example/a.pdf?X-Amz-Date=1&X-Amz-Signature=${"0123456789abcdef"}`,
      `https://store.example/a.pdf?sv=2020&sig=${"abcdefghijk"}`,
      "user=ada&pass=hunter2",
      "ALTER ROLE ada PASSWORD 'hunter2'",
      "create user ada identified by 'hunter2'",
      "Your verification code is 481516",
      "481516 ist da: Ihr Code: 481516",
      "Your password is hunter2",
      `sq0atp-${"abcdefghijklmnop"}`
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
    const digests = ["cfcd208495d565ef66e7dff9f98764da", "c4ca4238a0b923820dcc509a6f75849b"]
    for (const tokens of [digests.map((each) => `tok_${each}`), digests.map((each) => `${each}-2`)])
      expect(sensitiveByLook(tokens)).toBe(SECRET)
    expect(
      sensitiveByLook(["tok_10000000000000000000000000000001", "part_one-of_the-whole_list_of_names"])
    ).toBeUndefined()
  })

  it("is an account, a card, a number of a person, a phone, an address", () => {
    expect(sensitiveByLook(["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432"])).toMatch(/account or card/)
    expect(sensitiveByLook(["4111 1111 1111 1111", "5500-0000-0000-0004"])).toMatch(/account or card/)
    expect(sensitiveByLook(["078-05-1120"])).toMatch(/tax number/)
    expect(sensitiveByLook(["+49 151 2345678", "(555) 123 4567"])).toMatch(/phone/)
    expect(sensitiveByLook(["030 1234 5678", "0151 23 45 67 89"])).toMatch(/phone/)
    expect(sensitiveByLook(["0049301234567", "00441632960001"])).toMatch(/phone/)
    expect(sensitiveByLook(["0000000123", "0000001204"])).toBeUndefined()
    expect(sensitiveByLook(["0080000001", "0080001600"])).toBeUndefined()
    expect(sensitiveByLook(["by somebody@shop.example at 10:00", '{"to": "a.b@shop.example"}'])).toMatch(/e-mail/)
    expect(sensitiveByLook(["/reset?email=ada%40shop.example"])).toMatch(/e-mail/)
    expect(sensitiveByLook(["Dear Ada, your IBAN DE89370400440532013000 is known"])).toMatch(/account or card/)
    expect(sensitiveByLook(['{"+49 170 998870","+49 170 998871"}', '["+44 20 7946 0958"]'])).toMatch(/phone/)
    expect(sensitiveByLook(["call +49 170 998870 before noon", "call +44 20 7946 0958"])).toMatch(/phone/)
    expect(sensitiveByLook(["{192.168.2.1,10.0.0.8}", "{}"])).toMatch(/address/)
    expect(sensitiveByLook(['{"id": 7, "first_name": "Ada"}'])).toMatch(/somebody/)
    expect(sensitiveByLook(["somebody@shop.example", "none", "none", "-", "unknown"])).toMatch(/e-mail/)
    expect(sensitiveByLook(["192.168.2.1", "10.0.0.0/8", "::1"])).toMatch(/address/)
    expect(sensitiveByLook(["2001:db8::ff00:42:8329", "2001:0db8:0000:0000:0000:ff00:0042:8329"])).toMatch(/address/)
  })

  it("is not a word, a code, a date, an identifier or a class", () => {
    const plain = [
      ["the-quick-brown-fox-jumps-2024"],
      ["INV-2024-000123", "INV-2024-000124"],
      ["550e8400-e29b-41d4-a716-446655440000"],
      ["App\\Models\\Customer", "org.apache.commons.lang3.StringUtils2"],
      ["Customer_Account_Manager_Level2_Emea"],
      ["2024-01-01 10:00:00", "2024-01-02"],
      ["10:00:00", "09:30:15", "1:02:03:04"],
      ["978-3-16-148410-0", "US0378331005"],
      ["active", "closed", ""],
      ["Pass: 5, fail: 1", "status code 404040", "error code is 12345", "postal code 10115", "pass=1"],
      ["+0200", "UTC+02:00", "+48.8577, +2.2950", "+12.3456789", "1 + 2000 000 000"],
      ["{red,green}", "{1,2,3}", '["a","b"]', "[2024-01-01,2024-02-01)"],
      ["The password is required", "pass the code review"],
      ['{"password": null}', "token: ", '{"name": "Blue"}'],
      []
    ]
    for (const values of plain) expect([values, sensitiveByLook(values)]).toEqual([values, undefined])
  })
})

describe("a comment", () => {
  it("is without the secrets and accounts that it gives as examples, and otherwise as it is", () => {
    expect(withoutExamples("The initial password is hunter2!, to be changed")).toBe(
      "The initial password is …, to be changed"
    )
    expect(withoutExamples("Ask ada@shop.example; IBAN DE89 3704 0044 0532 0130 00")).toBe("Ask …; IBAN …")
    for (const [comment, safe] of [
      ["La password di test è zzPw", "La password di test è …"],
      ["hasło: tajne.", "hasło: …."],
      ["mot de passe : secretici, sinon rien", "mot de passe : …, sinon rien"],
      ['curl -u admin:letmein https://h.example -H "X-Api-Key: q1w2e3r4"', 'curl … https://h.example -H "…"'],
      ["Tel. 030 1234567, Mon to Fri", "Tel. …, Mon to Fri"]
    ])
      expect(withoutExamples(comment ?? "")).toBe(safe)
    for (const plain of [
      "password = 1, token = 2",
      "The password is stored as a hash",
      "Order 2024-000123, since 2019",
      "References orders(id)"
    ])
      expect(withoutExamples(plain)).toBe(plain)
  })

  it("of a column with sensitive values ends before its first example", () => {
    expect(untilExample("Full name of the customer (e.g. Ada Lovelace)")).toBe("Full name of the customer")
    expect(untilExample("Vollständiger Name, z. B. Ada Lovelace")).toBe("Vollständiger Name")
    expect(untilExample('Called "Ada" by friends')).toBe("Called")
    expect(untilExample("Full name of the customer")).toBe("Full name of the customer")
  })
})

describe("JSON documents", () => {
  it("hold what columns of their fields' names would, also where they are cut off, but nothing by a key alone", () => {
    const documents = (field: string) => Array.from({ length: 20 }, (_, i) => `{"n": ${i}, ${field}, "cut": "of`)
    for (const field of [
      `"firstName": "Ann"`,
      `"kontaktperson": "Ida"`,
      `"tlf": "612"`,
      `"owner": {"fecha_nacimiento": "1980-02-01"}`
    ])
      expect(sensitiveByLook(documents(field))).toBe("what is written about somebody")
    for (const field of [`"kennwort": "sommer"`, `"clientSecret": "abcdef"`, `"pin": 1234`])
      expect(sensitiveByLook(documents(field))).toBe(SECRET)
    for (const field of [
      `"phone": null`,
      `"has_password": true`,
      `"token_type": "bearer"`,
      `"product_name": "Chair"`,
      `"email": ""`
    ])
      expect(sensitiveByLook(documents(field))).toBeUndefined()
  })
})
