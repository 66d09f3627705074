import { describe, expect, it } from "@effect/vitest"
import { SECRET, sensitiveByName } from "../../src/language/SensitiveNames.ts"

const named = (name: string, typeClass = "text", type = "text", aboutPeople = false) =>
  sensitiveByName({ name, label: "", typeClass, type }, { name: "things", aboutPeople })

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
      encrypted_password refresh_token webhook_url session_data session_id recovery_code wifi_psk ssh_host_key pairing_code unlock_pattern magic_link confirm_key x_auth
      security_question authentication_string invite_code conn_str oauth_code webhook_signing pepper gift_card_code fcm_registration_id pwd passwort senha contraseña mot_de_passe`)
    for (const name of secrets.flatMap(spellings)) expect([name, named(name)]).toEqual([name, SECRET])
    for (const name of words("userpassword accesstoken apikey clientsecret privatekey passwordhash motdepasse"))
      expect([name, named(name)]).toEqual([name, SECRET])
    expect(named("pin", "integer", "integer")).toBe(SECRET)
    expect(named("pin", "number", "numeric(4,0)")).toBe(SECRET)
    for (const name of words("contrasenia wpa_pass wpa2_pass wep_key snmp_community webhook smtp_pass"))
      expect([name, named(name)]).toEqual([name, SECRET])
    for (const name of words("boarding_pass low_pass community")) expect([name, named(name)]).toEqual([name, undefined])
    for (const name of words("dx icd10 hiv_status obs huella"))
      expect([name, named(name, "text", "text", true)]).not.toEqual([name, undefined])
    for (const name of words("secret_code door_code safe_combination"))
      expect([name, named(name), named(name, "integer", "integer")]).toEqual([name, SECRET, SECRET])
    expect(named("value", "text", "auth.password_hash")).toBe(SECRET)
  })

  it("is a secret where only the table's name says so, and where a word for a code stands in a table about people", () => {
    const of = (name: string, table: string, aboutPeople = false, isKey = false) =>
      sensitiveByName({ name, label: "", typeClass: "text", type: "text" }, { name: table, aboutPeople }, isKey)
    for (const [name, table] of [
      ["url", "webhooks"],
      ["value", "api_keys"],
      ["key", "ApiKey"],
      ["code", "recovery_codes"],
      ["value", "sessionTokens"]
    ] as const)
      expect([table, name, of(name, table)]).toEqual([table, name, SECRET])
    for (const [name, table] of [
      ["url", "pages"],
      ["name", "webhooks"],
      ["value", "settings"]
    ] as const)
      expect([table, name, of(name, table)]).toEqual([table, name, undefined])
    for (const name of ["nationality", "marital_status", "political_party", "union_membership", "owner", "contact"])
      expect([name, of(name, "staff", true) === undefined, of(name, "parts")]).toEqual([name, false, undefined])
    expect([of("clave", "usuarios", true), of("clave", "productos"), of("clave", "alumnos", true, true)]).toEqual([
      SECRET,
      undefined,
      undefined
    ])
  })

  it("is personal in any spelling", () => {
    const personal =
      words(`first_name last_name username ssn tax_id passport_no iban card_number account_number date_of_birth member_mail email_address
      phone_no mobile child_name pet_name device_name vat_id visa_no sender next_of_kin emergency_contact ni_number vehicle_registration card_pan shipping_address ip_address created_by vorname geburtsdatum apellidos`)
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
      "klucz_api",
      "parola_chiave",
      "geheimantwort",
      "sitzungsschluessel",
      "dbpass",
      "rootpw",
      "sessid",
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

  it("is named in languages with endings, with accents or without, and in scripts whose letters carry marks", () => {
    const secrets =
      words(`lozinka korisnik_lozinka geslo parol user_parol parool slaptazodis slaptažodis lykilord fjalekalimi şifresi kata_sandi nenosiri
      парола лозинка_хеш пользователь_секретный_ключ код_подтверждения zugriffstoken clave_de_api codigo_de_verificacion titkos_kulcs kodeord
      รหัสผ่าน पासवर्ड 验证码 인증번호 アクセスキー`)
    for (const name of secrets) expect([name, named(name)]).toEqual([name, SECRET])
    const people =
      words(`prezime oib priimek pavarde asmens_kodas uzvards personas_kods isikukood prenume vezeteknev anyja_neve soyadi nama_lengkap
      tanggal_lahir επώνυμο datum_rodenja datum_narozeni telefonszam adoszam lakcim fodselsnummer kennitala номер_телефона серия_паспорта ngay_sinh
      นามสกุล เบอร์โทร 생년월일 家庭住址 morada`)
    for (const name of people) expect([name, named(name)]).not.toEqual([name, undefined])
    for (const name of words("ime vardas nume nev ulice adresa ชื่อ नाम पता")) {
      expect([name, named(name, "text", "text", true)]).not.toEqual([name, undefined])
      expect([name, named(name)]).toEqual([name, undefined])
    }
    for (const name of words("code gesloten parolee sandika nikel grade mestizo imen nevada region"))
      expect([name, named(name, "text", "text", true)]).toEqual([name, undefined])
  })

  it("is of people in the words of other languages, and of who is meant by a parcel or a card", () => {
    const people = ["diagnosi", "gruppo_sanguigno", "allergien", "situation_familiale", "krankenkasse", "pronouns"]
    for (const name of people) expect([name, named(name, "text", "text", true)]).not.toEqual([name, undefined])
    const anywhere = words(
      "legal_last ship_to_name card_holder rufname notfallkontakt führerschein_nr numero_cuenta medico_curante"
    )
    for (const name of anywhere) expect([name, named(name)]).not.toEqual([name, undefined])
    expect(named("birth_weight_limit", "integer", "integer")).toBeUndefined()
  })

  it("is not what only tells something about it, or has its letters", () => {
    const plain =
      words(`key primary_key foreign_key sort_key keyword keyboard monkey turkey donkey pinned shipping spin hashtag secretary compass topic
      token_type password_algorithm password_policy email_template phone_type mail_server has_password pin_color mail_class patient_class author country name title status description`)
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
