import type { ReportColumn, ReportRelationship } from "../Report.ts"

export { counted, figure, keyOrigin, list, percent, plurals } from "../../ontology/Text.ts"
export { rowsText } from "../layout/Labels.ts"

/** How sure an inferred relationship is: it is never certain. */
export const sure = ({ confidence }: Pick<ReportRelationship, "confidence">): string =>
  confidence >= 0.995 ? "> 99 %" : confidence < 0.01 ? "< 1 %" : `${Math.round(confidence * 100)} %`

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

/** The end of a range as people read it: a day of a date or time, a number with commas. */
export const bound = (value: string, { type }: Pick<ReportColumn, "type">): string => {
  const day = /^(\d{4,})-(\d\d)-(\d\d)/.exec(value)
  if (/^(?:date|timestamp)/.test(type) && day !== null)
    return `${Number(day[3])} ${MONTHS[Number(day[2]) - 1]} ${day[1]}`
  const number = /^(-?)(\d+)((?:\.\d*?[1-9])?)(?:\.?0*)$/.exec(value)
  if (number === null) return value
  return `${number[1] === "-" ? "−" : ""}${(number[2] ?? "").replace(/\B(?=(\d{3})+$)/g, ",")}${number[3] ?? ""}`
}

/** What a column holds, where nobody has written it down. */
export const meaning = ({ semanticType, unit }: ReportColumn): string => {
  const what = MEANINGS[semanticType]
  return unit === undefined ? what : `${what}, in ${unit}`
}

const MEANINGS: Readonly<Record<ReportColumn["semanticType"], string>> = {
  identifier: "Identifier",
  name: "Name",
  email: "E-mail address",
  phone: "Phone number",
  url: "Address on the web",
  ip_address: "IP address",
  address: "Postal address or a line of one",
  postal_code: "Postal code",
  city: "City",
  region: "Region",
  country: "Country",
  latitude: "Latitude",
  longitude: "Longitude",
  language: "Language",
  currency: "Currency",
  money: "Amount of money",
  quantity: "Quantity",
  percentage: "Percentage",
  duration: "Duration",
  number: "Number",
  ordinal: "Place in an order",
  date: "Date",
  timestamp: "Point in time",
  time: "Time of day",
  year: "Year",
  status: "Status",
  category: "Category",
  code: "Code",
  flag: "Yes or no",
  text: "Text",
  json: "JSON document",
  binary: "Bytes",
  other: "Other"
}
