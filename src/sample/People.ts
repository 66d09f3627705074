import { date, days, FIRST_DAY, hours, LAST_DAY, type Moment, timestamp } from "./Calendar.ts"
import type { Dice } from "./Dice.ts"
import { COUNTRIES, FAMILY_NAMES, GIVEN_NAMES, PART_MAKES, SHOPS, STREETS, TOWNS } from "./Words.ts"

const CUSTOMERS = 4_200
const SUPPLIERS = 18
/** Employees per shop, the manager included. */
const STAFF = { fewest: 8, most: 13 }
/** Customer numbers went on from the card index. */
const FIRST_CUSTOMER = 10_001
/** The first shop is older than the books. */
const FIRST_SHOP_OPENED = Date.UTC(2014, 2, 15)

/** Somebody who works in a shop, while they do. */
export interface Employee {
  readonly id: number
  readonly shop: number
  readonly mechanic: boolean
  readonly from: Moment
  readonly until: Moment
}

/** A customer, since they registered. */
export interface Customer {
  readonly id: number
  readonly address: number
  /** Where they lived before, or where parcels go instead. */
  readonly otherAddress: number | null
  readonly since: Moment
  readonly row: { readonly first_name: string; readonly last_name: string; readonly email: string }
}

/** An e-mail address's local part: lower case, without accents, blanks or anything else that is not a letter or a digit. */
const mailName = (name: string): string =>
  name
    .replaceAll("ø", "o")
    .replaceAll("ß", "ss")
    .normalize("NFD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, "")

/** Addresses, shops, employees, suppliers and customers. */
export const makePeople = (dice: Dice) => {
  const addresses: Array<{ address_id: number; city: string; postal_code: string; street: string }> = []
  const address = (town = dice.favourite(TOWNS)): number => {
    const address_id = addresses.length + 1
    const row = {
      address_id,
      street: dice.pick(STREETS),
      house_no: `${dice.int(1, 140)}${dice.chance(0.12) ? dice.pick(["a", "b", "c", " hs"]) : ""}`,
      postal_code: town.postal.replaceAll("#", () => String(dice.int(0, 9))),
      city: town.city,
      country_code: town.country
    }
    addresses.push(row)
    return address_id
  }
  const phone = () => `+${dice.pick(["31", "49", "45", "32"])} ${dice.int(20, 89)} ${dice.int(1_000_000, 9_999_999)}`

  const shops = SHOPS.map((shop, index) => ({
    shop_id: index + 1,
    ...shop,
    address_id: address(TOWNS[index]),
    phone: dice.chance(0.9) ? phone() : null,
    opened_on: date(FIRST_SHOP_OPENED + days(index * 430 + dice.int(0, 90)))
  }))

  const employees: Array<Employee> = []
  const employeeRows: Array<object> = []
  const hire = (shop: number, title: string, wage: number, reportsTo: number | null): number => {
    const emp_id = employees.length + 1
    const [first_name, last_name] = [dice.pick(GIVEN_NAMES), dice.pick(FAMILY_NAMES)]
    const from = reportsTo === null ? FIRST_DAY - days(900) : FIRST_DAY + days(dice.int(-800, 600))
    const until = title === "Manager" || dice.chance(0.72) ? null : from + days(dice.int(200, 900))
    const left = until === null || until > LAST_DAY ? null : Math.max(until, FIRST_DAY + days(120))
    employees.push({ id: emp_id, shop, mechanic: title.endsWith("echanic"), from, until: left ?? LAST_DAY })
    employeeRows.push({
      emp_id,
      shop_id: shop,
      reports_to: reportsTo,
      first_name,
      last_name,
      email: `${mailName(first_name)}.${mailName(last_name)}${emp_id}@northsea-bikes.example`,
      job_title: title,
      hourly_wage: dice.about(wage, wage / 14).toFixed(2),
      hired_on: date(from),
      left_on: left === null ? null : date(left)
    })
    return emp_id
  }
  const director = hire(1, "Director", 48, null)
  for (const { shop_id } of shops) {
    const manager = hire(shop_id, "Manager", 31, director)
    const chief = hire(shop_id, "Head mechanic", 26, manager)
    for (let n = dice.int(STAFF.fewest, STAFF.most) - 2; n > 0; n--) {
      const title = dice.weighted({ Mechanic: 4, "Sales assistant": 4, "Apprentice mechanic": 1, "Student worker": 2 })
      const wage = title.startsWith("S") ? 17.5 : title === "Mechanic" ? 21 : 13
      hire(shop_id, title, wage, title.endsWith("echanic") ? chief : manager)
    }
  }

  const suppliers = Array.from({ length: SUPPLIERS }, (_, index) => {
    const name = `${PART_MAKES[index] ?? `${dice.pick(FAMILY_NAMES)} ${dice.pick(["Trading", "Parts", "& Sons"])}`} ${dice.pick(["GmbH", "B.V.", "A/S", "Ltd", "S.p.A."])}`
    return {
      supplier_id: index + 1,
      name,
      contact_email: dice.chance(0.85) ? `orders@${mailName(name)}.example` : null,
      country_code: dice.pick(COUNTRIES).country_code,
      lead_time_days: dice.chance(0.8) ? dice.int(2, 45) : null
    }
  })

  const since = Array.from({ length: CUSTOMERS }, () =>
    dice.chance(0.25) ? FIRST_DAY - hours(dice.int(1, 20_000)) : FIRST_DAY + hours(dice.int(0, 23_400))
  ).sort((a, b) => a - b)
  const customerRows: Array<object> = []
  const customers = since.map((moment, index): Customer => {
    const id = FIRST_CUSTOMER + index
    const [first_name, last_name] = [dice.favourite(GIVEN_NAMES), dice.favourite(FAMILY_NAMES)]
    const email = `${mailName(first_name)}.${mailName(last_name)}${dice.int(1, 99)}.${id % 1_000}@${dice.pick(["mail", "post", "inbox"])}.example`
    // Households share an address.
    const shared = index > 0 && dice.chance(0.08)
    const home = shared ? dice.int(shops.length + 1, addresses.length) : address()
    customerRows.push({
      customer_id: id,
      first_name,
      last_name,
      email,
      phone: dice.chance(0.62) ? phone() : null,
      birth_date: dice.chance(0.7) ? date(Date.UTC(dice.int(1948, 2004), dice.int(0, 11), dice.int(1, 28))) : null,
      address_id: home,
      referred_by: index > 50 && dice.chance(0.14) ? FIRST_CUSTOMER + dice.int(0, index - 1) : null,
      newsletter: dice.chance(0.38),
      created_at: timestamp(moment)
    })
    const otherAddress = dice.chance(0.2) ? address() : null
    return { id, address: home, otherAddress, since: moment, row: { first_name, last_name, email } }
  })

  return { addresses, shops, employees, employeeRows, suppliers, customers, customerRows }
}

/** What `makePeople` makes. */
export type People = ReturnType<typeof makePeople>

/** How many of the customers had registered by then; they are in the order in which they did. */
const registered = (customers: ReadonlyArray<Customer>, moment: Moment): number => {
  let [low, high] = [0, customers.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((customers[middle]?.since ?? moment) < moment) low = middle + 1
    else high = middle
  }
  return low
}

/** A customer who had registered by then: regulars, who came early, more often. */
export const customerAt = (dice: Dice, { customers }: People, moment: Moment): Customer =>
  dice.favourite(customers.slice(0, Math.max(1, registered(customers, moment))))

/** Who worked in a shop at that moment, and could do it; null where nobody was written down. */
export const employeeAt = (
  dice: Dice,
  { employees }: People,
  shop: number,
  moment: Moment,
  mechanic: boolean
): number | null => {
  const there = employees.filter(
    (one) => one.shop === shop && one.mechanic === mechanic && one.from < moment && one.until > moment
  )
  return there.length === 0 || dice.chance(0.03) ? null : dice.pick(there).id
}
