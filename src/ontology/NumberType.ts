import { singular } from "../language/Words.ts"
import { withoutAccents } from "../language/withoutAccents.ts"
import { wordSet } from "../language/wordSet.ts"
import type { SubjectColumn } from "./Discovered.ts"
import { says, within } from "./Said.ts"
import type { SemanticType } from "./Ontology.ts"

/** What a word of a name says about a column of numbers. */
export type NumberClass =
  | "money"
  /** Money only if the type has cents, or the table is about money. */
  | "amount"
  | "percentage"
  /** So much of one thing per another: a percentage, a price or a plain number, depending on what. */
  | "rate"
  | "rating"
  | "duration"
  | "quantity"
  | "ordinal"
  | "category"
  | "status"
  | "code"
  /** Bits that each say something: no number at all. */
  | "mask"
  | "calendar"
  /** A size, which is averaged. */
  | "size"
  /** A size of which parts make a whole. */
  | "extent"

const CLASSES: ReadonlyArray<readonly [NumberClass, ReadonlySet<string>]> = [
  [
    "money",
    wordSet(`price cost salary wage fee payment revenue balance freight budget income tax fare premium msrp gnp gdp subtotal charge credit debit
      principal interest turnover profit expense deposit refund bonus commission rent surcharge earnings proceeds copay copayment deductible spend payout
      umsatz miete beitrag preis kosten gebühr gebuehr gehalt lohn betrag saldo netto brutto mwst steuer prix montant coût salaire precio importe coste prezzo importo preço custo valor flete frete recargo iva tva sueldo descuento desconto fracht zuschlag honorar frais taxe cotisation loyer alquiler aluguel canone huur`)
  ],
  ["amount", wordSet("amount amt total paid value due discount rebate wert")],
  [
    "percentage",
    wordSet(
      "percent percentage pct prozent prozentsatz pourcentage porcentaje porcentagem percentuale ratio share proportion probability chance apr apy occupancy humidity"
    )
  ],
  ["rate", wordSet("rate satz taux tasa taxa alíquota aliquota tarief")],
  ["rating", wordSet("rating bewertung score grade star point index level credits quality severity")],
  [
    "duration",
    wordSet(
      "duration seconds secs minutes mins milliseconds ms msec hours hrs days weeks months latency uptime downtime dauer durée duración"
    )
  ],
  [
    "quantity",
    wordSet(
      "quantity qty count stückzahl quantidade aantal antal units stock population capacity pieces attendance headcount menge anzahl bestand cantidad quantité quantità stück"
    )
  ],
  ["ordinal", wordSet("order position rank ordinal sequence sort priority sortkey sortorder")],
  [
    "category",
    wordSet(
      "type kind category class group genre gender sex mode method usage enum band bucket bin tier bracket segment zone classification flag"
    )
  ],
  ["status", wordSet("status state stage phase")],
  ["code", wordSet("code number serial version channel kanal")],
  [
    "mask",
    wordSet("mask bitmask bitmap bitfield bitset bits flags perm perms permission permissions privilege privileges")
  ],
  [
    "calendar",
    wordSet(
      "day month quarter week weekday hour minute second birthday year tag wochentag monat woche quartal jour mois día mes"
    )
  ],
  [
    "size",
    wordSet(
      "weight gewicht height length width depth temperature speed altitude elevation distance power age ph voltage pressure"
    )
  ],
  ["extent", wordSet("area surface volume kwh mwh")]
]

const BY_WORD: ReadonlyMap<string, NumberClass> = new Map(
  CLASSES.flatMap(([what, words]) =>
    [...words].flatMap((word) => [word, ...withoutAccents(word)].map((spelled) => [spelled, what] as const))
  )
)

/** Words after which something else is named: "units in stock", "price per unit", "fee on day". */
const PREPOSITIONS = wordSet("in on of per for at by to from with as after before until within or and past since")

/** The words of a name up to the first preposition, where its head is: "price" of "price per unit". */
export const headOf = (said: ReadonlyArray<string>): ReadonlyArray<string> => {
  const end = said.findIndex((word, i) => i > 0 && PREPOSITIONS.has(word))
  return (end < 0 ? said : said.slice(0, end)).filter((word) => !/^\d+$/.test(word))
}

/** A "number" or "count" in front of what is counted: "number of children", "count teams", "num refills"; of decimals only of a plural. */
const isCounted = ({ said: [first = "", ...rest], typeClass }: SubjectColumn): boolean => {
  if ((first !== "number" && first !== "count") || rest.length === 0) return false
  const last = rest.at(-1) ?? ""
  return typeClass === "integer" || (typeClass === "number" && singular(last) !== last)
}

/**
 * What the name of a column of numbers says: the last word that says something, as in "credit score", "fee type" and "quantity ordered".
 * Undefined where none does.
 */
export const numberClass = (column: SubjectColumn): NumberClass | undefined => {
  const { said, typeClass } = column
  if (isCounted(column)) return "quantity"
  const head = headOf(said)
  // "Days in month" is of a calendar, not a time that something took.
  if (head.length === 1 && classOf(head[0] ?? "") === "duration" && said.slice(1).some((word) => PERIODS.has(word)))
    return "calendar"
  const at = head.findLastIndex((word) => classOf(word) !== undefined)
  // "Wind speed ms" is in metres per second.
  const what = head[at] === "ms" && SPEEDS.has(head[at - 1] ?? "") ? "size" : classOf(head[at] ?? "")
  // Whole numbers of what a price or charge has: "charge time", "price decimals".
  const isOfMoney = head.slice(at + 1).some((word) => !word.endsWith("ed") && !QUALIFIERS.has(word))
  return what === "money" && typeClass === "integer" && isOfMoney ? undefined : what
}

const classOf = (word: string) => BY_WORD.get(word) ?? BY_WORD.get(singular(word)) ?? BY_WORD.get(compoundHead(word))

/** Last parts of German compounds that decide the meaning: `preis` of `einzelpreis`. */
const HEADS =
  "preis kosten betrag gebühr gebuehr gehalt umsatz steuer wert menge anzahl bestand gewicht dauer satz".split(" ")

/** What a compound is a kind of: "preis" of "einzelpreis"; the word itself where it is none. */
export const compoundHead = (word: string): string =>
  HEADS.find((head) => word.length > head.length && word.endsWith(head)) ?? word

/** What is measured in a length per time. */
export const SPEEDS = wordSet("speed velocity gust wind current geschwindigkeit velocidad vitesse velocidade")

const PERIODS = wordSet("week month quarter year")

/** What may follow the name of an amount without being another thing. */
const QUALIFIERS = wordSet(`each total net gross old new current usd eur gbp chf cents per
  venta compra base neto bruto unitario vente achat unitaire ht ttc vendita acquisto netto brutto lordo venda unitário`)

/** Whether a word is one of money: "payment", "salaries". */
export const isMoneyWord = (word: string): boolean => classOf(word) === "money"

/** Whether the head of an integer's name is a plural: "goals", "refills", "bytes read". Things that there are so many of. */
const isPlural = ({ profile, said, typeClass }: SubjectColumn): boolean =>
  typeClass === "integer" &&
  Number(profile.minimum ?? 0) >= 0 &&
  headOf(said)
    .filter((word) => !LEFT_OVER.has(word))
    .slice(-1)
    .some((word) => word.length > 3 && singular(word) !== word && !POSITION.test(word))

/** A position behind another word: "startingpos". */
const POSITION = /.pos$/

/** What has become of things, behind their name: "refills left". */
const LEFT_OVER = wordSet("left remaining sold sent lost won made taken open done")

const AMOUNTS = wordSet("amount amt total paid due")
/** Words for so much of a thing, which may have decimals. */
export const QUANTITIES = wordSet("quantity qty menge cantidad quantité quantità quantidade")
const PERCENT_RATES = wordSet(`
  interest tax vat mwst ust steuer zins tva iva interés intérêt juros impuesto imposto btw moms growth conversion churn mortality unemployment inflation success failure error click open bounce win default occupancy
  discount commission crit hit response retention utilization survival infection vaccination`)
const MONEY_RATES = wordSet(
  "hourly daily nightly stunden tages weekly monthly rental rent room pay wage billing day night labor labour shipping"
)
/** Parts of a price: of at most 1 they are shares. */
const SHARES = wordSet("discount rebate vat tax margin interest rabatt commission")

/** Digits after the point that amounts of money are stored with. */
const CENTS = /^numeric\(\d+,[1-6]\)$/
/** The same for what may as well be a measurement. */
const FEW_CENTS = /^numeric\(\d+,[1-4]\)$/

/**
 * Unix times of the years 2000 to 2100, in seconds. A column with values in this range, or in a thousand times it (milliseconds), holds points
 * in time: they do not add up.
 */
const MOMENTS = { first: 946_684_800, last: 4_102_444_800 }

const isMoment = (column: SubjectColumn): boolean =>
  [1, 1e3, 1e6, 1e9].some((parts) => within(column, MOMENTS.first * parts, MOMENTS.last * parts))

/** Things of which an amount is so much of a substance. */
const DOSES = wordSet("dose dosage dos drug substance fluid intake dosis dosierung ration serving feed")

/** A comment that speaks of bits. */
const MASK = /\bbit(?:[ -]?(?:mask|field|map|set)|wise)/i

/** What the numbers of a column are by its name, its type and their range; `inMoneyTable` is whether its table is about money. */
export const numberMeaning = (column: SubjectColumn, type: string, inMoneyTable: boolean): SemanticType => {
  const isDose = says(column, DOSES)
  const isInteger = column.typeClass === "integer"
  const what = isInteger && MASK.test(column.comment ?? "") ? "mask" : numberClass(column)
  if (type === "money") return "money"
  const isShare = !isInteger && says(column, SHARES) && within(column, 0, 1) && Number(column.profile.maximum) > 0
  switch (what) {
    case "money":
      return isShare ? "percentage" : "money"
    case "amount": {
      if (isShare) return "percentage"
      if (isDose) return "number"
      const cents = says(column, wordSet("amount total paid")) ? CENTS : FEW_CENTS
      // "Total due", "amount paid", "total in cents".
      const isSaid = column.said.filter((word) => AMOUNTS.has(word)).length > 1 || says(column, wordSet("cents"))
      return inMoneyTable || isSaid || cents.test(type) ? "money" : "number"
    }
    case "rate":
      if (says(column, PERCENT_RATES)) return "percentage"
      return !isInteger && says(column, MONEY_RATES) ? "money" : "number"
    case "percentage":
      return what
    case "duration":
      return isInteger && isMoment(column) ? "number" : what
    case "quantity":
      return isInteger
        ? "quantity"
        : column.typeClass === "number" &&
            (column.said.some((word) => QUANTITIES.has(compoundHead(word))) || isCounted(column))
          ? "quantity"
          : "number"
    case "ordinal":
    case "category":
    case "status":
      return isInteger ? what : "number"
    case "code":
      return "code"
    case "mask":
      return isInteger ? "code" : "number"
    case undefined:
      return column.said.at(-1) === "cents" ? "money" : isPlural(column) && !isMoment(column) ? "quantity" : "number"
    default:
      return "number"
  }
}
