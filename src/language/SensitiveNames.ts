import { Array } from "effect"
import { LEXICON } from "./Lexicon.ts"
import { cover, pieces } from "./Vocabulary.ts"
import { withoutAccents } from "./withoutAccents.ts"
import { singular } from "./Words.ts"

/**
 * The names of secrets and personal data. This is the only such list; `SensitiveLooks` has their formats. If in doubt a column counts as
 * sensitive: the result decides whether its values are shown or stored.
 *
 * @module
 */

/** Why values are not shown, in words that people read. A union, so that the sets below cannot contain a misspelled kind. */
export type Sensitivity =
  | "a secret"
  | "a person's name"
  | "somebody's name"
  | "a date or place of birth or death"
  | "gender"
  | "an origin, belief or health"
  | "a document or tax number of a person"
  | "a bank account or card"
  | "an e-mail address"
  | "a phone number"
  | "a person's address"
  | "part of a person's address"
  | "a device or address of somebody"
  | "an IP address"
  | "a picture of somebody"
  | "where somebody is"
  | "a person's account elsewhere"
  | "what is written about somebody"

/** A value that grants access (password, token, key), or is derived from one (hash, salt). */
export const SECRET: Sensitivity = "a secret"

const alternatives = (text: string): string => {
  const spelled = text.trim().split(/\s*,\s*/)
  return [...new Set(spelled.flatMap((phrase) => [phrase, ...withoutAccents(phrase)]))].join("|")
}

/** Scripts that put no space between words. */
const UNSPACED = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー]+$/u

/**
 * Matches phrases, separated by commas, anywhere in a name in words. Phrases are regular expressions; `^` and `$` are the ends of the
 * name. Those of a script without spaces match within a word.
 */
const phrases = (text: string): RegExp => {
  const all = alternatives(text).split("|")
  const [unspaced, spaced] = Array.partition(all, (phrase) => !UNSPACED.test(phrase))
  return new RegExp([`(?<![\\p{L}\\p{N}])(?:${spaced.join("|")})(?![\\p{L}\\p{N}])`, ...unspaced].join("|"), "gu")
}

/** Names of secrets in a name in words, English first, then other languages. `key` and `pass` are ordinary words and count only in combination with others. */
export const SECRETS = phrases(`
  password, passwd, passwrd, pass ?wd(?: ?\\d+)?, pwd, psw, pswd, psk, passphrase, pass phrase, passcode, pass code, ^pass$, pw, ^pw$, (?:user|db|database|login|mail|email|smtp|imap|pop 3|ftp|ssh|vpn|proxy|router|wpa(?: 2)?|wifi|wi fi|wlan|admin|root|auth) pass,
  (?:wpa|wep|wifi|wi fi|wlan) (?:key|psk), snmp community, community string, ^webhook$, wallet seed,
  secret, credential, cred, token, jwt, bearer, otp, totp, hotp, one time code, pin, pincode, puk, cvv2?, cvc2?, cvn, mfa, 2 fa,
  (?:security|verification|activation|recovery|backup|auth|o ?auth|authentication|authorization|access|login|reset|unlock|pairing|invite|invitation|confirmation|gift card|redemption|door|gate|garage|lock|safe|vault) code, (?:lock|safe|vault) combination, (?:unlock|lock|swipe|login) pattern,
  (?:magic|reset|login|invite|invitation|verification|confirmation|activation) (?:link|url), (?:recovery|backup|wallet) phrase, ^auth$, (?:x|http|basic) auth, (?:auth|authentication) string, ^sid$, ^sas$, sas (?:url|uri), jwks?, ^pgp$, ^gpg$, ^tan$,
  (?:api|app|application|private|secret|access|ssh host|confirm|confirmation|pairing|unlock|crypto|verification|encryption|encrypted|decryption|signing|licen[sc]e|activation|auth|authentication|authorization|session|recovery|master|consumer|ssh|pgp|gpg|rsa|aes|hmac|shared|webhook|stream|wifi|service|account|registration|product) key,
  key (?:secret|material), hash(?! (?:tag|rate|join|index|bucket|partition))(?:ed|es)?, digest, salt, nonce, hmac, keystore, pem,
  (?:security|secret|recovery) (?:answer|question), (?:session|auth|cookie) (?:id|data|value|string), login (?:data|value|string), cookie, csrf, xsrf, webhook (?:url|uri|link|endpoint|signing), conn(?:ection)? str(?:ing)?, dsn, pepper, ^recovery$, gift card, ^signing$, ^apns$, (?:fcm|gcm|apns|push) (?:registration|subscription|endpoint),
  ciphertext, cipher text, seed phrase, mnemonic, private pem, encrypted,
  kennwort, passwort, geheim, geheimnis, geheimzahl, sicherheitscode, zugangsdaten, zugangscode, mot (?:de )?passe, motdepasse, mdp, code secret, jeton, contraseña, contrasena, contrasenia, contrasenha,
  clave (?:secreta|acceso|privada), secreto, senha, segredo, segreto, parola ordine, codice segreto, wachtwoord, geheime, lösenord, losenord, passord, adgangskode, salasana,
  hasło, haslo, heslo, jelszó, jelszo, parolă, пароль, секрет, токен, κωδικός, şifre, sifre, 密码, 密碼, 口令, 秘密, 密钥, 密鑰, パスワード, 暗証番号, 비밀번호, 비밀,
  zugang, (?:api|geheimer|privater|sitzungs?) ?(?:schlüssel|schluessel), geheimfrage, geheimantwort, ^losung$, klucz (?:api|prywatny|dostępu|dostepu|sesji), parola chiave, chiave (?:api|privata|segreta|accesso),
  (?:db|root|u|usr|admin|mail|smtp|ftp|ldap|app|sys)(?:pass|pw|pwd), tok, sessid, sess (?:id|key|token), o ?auth ?verifier, code verifier, (?:wallet|private) pk, mot passe, (?:clé|cle|clef) (?:api|secrète|secrete|privée|privee|accès|acces), secrète, secrete, secreta, segreta,
  clave (?:api|hash), contrasenya, palavra passe, chave (?:api|secreta|privada|acesso), ^parola$, parola (?:hash|salt), tunnusluku, salakirjoitettu, mật khẩu, mat khau, كلمة (?:المرور|السر), סיסמה, رمز عبور,
  lozink[ae]?, zaporka, geslo, parol(?:[aiu]|[aiu]?si)?, ^parole$, parool, salasõna, slaptažod(?:is|žio|zio), lykilor[ðd], pasfhocal, cyfrinair, fjalëkalimi?, şifrə, şifresi, parolası,
  (?:kata ?)?sandi, kata laluan, nenosiri, contrasinal, pasahitza, wagwoord, kodeord, pasvorto, парола, лозинка, პაროლი, գաղտնաբառ, รหัสผ่าน, पासवर्ड, পাসওয়ার্ড, پاس ورڈ,
  tajni ključ, titkos? kulcs?, salaisuus, hemlighet, hemmelighe[dt], gizli anahtar, секретн\\p{L}* (?:ключ|код), ключ (?:api|апи|доступа|шифрования), код (?:подтверждения|доступа|активации), zugriffs ?token,
  sicherheitsfrage(?: antwort)?, (?:clave|llave) (?:de )?(?:api|acceso|cifrado), c[oó]digo (?:de )?(?:verificaci[oó]n|seguridad|acceso|activaci[oó]n|confirmaci[oó]n), code (?:confidentiel|(?:d )?acc[eè]s|(?:de )?s[eé]curit[eé]),
  秘钥, 验证码, 驗證碼, 授权码, 认证码, 暗号, 認証コード, アクセスキー, 인증번호, 인증키, 인증코드,
  priv ?key, (?:access|refresh|auth|api|bearer) tok, (?:sms|pin) code, security (?:q|a)`)

/** The secrets that integer columns may hold. An integer column with another of the names above is a count or a foreign key. */
const NUMERIC_SECRETS = phrases(`
  password, passwd, pwd, passcode, pass code, ^pass$, otp, totp, hotp, one time code, pin, pincode, puk, cvv2?, cvc2?, cvn,
  (?:security|verification|activation|recovery|backup|access|login|reset|unlock) code, secret (?:code|number|no|nr), (?:door|gate|garage|lock|safe|vault) (?:code|combination),
  kennwort, passwort, geheimzahl, senha, contraseña, contrasena, wachtwoord`)

/** Words for a password that also stand for a code or a key: what else they are in a table about people, its key aside, nobody can say. */
const SECRETS_OF_PEOPLE = phrases(
  `^clave$, ^llave$, ^chave$, ^chiave$, ^clé$, ^ключ$, ^kod$, ^schlüssel$, ^schluessel$, ^sleutel$`
)

/** Names of columns that hold what the table's name says: `value` of `api_keys`, `url` of `webhooks`. */
const CONTENTS = new Set(
  "value val content text string data body code key url uri link endpoint target valor wert valeur seed".split(" ")
)

/** If a name ends in one of these, it holds a fact about the sensitive value and not the value: `password_changed_at`, `email_verified`. */
const ABOUT = new Set(
  (
    "attempt attempts try tries length len count counter type kind category algorithm algo alg method policy version strength status state " +
    "expiry expiration expires expired expire at on date time timestamp day days hour hours minute minutes second seconds month months year years " +
    "changed updated created modified issued used sent enabled disabled required verified confirmed valid active set limit max maximum min minimum size " +
    "iterations rounds cost format scope scopes name label title description question issuer provider ttl lifetime age retries failures failed change " +
    "rate tag template subject preference preferences consent opt subscribed bounced domain server host port model brand carrier country region position " +
    "class color colour os prefix suffix line rotation rotated revoked is has id ids uuid fk ref order mode level app"
  ).split(" ")
)

/** When or where somebody was born, or died. */
export const BIRTH: Sensitivity = "a date or place of birth or death"
/** The same for `BIRTH`, whose values may well end in "date", "year" or "country". */
const ABOUT_BIRTH = new Set([
  "count",
  "limit",
  "order",
  "rate",
  "status",
  "type",
  "estimated",
  "known",
  "precision",
  "verified"
])

/** Exceptions to `ABOUT`: these names end in such a word and hold the sensitive value itself: `session_id`, `national_id`. */
const ENDS_WITH_ABOUT =
  /(?:^| )(?:(?:marital|civil|hiv|health|vaccination) status|(?:session|auth|login|cookie|(?:fcm|gcm|apns|push) (?:registration|subscription)|vat|tax|national|passport|citizen|personal|government|device|advertising) (?:id|ids)|user ?name|log ?in ?name|name)$/u

/** Names of personal data by kind; the first kind that matches counts. */
const PERSONAL: ReadonlyArray<readonly [Sensitivity, RegExp]> = [
  [
    "a person's name",
    phrases(`
      (?:first|last|middle|given|family|maiden|full|contact|legal|birth|preferred|fore|sur|nick|user|login|screen|cardholder|account holder|holder) name,
      (?:child|kid|pet|husband|wife|partner|father|mother|parent|heir|customer|client|employee|patient|student|teacher|doctor|driver|passenger|guest|member|manager|supervisor|buyer|recipient|sender|payer|payee|beneficiary|applicant|visitor|consignee|consignor|owner|insured|tenant|landlord|donor|guardian|spouse|witness) name, name (?:first|last|given|middle)$, (?:legal|preferred|given) (?:first|last|middle)$, (?:ship|bill|deliver|sold|mail) to name, firstname, lastname, surname, forename,
      prezime, priimek, pavardė, uzvārds?, perekonnanimi, prenume, vezetéknév, keresztnév, utónév, anyja neve, soyad[ıi]?, ad soyad, nama (?:lengkap|depan|belakang|ibu), sukunimi, etunimi, eesnimi,
      επώνυμο, ονοματεπώνυμο, mbiemri, họ tên, ho ten, นามสกุล, презиме, прізвище, по батькові,
      nickname, ^nick$, username, login, cardholder, card holder, account holder, policy ?holder, kontoinhaber, karteninhaber, titulaire, titular, intestatario, fname, lname, next (?:of )?kin, emergency contact, contact person, anmeldename, soyadı, soyadi, soyisim, ad soyad,
      ^contacto$, ^contato$, ^contatto$, persona (?:de )?contacto, personne (?:à |de )?contact, zuname, vorn, nachn, vname, nname, roepnaam, tussenvoegsel, voorvoegsel, voorletters, voorl, achtern, ap(?:ellido)? (?:paterno|materno|pat|mat), ap [12], nom (?:de )?(?:jeune fille|naissance|marital|usage|épouse),
      nome (?:da |do )?(?:mãe|pai|social), nombre (?:de la |del )?(?:madre|padre), erziehungsberechtigte[rn]?, tutor legal, representante legal, responsable legal, responsável, vormund, (?:halter|inhaber|besitzer|eigentümer|vermieter|fahrer|gast) ?name,
      propietario, propriétaire, proprietário, eigenaar, (?:rcpt|recip|rcvr|receiver|emp|cust|pat) name,
      vorname, nachname, familienname, rufname, geburtsname, notfallkontakt, hausarzt, medico curante, médico tratante, médecin traitant, contact urgence, contacto emergencia, contatto emergenza, contato emergência,
       benutzername, prénom, prenom, nom (?:de )?(?:famille|utilisateur|complet), nombre (?:completo|usuario|pila), apellido, apellidos,
      sobrenome, nome (?:completo|usuario), cognome, voornaam, achternaam, gebruikersnaam, förnamn, efternamn, fornavn, etternavn, imię, imie, nazwisko, jméno, příjmení,
      имя, фамилия, отчество, фио, 姓名, 氏名, 성명, kundenname, kunden name, ansprechpartner, kontaktperson, sachbearbeiter, bearbeiter, mitarbeiter, ^kennung$, (?:benutzer|login|user) ?kennung,
      (?:nom|nombre|nome) (?:client|cliente|patient|paciente|contact|contacto), cliente nombre, empleado, paciente, funcionário, maiden`)
  ],
  [
    BIRTH,
    phrases(`datum (?:rođenja|rodenja|rođ|rod|rojstva|narození|narodenia|nar), gimimo data, dzimšanas (?:datums|vieta), sünni(?:aeg|kuupäev|koht), (?:data |locul )?na[sș]terii, születési? (?:dátum|idő|ido|hely),
      (?:tanggal|tgl|tempat) lahir, datëlindja, ημερομηνία γέννησης, ngày sinh, дата (?:на )?(?:раждане|народження), วันเกิด, 생년월일, fødselsdag, födelsedag, narozen[ií],
      geb(?: ?(?:am|dat|datum|tag|ort|jahr|jahrgang|plaats))?, geboren, geboren (?:am|op|in), (?:f|fc|fec|fch|fecha|lugar|país|ciudad|año|anio) (?:de )?nac(?:im)?, (?:d|dt|dta|data|local|cidade|luogo) (?:de |di )?nasc,
      (?:d|dt|date|lieu|pays|ville|année) (?:de )?nais(?:s)?, ddn, geboorteplaats, verstorben(?: am)?, gestorben(?: am)?, sterbedatum, todestag, defunción, fallecimiento, fallecido, décès, décédé, overleden, overlijdensdatum, óbito, falecimento, decesso,
      birth, born, birthday, birthdate, birthplace, dob, death, deceased, geburt, geburtsdatum, geburtstag, geburtsort, naissance, nacimiento, nascimento, nascita,
      geboortedatum, födelsedatum, fødselsdato, urodzenia, data (?:ur|urodz), рождения, 生日, 生年月日, 出生, geb ?dat, geb ?datum, doğum, dogum, syntymäaika, syntymaaika`)
  ],
  ["gender", phrases(`gender, sex, pronouns?, geschlecht, sexe, sexo, sesso, geslacht, genero, género`)],
  [
    "an origin, belief or health",
    phrases(
      `tipo sangu[ií]neo, blutgr, sit(?:uation)? (?:fam|mat), fam ?stand, (?:est|edo) civil, bekenntnis, godsdienst, geloofsovertuiging, raça cor, cor raça, anamnese, befund, medikation, antécédents, antecedentes, comorbilidad, etnische afkomst,
      ^dx$, ^icd(?: \\d+)?(?: code)?$, hiv(?: status)?, disease, symptom, comorbidity, pregnancy, health status, vaccination status,
      race, ethnicity, religion, konfession, religione, religión, religião, etnia, raza, raça, herkunft, diagnosis, diagnos[ei], diagnosen, diagnostic, diagnóstico, diagnostico,
      gruppo sanguigno, grupo sangu[ií]neo, groupe sanguin, bloedgroep, allergien?, allergia, alergias?, vorerkrankung, krankheit, behinderung, discapacidad, invalidità, handicap, krankenkasse, mutuelle,
      situation (?:familiale|matrimoniale), estado matrimonial, burgerlijke staat, stan cywilny, blood type, blood group, blutgruppe, disability, allerg(?:y|ies), ethnic (?:group|origin), sexual orientation, nationality, citizenship, political (?:party|view|affiliation|opinion), party affiliation,
      union member(?:ship)?, trade union, (?:marital|civil) status, staatsangehörigkeit, staatsangehoerigkeit, familienstand, état civil, etat civil, estado civil, stato civile, nationalité, nacionalidad, nacionalidade, nationalität`
    )
  ],
  [
    "a document or tax number of a person",
    phrases(`oib, emšo, asmens? kodas?, personas? kods?, isikukood, taj (?:szám|szam), adó ?(?:szám|azonosító)(?: jel)?, ^nik$, (?:no )?ktp, f[øo]dsels? ?nummer, ^cpr$, cpr ?(?:nr|nummer|number), kennitala, vergi (?:no|numarası),
      сери[яи] паспорта, номер паспорта, данные паспорта, паспортные данные, cmnd, cccd, ^amka$, ^αμκα$, ^αφμ$, ^єдрпоу$, рнокпп, єгн, егн, 주민번호, ^rfc$, cuit, เลขบัตรประชาชน, henkilö ?numero,
      (?:n|nº|n°|no|num|nro|nr|número|numéro) (?:ss|secu|sécu|seg social|seguridad social|afiliación|carné|carnet), nss, insurance (?:no|nr|num), (?:nat|natl|ntl) (?:id|insurance), (?:driver|vehicle|car|truck|van|taxi|kfz|auto) plate, kenteken(?:plaat)?, immatriculation, targa,
      kfz ?kz, nummernschild, ^cnh$, título eleitor, ^rg$, cuil, carte vitale, tessera sanitaria, paspoort ?(?:nr|nummer), rijbewijs ?(?:nr|nummer), identiteitskaart, bsn ?(?:nr|nummer), ssn, social security, social insurance, passport, national id, citizen id, national insurance, nino, ni (?:number|no), versichertennummer, versicherungsnummer, partita iva, tax (?:id|number|no|identification), tin, itin, driver licen[sc]e,
      driving licen[sc]e, licen[sc]e plate, number plate, plate (?:number|no), vehicle registration, kfz kennzeichen, kennzeichen, identity card, id card, medical record, mrn, nhs (?:number|no), medicare, health insurance, insurance number, aadhaar,
      ausweis, ausweisnummer, personalausweis, reisepass, steuernummer, steuer ?id, sozialversicherung, sozialversicherungsnummer, sozialversicherungs ?nr, rentenversicherungsnummer,
      numéro sécu, (?:num|numero|numéro|no) (?:secu|sécu|sécurité sociale|securite sociale), steuer ?id ?nr, steuer ?nr, steueridentifikationsnummer, pass ?(?:nr|nummer),
      sozialvers ?nr, sv ?nr, паспорт, снилс, инн, 身份证, 護照, 护照, 个人番号, マイナンバー, 주민등록번호, henkilötunnus, henkilotunnus, hetu, kimlik, dowód, dowod, cedula, cédula, jmbg, cnp, bvn, tfn, ^sin$, sin (?:number|no), ^rut$, ^vin$, vin (?:number|no), vat (?:id|number|no), visa (?:number|no),
      f(?:ü|ue)hrerschein, f(?:ü|ue)hrerschein ?(?:nr|nummer|number|no), permis conduire, licencia conducir, patente guida, carta condução, rijbewijs, passeport, pasaporte, passaporto, paspoort, ahv ?(?:nr|nummer|number),
      n[uú]mero documento, carte identité, documento identidad, carta identità, nir, cpf, dni, nie, nif, cod(?:ice)? fiscale, dowodu, paszport(?:u)?, pass ?nummer, personbevis, curp, codice fiscale, bsn, burgerservicenummer, pesel, personnummer, personnr, fødselsnummer, rodné číslo`)
  ],
  [
    "a bank account or card",
    phrases(`bank ?verb(?:indung)?, rekening ?(?:nr|no|nummer), (?:no|nomor) rekening, (?:cta|cuenta) (?:bancaria|cte|corriente|ahorro), (?:n|nº|num|no|nro|nr) cta, compte bancaire, chave pix, ^pix$, iban, bic, account (?:number|no|nr), bank account, routing (?:number|no), sort code, card (?:number|no|nr), credit card, debit card, ^cc$, cc (?:number|no), card last ?4, ^pan$, card pan, pan (?:number|no), (?:card|cc) exp,
      card last four, last 4, kontonummer, konto nr, bankverbindung, kreditkarte, kartennummer, numéro carte, numero tarjeta, tarjeta, cartão, rekeningnummer,
      kto ?nr, karten ?nr, bankleitzahl, blz, (?:numero|numéro|num|n) carte, rib, cuenta bancaria, conta bancaria, n[uú]mero (?:cuenta|conta|conto), (?:number|no|nr) (?:cuenta|conta|conto|compte), (?:numero|numéro|num) compte, clabe, conto corrente, nr rachunku, номер карты, cc ?num, 银行卡, 银行账号, 口座番号, 계좌번호`)
  ],
  [
    "an e-mail address",
    phrases(
      `email, e mail, mail, mailaddress, emailaddress, courriel, correo, correo electronico, epost, e post, 邮箱, メール, メールアドレス, 이메일, почта, eposta, e posta, sähköposti, sahkoposti, emailadres`
    )
  ],
  [
    "a phone number",
    phrases(`telefon ?(?:szám|as?|u|om), numer telefonu, nr (?:telefonu|telefon|telem[oó]vel), broj (?:telefona|mobitela), mobitel, номер телефона?у?, τηλέφωνο, số điện thoại, so dien thoai, เบอร์โทร(?:ศัพท์)?, फ़ोन, फोन, telepon, (?:no|nomor) (?:hp|telp|telepon), telem[oó]vel, telefonas, telefona numurs,
      tlf, tfno, telf, telef, mob (?:nr|no|num|number|tel), handy ?(?:nr|no), festnetz, festnetznummer, fixnetz, rufnummer, ruf ?nr, tel ?(?:nr|num|no), telefoonnummer, ^cel$, tel(?:éfono)? (?:fijo|fixe|fixo|vast), phone, telephone, mobile, cellphone, cell phone, fax, tel, msisdn, telefon, telefonnummer, handy, handynummer, mobil, mobilnummer, téléphone, teléfono, telefono, telefone,
      celular, móvil, movil, telefoon, cellulare, телефон, 电话, 電話, 手机, 手機, 携帯, 전화, 휴대폰, puhelin, telefonnr, sdt, điện thoại, κινητό`)
  ],
  [
    "a person's address",
    phrases(`alamat(?: rumah)?, kotiosoite, bydlišt[eě], bydlisko, lakcím, ev adresi, địa chỉ, dia chi, ที่อยู่, 家庭住址, morada, adresa (?:stanovanja|domiciliu|bydliska|bydliště), домашний адрес, адрес проживания,
      (?:home|shipping|ship to|ship|billing|bill to|bill|delivery|mailing|residential|private|permanent) (?:address|street|addr)(?: line)?,
      (?:rcpt|recipient|receiver|consignee) (?:addr|address|street|city|zip|postcode)(?: \\d)?, (?:wohn|privat|heimat|liefer|rechnungs|post) ?(?:adresse|anschrift), (?:adresse|adr) (?:domicile|personnelle|postale|livraison|facturation), dirección (?:particular|envío|facturación|personal|postal),
      (?:shipping|ship|billing|bill|delivery|mailing) (?:to )?(?:zip|zip code|postal code|postcode), residenza, residencia, résidence, gatuadress, hemadress, postadress, bostadsadress, bostad, wohnort, anschrift, lieferadresse, rechnungsadresse, domicilio, endereço, endereco, woonadres`)
  ],
  [
    "a device or address of somebody",
    phrases(
      `ip, ipv4, ipv6, ip address, (?:remote|client) addr, ^ua$, huella(?: dactilar)?, fingerabdruck, empreinte digitale, impronta digitale, biometric, mac address, imei, imsi, device (?:id|name), advertising id, idfa, user agent, useragent, fingerprint`
    )
  ],
  ["a picture of somebody", phrases(`photo, picture, portrait, avatar, selfie, signature, unterschrift`)],
  ["where somebody is", phrases(`geolocation, geo, gps, coordinate, lat, lng, lon, latitude, longitude`)],
  [
    "a person's account elsewhere",
    phrases(`twitter, facebook, instagram, linkedin, skype, telegram, whatsapp, wechat`)
  ],
  [
    "what is written about somebody",
    phrases(
      `^obs$, lebenslauf, ^cv$, cv text, curriculum, resume text, note, remark, memo, biography, bio, about me, comment, notiz, bemerkung, remarque, observación, observacion, observacao,
      commentaire, kommentar, anmerkung, comentario, comentário, commento, opmerking, uwagi, poznámka, примечание, комментарий, 備考, 备注, 비고`
    )
  ],
  [
    "somebody's name",
    phrases(
      `^ime$, vardas?, vārds?, emri, ^nume$, ^név$, ^nev$, ^nama$, ^im[e'’]?я$, ^ім['’]?я$, ^име$, ชื่อ, नाम, ^نام$, ^שם$, ^contact$, ^owner$, ^handle$, ^adı$, ^adi$, isim, اسم, όνομα, nom, nombre, nome, naam, namn, navn, nimi, 名前, 名字, 이름`
    )
  ],
  [
    "part of a person's address",
    phrases(`^ulice$, ^město$, ^mesto$, ^adresa$, ^grad$, ^utca$, ^város$, ^पता$, ^पत्ता$, logradouro, bairro, colonia, barrio, cep, quartier, quartiere, huis ?(?:nr|no|nummer), str(?:asse)? (?:hausnr|haus nr|nr), strassennr, cp, cp (?:ville|localidad|població?n), c[oó]d(?:igo)? post(?:al)?, postcode(?: (?:woon|post))?, población, localidad, municipio, domicile, commune résidence,
      straße, strasse, straßenname, hausnummer, hausnr, plz, postleitzahl, ort, stadt, adresse, rue, ville, code postal, calle, ciudad, código postal, codigo postal, dirección,
      direccion, rua, cidade, indirizzo, città, citta, ulica, kod pocztowy, miasto, straat, woonplaats, adres, adress, osoite, адрес, улица, город, 住所, 地址, 주소`)
  ],
  // Text columns that name a person. A foreign key to a table of people is not matched here: it is an integer or uuid.
  [
    "a person's name",
    phrases(`(?:created|updated|modified|changed|entered|approved|reviewed|assigned|signed|sent|written|edited|inserted|deleted|requested|reported) (?:by|to),
      (?:employee|manager|teacher|student|patient|doctor|physician|nurse|cashier|clerk|instructor|tutor|lecturer|supervisor|assignee|reviewer|approver|requester|
      beneficiary|passenger|guest|buyer|payer|recipient|sender|signatory|landlord|spouse|salesperson|sales person|sales rep|account manager)(?! source| plan)`)
  ]
]

/** Kinds that things have as well (a photo, a position): they count only if the table is about people. */
const ONLY_OF_PEOPLE = new Set<Sensitivity>([
  "somebody's name",
  "part of a person's address",
  "gender",
  "an origin, belief or health",
  "a picture of somebody",
  "where somebody is",
  "a person's account elsewhere",
  "what is written about somebody"
])

/** Kinds whose values may be numbers. A numeric column with a name of another kind (`email_count`) is not sensitive. */
const OF_NUMBERS = new Set<Sensitivity>([
  BIRTH,
  "gender",
  "a document or tax number of a person",
  "a bank account or card",
  "a phone number",
  "where somebody is"
])

/** What `sensitiveByName` reads of a column. */
export interface NamedColumn {
  readonly name: string
  /** The name in words, abbreviations spelled out; "" if unknown. */
  readonly label: string
  /** A `TypeClass` of the catalog. */
  readonly typeClass: string
  /** As `format_type` prints it. The name of a domain is searched as well. */
  readonly type: string
}

/** What `sensitiveByName` reads of the column's table. */
export interface NamedTable {
  readonly name: string
  /** Whether its rows are people. */
  readonly aboutPeople: boolean
}

/** Words that end or begin many others, so that folded names are not cut there. */
const NOT_CUT = new Set([
  ..."ort rue nom nome rua inn rib cnp num ime nume nev név nama nik ktp oib cpr rfc rod nar utca grad mesto vards sandi geslo".split(
    " "
  )
])

const KNOWN = new Set([
  ...LEXICON,
  ...[SECRETS, ...PERSONAL.map(([, pattern]) => pattern)].flatMap(({ source }) =>
    (source.match(/\p{L}{3,}/gu) ?? []).filter((word) => !NOT_CUT.has(word))
  ),
  ...["api", "private", "secret", "answer", "line", "client", "public"]
])
const known = (word: string) => KNOWN.has(word) || KNOWN.has(singular(word)) || /^(?:id|ip|no|nr|to)$/.test(word)

/** The words of a name in lower case, joined by blanks: "user password" of `userPassword`, `USER_PASSWORD` and `userpassword`. */
const wordsOf = (name: string): string => {
  const all = pieces(name.normalize("NFC")).flatMap((piece) =>
    known(piece) ? [piece] : (cover(piece, known) ?? [piece])
  )
  return all.map((word) => (ABOUT.has(word) ? word : singular(word))).join(" ")
}

/** How names of yes-or-no columns begin: `has_password` says whether there is a password, and contains none. */
const YES_OR_NO = /^(?:is|has|can|was|should|allow|allows|require|requires) /

/** Whether a pattern matches a name that does not end in a word of `about`: true for `user password`, false for `password attempts`. */
const isSaid = (pattern: RegExp, words: string, about: ReadonlySet<string> = ABOUT): boolean => {
  if (YES_OR_NO.test(words)) return false
  for (const match of words.matchAll(pattern)) {
    const rest = words.slice(match.index + match[0].length).trim()
    const last = rest.split(" ").at(-1) ?? ""
    if (rest === "" || ENDS_WITH_ABOUT.test(words) || !about.has(last)) return true
  }
  return false
}

/**
 * The kind of sensitive value that a column's name or type names, together with its table's name where it has none of its own (`value`);
 * undefined if neither names one. `isKey` is whether it alone is the table's primary key.
 */
export const sensitiveByName = (column: NamedColumn, table: NamedTable, isKey = false): Sensitivity | undefined => {
  const { typeClass } = column
  if (typeClass === "boolean") return undefined
  const own = wordsOf(column.name)
  const said = [column.label.toLowerCase(), own, ...ownType(column)]
  const withTable = CONTENTS.has(own) ? [...said, `${wordsOf(table.name)} ${own}`] : said
  const isIn = (names: ReadonlyArray<string>, pattern: RegExp, about?: ReadonlySet<string>) =>
    names.some((words) => isSaid(pattern, words, about))
  const isNumber = typeClass === "integer" || typeClass === "number"
  if (isNumber ? isIn(withTable, NUMERIC_SECRETS) : typeClass !== "time" && isIn(withTable, SECRETS)) return SECRET
  if (table.aboutPeople && typeClass === "text" && !isKey && isIn(said, SECRETS_OF_PEOPLE)) return SECRET
  const fits = (what: Sensitivity) =>
    (typeClass !== "time" || what === BIRTH) &&
    (!isNumber || OF_NUMBERS.has(what)) &&
    (table.aboutPeople || !ONLY_OF_PEOPLE.has(what))
  return PERSONAL.find(
    ([what, pattern]) => fits(what) && isIn(said, pattern, what === BIRTH ? ABOUT_BIRTH : ABOUT)
  )?.[0]
}

/** How names of columns end that hold what another column of the row names: `option_value`, `old_value`, `data`. */
const SETTINGS = new Set(
  (
    "value val v data content text string default setting config parameter param raw old new before after previous current " +
    "wert inhalt valor contenido valeur contenu valore contenuto waarde inhoud wartość wartosc значение значення 值 値"
  ).split(" ")
)

/** Whether a column holds values of all kinds, by its name. */
export const holdsSetting = (name: string): boolean => SETTINGS.has(wordsOf(name).split(" ").at(-1) ?? "")

/** Longest name of a setting, in characters: what is longer is a text that speaks of something. */
const SETTING_LENGTH = 80

/** What a value names, as a column of that name would hold it: a secret of "smtp_password" and "payment.apiKey", a phone number of "phone". */
export const namedByValue = (value: string): Sensitivity | undefined =>
  value.length > SETTING_LENGTH
    ? undefined
    : sensitiveByName({ name: value, label: "", typeClass: "text", type: "text" }, { name: "", aboutPeople: false })

/** The words of a user-defined type; network addresses count as "ip address". */
const ownType = ({ type }: NamedColumn): ReadonlyArray<string> =>
  /^(?:macaddr8?|inet|cidr)$/.test(type)
    ? ["ip address"]
    : type.includes(".") && !type.startsWith("pg_catalog.")
      ? [wordsOf(type.slice(type.lastIndexOf(".") + 1).replace(/"|\[\]$|(?:_t|_type|_domain|_dom)"?$/gi, ""))]
      : []
