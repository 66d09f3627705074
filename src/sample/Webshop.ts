import { date, days, FIRST_DAY, hours, ifKnown, LAST_DAY, startOfDay, timestamp } from "./Calendar.ts"
import type { Dice } from "./Dice.ts"
import type { Payable } from "./Payments.ts"
import { customerAt, type People } from "./People.ts"
import type { Part } from "./Workshop.ts"

const ORDERS = 3_400
/** Orders of customers who had themselves deleted: their rows are gone, their orders are the accountant's. */
const DELETED_CUSTOMERS = [7_214, 8_801, 9_340, 9_977, 15_120, 15_688]
const SHARE_OF_DELETED = 0.009
const SHIPPING_FEE = 5.9
const FREE_SHIPPING_FROM = 80
const STAGED = 1_300
const IMPORTS = 840

const cents = (amount: number): number => Math.round(amount * 100) / 100

/** Web orders with their lines; the log of nightly imports, and what an import of customers left behind. */
export const makeWebshop = (dice: Dice, people: People, parts: ReadonlyArray<Part>) => {
  const hoursOpen = (LAST_DAY - FIRST_DAY) / hours(1)
  const ordered = Array.from({ length: ORDERS }, () => FIRST_DAY + hours(dice.int(0, hoursOpen * 12) / 12)).sort(
    (a, b) => a - b
  )
  const payable: Array<Payable> = []
  const lines: Array<object> = []
  const orders = ordered.map((at, index) => {
    const order_id = index + 1
    const customer = customerAt(dice, people, at)
    let total = 0
    const count = Number(dice.weighted({ 1: 48, 2: 27, 3: 15, 4: 6, 6: 4 }))
    for (let line_no = 1; line_no <= count; line_no++) {
      const part = dice.favourite(parts)
      const qty = Number(dice.weighted({ 1: 78, 2: 18, 5: 4 }))
      lines.push({ order_id, line_no, part_no: part.part_no, qty, unit_price: part.unit_price })
      total += qty * part.unit_price
    }
    const shipping_fee = total >= FREE_SHIPPING_FROM ? 0 : SHIPPING_FEE
    const cancelled = dice.chance(0.04)
    const shipped = cancelled ? null : ifKnown(at + hours(dice.int(6, 90)))
    const delivered = shipped === null || dice.chance(0.02) ? null : ifKnown(shipped + hours(dice.int(20, 120)))
    const elsewhere = customer.otherAddress !== null && dice.chance(0.5)
    if (!cancelled) payable.push({ type: "web_order", id: order_id, amount: cents(total + shipping_fee), from: at })
    return {
      order_id,
      order_no: `W${new Date(at).getUTCFullYear() % 100}-${String(order_id * 7 + 10_000)}`,
      customer_id: dice.chance(SHARE_OF_DELETED) ? dice.pick(DELETED_CUSTOMERS) : customer.id,
      bill_to_address: customer.address,
      shipped_to_address: elsewhere && customer.otherAddress !== null ? customer.otherAddress : customer.address,
      ordered_at: timestamp(at),
      shipped_at: shipped === null ? null : timestamp(shipped),
      delivered_at: delivered === null ? null : timestamp(delivered),
      status: cancelled ? "cancelled" : delivered !== null ? "delivered" : shipped !== null ? "shipped" : "open",
      shipping_fee,
      total_amt: cents(total + shipping_fee)
    }
  })

  const loaded = Date.UTC(2023, 4, 2, 3)
  const staged = Array.from({ length: STAGED }, (_, index) => {
    const { address, id, row } = people.customers[dice.int(0, people.customers.length / 2)] ?? { row: null }
    const home = people.addresses[(address ?? 1) - 1]
    return {
      batch: index < 900 ? "2023-05-02 A" : "2023-05-02 B",
      cust_no: id === undefined || dice.chance(0.1) ? `K${dice.int(400, 9_000)}` : String(id),
      full_name: row === null ? "" : `${row.last_name.toUpperCase()}, ${row.first_name}`,
      email: dice.chance(0.15) ? "" : (row?.email ?? "").toUpperCase(),
      street: home?.street ?? "",
      postal_code: home?.postal_code ?? "",
      city: dice.chance(0.05) ? "?" : (home?.city ?? ""),
      loaded_at: timestamp(loaded + hours(index < 900 ? 0 : 9))
    }
  })

  const imports = Array.from({ length: IMPORTS }, (_, index) => {
    const night = startOfDay(FIRST_DAY + days(index * 1.18)) + hours(2)
    const job = dice.weighted({ stock: 6, prices: 3, customers: 1 })
    const failed = dice.chance(0.03)
    const rows_read = failed ? dice.int(0, 40) : dice.int(120, 2_400)
    return {
      id: index + 1,
      job,
      file_name: `${job}_${date(night).replaceAll("-", "")}.csv`,
      started_at: timestamp(night),
      finished_at: failed ? null : timestamp(night + hours(dice.int(1, 30) / 60)),
      rows_read,
      rows_rejected: dice.chance(0.2) ? dice.int(0, Math.ceil(rows_read / 30)) : 0,
      message: failed ? dice.pick(["connection reset by peer", "unexpected end of file", "disk quota exceeded"]) : null
    }
  })
  return { orders, lines, staged, imports, payable }
}
