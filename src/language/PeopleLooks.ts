import { GIVEN_NAMES } from "./GivenNames.ts"
import type { Sensitivity } from "./SensitiveNames.ts"
import { wordSet } from "./wordSet.ts"

/**
 * How the values of a column about people look, whatever it is called: names, numbers of identity with their check digits or days of
 * birth, telephone numbers, addresses.
 *
 * @module
 */

/** Fewer different values than this look like anything by chance. */
const FEWEST = 3

/** Share of the values, from 0 to 1, that a format must have: real data contain typing errors. */
const NEARLY_ALL = 0.9

const share = (values: ReadonlyArray<string>, is: (value: string) => boolean): number =>
  values.filter(is).length / values.length

/** Why values are sensitive, by what all of them together look like; undefined where they look like nothing of people. */
export const peopleLook = (all: ReadonlyArray<string>): Sensitivity | undefined => {
  const values = [...new Set(all)]
  if (values.length < FEWEST) return undefined
  if (areNames(values)) return "a person's name"
  if (areNumbersOfPeople(values)) return "a document or tax number of a person"
  if (arePhones(values)) return "a phone number"
  return areAddresses(values) ? "a person's address" : undefined
}

/** One to five words of letters, with the signs that names have. */
const NAME = /^\p{L}[\p{L}\p{M}'’.-]*(?:,? \p{L}[\p{L}\p{M}'’.-]*){0,4}$/u
const HAN_NAME =
  /^[王李张張刘劉陈陳杨楊赵趙黄黃周吴吳徐孙孫胡朱高林何郭马馬罗羅梁宋郑鄭谢謝韩韓唐冯馮于董萧蕭程曹袁邓鄧许許傅沈曾彭吕呂苏蘇卢盧蒋蔣蔡贾賈丁魏薛叶葉阎余潘杜戴夏钟鐘汪田任姜范方石姚谭譚廖邹鄒熊金陆陸郝孔白崔康毛邱秦江史顾顧侯邵孟龙龍万萬段雷钱錢汤湯尹黎易常武乔喬贺賀赖賴龚龔文]\p{Script=Han}{1,2}$/u
const JAPANESE_NAME =
  /^(?:佐藤|鈴木|高橋|田中|伊藤|渡辺|山本|中村|小林|加藤|吉田|山田|佐々木|山口|松本|井上|木村|林|斎藤|清水|山崎|森|池田|橋本|阿部|石川|山下|中島|石井|小川|前田|岡田|長谷川|藤田|後藤|近藤)[ 　]?[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]{1,4}$/u
const KOREAN_NAME =
  /^[김이박최정강조윤장임한오서신권황안송전홍유고문양손배백허남심노하곽성차주우구민류나진지엄채원천방공현함변염여추도소석선설마길연위표명기반라왕금옥육인맹제모탁국어은편용]\p{Script=Hangul}{2}$/u

/** Endings of family names: of sons and daughters, of places. */
const FAMILY =
  /(?:(?:[^s]s|ss)(?:son|sen)|(?:sd|nd)óttir|[cw][sz]?k[iy]|sk[iy]|(?:sk|ck|dzk)á|owicz|ewicz|czyk|enko|chuk|[^aeiou]ov|[^aeiou]ova|[^aeiou]ová|[^aeiou]ev|[^aeiou]eva|vić|nić|jić|šić|čić|rić|lić|kić|ević|ović|escu|eanu|oğlu|dze|shvili|yan|opoulos|ópoulos|idis|akis|[^aeiou]inen|auskas|evičius|avičius|kus|aitis|aitė|ienė|iūtė|[lrn]ez|mann|bauer|meyer|meier|ов|ова|ев|ева|ский|ская|енко|чук|ович|евич|ян|дзе|швили|όπουλος|οπούλου|ίδης|άκης|ίου|έλλης)$/u
/** Family names that many people have and that no ending shows. */
const FAMILIES = wordSet(`
  smith jones taylor brown williams wilson davies evans walker wright robinson thompson white hughes edwards green hall wood harris clarke lewis
  jackson turner hill moore johnson miller davis anderson thomas martin clark allen young king scott baker adams nelson carter mitchell campbell
  garcía rodríguez gonzález hernández lópez martínez pérez sánchez ramírez torres flores rivera gómez díaz reyes cruz morales ortiz ruiz romero
  silva santos oliveira souza sousa pereira costa ferreira almeida carvalho ribeiro rodrigues fernandes gonçalves
  müller schmidt schneider fischer weber wagner becker schulz koch richter klein wolf schröder neumann braun zimmermann krüger hofmann lange
  dubois durand leroy moreau laurent lefebvre michel bertrand roux fournier girard bonnet mercier
  rossi russo ferrari esposito bianchi romano ricci marino greco gallo conti giordano
  nowak kowalczyk wójcik mazur krawczyk novák dvořák černý procházka horvat horvath kovács kovač nagy tóth szabó varga kiss molnár németh farkas
  popa popescu stan radu nguyen tran le pham huynh hoang kim lee park choi wang li zhang liu chen yang khan singh kumar sharma patel gupta ali ahmed
  yılmaz kaya demir çelik şahin korhonen virtanen nieminen hansen johansen olsen larsen jensen nielsen andersen kruger botha
`)

const words = (value: string): ReadonlyArray<string> =>
  value
    .toLowerCase()
    .split(/[\s,.-]+/)
    .filter((word) => word.length > 1)

const hasGiven = (value: string): boolean => words(value).some((word) => GIVEN_NAMES.has(word))
const isFamily = (value: string): boolean => {
  const last = value.toLowerCase()
  return FAMILIES.has(last) || (last.length > 4 && FAMILY.test(last))
}

/** Shares of the values, from 0 to 1, with a known given name: of full names, and of single words, which are other things more often. */
const GIVEN_OF_FULL = 0.4
const GIVEN_ALONE = 0.6
/** The same of family names alone; not fewer than so many. */
const FAMILY_ALONE = 0.6
const FEWEST_FAMILIES = 4
/** Share of the values, from 0 to 1, that must begin with a family name in scripts without spaces. */
const SPACELESS = 0.8
/** Share of the values that must be of more than one word in a column of full names. */
const FULL = 0.6

const areNames = (values: ReadonlyArray<string>): boolean => {
  const spaceless = [HAN_NAME, JAPANESE_NAME, KOREAN_NAME].some(
    (form) => share(values, (value) => form.test(value)) >= SPACELESS
  )
  if (spaceless) return true
  if (share(values, (value) => NAME.test(value)) < NEARLY_ALL) return false
  const given = share(values, hasGiven)
  if (share(values, (value) => /[\s,]/.test(value)) >= FULL) return given >= GIVEN_OF_FULL
  if (given >= GIVEN_ALONE) return true
  return values.length >= FEWEST_FAMILIES && share(values, isFamily) >= FAMILY_ALONE
}

/** The digits of a number, each as a number. */
const digitsOf = (value: string): ReadonlyArray<number> => [...value.replace(/\D/g, "")].map(Number)
const weighted = (digits: ReadonlyArray<number>, weights: ReadonlyArray<number>): number =>
  weights.reduce((sum, weight, i) => sum + weight * (digits[i] ?? 0), 0)

/** Numbers of people with check digits, each as its country's law has it. */
const CHECKED: ReadonlyArray<readonly [form: RegExp, isRight: (digits: ReadonlyArray<number>) => boolean]> = [
  // Brazil, CPF.
  [
    /^\d{11}$/,
    (d) =>
      ((weighted(d, [10, 9, 8, 7, 6, 5, 4, 3, 2]) * 10) % 11) % 10 === d[9] &&
      ((weighted(d, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) * 10) % 11) % 10 === d[10]
  ],
  // Turkey, T.C. kimlik no.
  [
    /^[1-9]\d{10}$/,
    (d) =>
      ((weighted(d, [7, -1, 7, -1, 7, -1, 7, -1, 7]) % 10) + 10) % 10 === d[9] &&
      d.slice(0, 10).reduce((a, b) => a + b, 0) % 10 === d[10]
  ],
  // Croatia, OIB, and Germany, Steuer-ID: ISO 7064, mod 11,10.
  [
    /^\d{11}$/,
    (d) => {
      const rest = d.slice(0, 10).reduce((left, digit) => (((left + digit) % 10 || 10) * 2) % 11, 10)
      return (11 - rest) % 10 === d[10]
    }
  ],
  // Netherlands, BSN.
  [/^\d{9}$/, (d) => weighted(d, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0],
  // Greece, ΑΦΜ.
  [/^\d{9}$/, (d) => (weighted(d, [256, 128, 64, 32, 16, 8, 4, 2]) % 11) % 10 === d[8]],
  // Portugal, NIF.
  [/^[1-3]\d{8}$/, (d) => weighted(d, [9, 8, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0],
  // Hungary, TAJ.
  [/^\d{3}[ -]?\d{3}[ -]?\d{3}$/, (d) => weighted(d, [3, 7, 3, 7, 3, 7, 3, 7]) % 10 === d[8]],
  // United Kingdom, NHS number.
  [/^\d{3}[ -]?\d{3}[ -]?\d{4}$/, (d) => (11 - (weighted(d, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 11 === d[9]],
  // Israel, Teudat Zehut; Canada, SIN: Luhn on nine digits.
  [
    /^\d{3}[ -]?\d{3}[ -]?\d{3}$/,
    (d) =>
      d.reduce((sum, digit, i) => sum + (i % 2 === 0 ? digit : digit > 4 ? 2 * digit - 9 : 2 * digit), 0) % 10 === 0
  ]
]

/** Letters at the end of Spanish numbers, by the rest of the division by 23. */
const DNI = "TRWAGMYFPDXBNJZSQVHLCKE"

/** Forms that only numbers of people have: Italy, Mexico, United Kingdom, India, Switzerland, Finland, and Spain with its letter. */
const FORMS: ReadonlyArray<(value: string) => boolean> = [
  (value) => /^[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]$/i.test(value),
  (value) => /^[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z\d]\d$/.test(value),
  (value) => /^[A-CEGHJ-PR-TW-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]$/.test(value),
  (value) => /^[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]$/.test(value),
  (value) => /^756\.\d{4}\.\d{4}\.\d{2}$/.test(value),
  (value) => /^\d{6}[-+A]\d{3}[\dA-FHJ-NPR-Y]$/.test(value) && isDay(value.slice(0, 2), value.slice(2, 4)),
  (value) => {
    const [, number = "", letter = ""] = /^(?:[XYZ]?)(\d{7,8})-?([A-Z])$/.exec(value) ?? []
    return number.length === 8 && DNI[Number(number) % 23] === letter
  }
]

const isDay = (day: string, month: string): boolean =>
  Number(day) >= 1 && Number(day) <= 31 && Number(month) >= 1 && Number(month) <= 12

/** Where numbers of people have the day of birth in them: the lengths, and what they say at each place. */
const DATED: ReadonlyArray<readonly [form: RegExp, order: "ymd" | "dmy" | "ym"]> = [
  // Sweden, Czechia, Slovakia, Bulgaria, Belgium, Poland, South Africa, Korea.
  [/^(?<y>\d\d)(?<m>\d\d)(?<d>\d\d)[-+/]?\d{3,5}$/, "ymd"],
  [/^(?<y>\d\d)(?<m>\d\d)(?<d>\d\d)-?\d{7}$/, "ymd"],
  [/^(?:19|20)(?<y>\d\d)(?<m>\d\d)(?<d>\d\d)[-+]?\d{4}$/, "ymd"],
  // Romania, Estonia, Lithuania: behind the sex and century.
  [/^[1-8](?<y>\d\d)(?<m>\d\d)(?<d>\d\d)(?:\d{4}|\d{6})$/, "ymd"],
  // Denmark, Norway, Latvia, Iceland, and what was Yugoslavia.
  [/^(?<d>\d\d)(?<m>\d\d)(?<y>\d\d)[- ]?\d{4,5}$/, "dmy"],
  [/^(?<d>\d\d)(?<m>\d\d)[09](?<y>\d\d)\d{6}$/, "dmy"],
  // China and Indonesia: behind the place.
  [/^\d{6}(?:19|20)(?<y>\d\d)(?<m>\d\d)(?<d>\d\d)\d{3}[\dX]$/, "ymd"],
  [/^\d{6}(?<d>\d\d)(?<m>\d\d)(?<y>\d\d)\d{4}$/, "dmy"],
  // France: sex, year, month, place.
  [/^[12] ?(?<y>\d\d) ?(?<m>\d\d) ?\d[\dAB] ?\d{3} ?\d{3}(?: ?\d\d)?$/, "ym"]
]
/** In how many decades the people of a table are born at least: numbers of documents, which begin with a day as well, are of a few years. */
const DECADES = 3

const areDated = (values: ReadonlyArray<string>): boolean =>
  DATED.some(([form]) => {
    const years: Array<string> = []
    for (const value of values) {
      const { d = "01", m = "", y = "" } = form.exec(value)?.groups ?? {}
      // Women have 40 or 50 more in some countries, who was born after 1999 has 20 in others.
      const [day, month] = [
        Number(d) > 40 ? Number(d) - 40 : Number(d),
        Number(m) % 20 > 12 ? Number(m) % 50 : Number(m) % 20
      ]
      if (y !== "" && isDay(String(day), String(month))) years.push(y)
    }
    return years.length >= NEARLY_ALL * values.length && new Set(years.map((year) => year[0])).size >= DECADES
  })

const areNumbersOfPeople = (values: ReadonlyArray<string>): boolean =>
  FORMS.some((is) => share(values, is) >= NEARLY_ALL) ||
  CHECKED.some(
    ([form, isRight]) => share(values, (value) => form.test(value) && isRight(digitsOf(value))) >= NEARLY_ALL
  ) ||
  areDated(values)

/** Groups of digits as people write telephone numbers, and mobile numbers without groups: eight to twelve digits. */
const GROUPS = /^\(?\d{2,4}\)?(?:[ ]\d{2,4}){2,4}$/
const LOCAL = /^0\d{2,3}[-/ ]?\d{3}[- ]?\d{3,5}$/
const HYPHENED = /^0\d(?:-\d{2,4}){2,3}$/
const CHINESE_MOBILE = /^1[3-9]\d{9}$/

const arePhones = (values: ReadonlyArray<string>): boolean => {
  const isOfLength = (value: string) => {
    const { length } = digitsOf(value)
    return length >= 8 && length <= 12
  }
  const isForm = (form: RegExp) => share(values, (value) => form.test(value) && isOfLength(value)) >= NEARLY_ALL
  // Whole thousands are written in groups as well.
  const isGrouped = isForm(GROUPS) && share(values, (value) => value.endsWith("000")) < ROUND
  // What counts up has the same beginning.
  const beginnings = new Set(values.map((value) => value.replace(/\D/g, "").slice(0, BEGINNING)))
  return (isGrouped || [LOCAL, HYPHENED, CHINESE_MOBILE].some(isForm)) && beginnings.size > values.length / 2
}
/** Share of numbers that end in zeros from which they are amounts. */
const ROUND = 0.2
/** First digits in which telephone numbers differ. */
const BEGINNING = 5

/** A name and a number, or a number and a name: a house in its street. */
const HOUSE =
  /^(?=.*\p{L}{3})(?:\p{L}[\p{L}\p{M} .,'’-]* (?:nr?\.? ?|no\.? ?)?\d{1,4} ?[a-z]?(?:[ /-]\d{1,4} ?[a-z]?)?(?:[.,](?:.{0,30})?| .{0,15})?|\d{1,5}[a-h]?,? \p{L}[\p{L}\p{M} .'’-]{4,})$/iu

/** Share of the values, from 0 to 1, that must look so: and share of their names that must differ, unlike those of numbered things. */
const HOUSES = 0.75
const DIFFERENT = 0.6

const areAddresses = (values: ReadonlyArray<string>): boolean => {
  const houses = values.filter((value) => HOUSE.test(value))
  if (houses.length < HOUSES * values.length) return false
  const names = new Set(houses.map((value) => value.replace(/[\d/].*$/u, "").trim() || value.replace(/\d/g, "").trim()))
  return names.size >= DIFFERENT * houses.length
}
