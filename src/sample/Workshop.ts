import { date, days, FIRST_DAY, hours, ifKnown, LAST_DAY, startOfDay, timestamp } from "./Calendar.ts"
import type { Dice } from "./Dice.ts"
import type { Fleet } from "./Fleet.ts"
import type { Payable } from "./Payments.ts"
import { customerAt, employeeAt, type People } from "./People.ts"
import { COMPLAINTS, DEFECTS, PART_MAKES, PARTS } from "./Words.ts"

const PART_COUNT = 260
/** Part numbers run on over all kinds. */
const FIRST_PART = 1_004
const ORDERS = 4_600
const FIRST_ORDER = 5_000
/** Service orders that are about a bike of the fleet; the others are customers'. */
const SHARE_OF_FLEET = 0.3
/** An hour of a mechanic's. */
const LABOUR_PER_HOUR = 62

/** A part on the shelf. */
export interface Part {
  readonly part_no: string
  readonly unit_price: number
}

const cents = (amount: number): number => Math.round(amount * 100) / 100

/** Parts, which models they fit, service orders with their lines, and warranty claims; and what is to be paid for the orders. */
export const makeWorkshop = (dice: Dice, people: People, fleet: Fleet) => {
  const parts = Array.from({ length: PART_COUNT }, (_, index) => {
    const { kind, names, prefix, price } = dice.pick(PARTS)
    const discontinued = dice.chance(0.07)
    return {
      part_no: `${prefix}-${FIRST_PART + index * 3}`,
      name: `${dice.favourite(PART_MAKES)} ${dice.pick(names)}`,
      kind,
      supplier_id: dice.favourite(people.suppliers).supplier_id,
      unit_price: cents(Math.max(2, Math.round(dice.about(price, price / 3))) - 0.05),
      on_hand: discontinued ? 0 : dice.int(0, 60),
      discontinued
    }
  })
  const modelParts = fleet.models.flatMap(({ model_id }) =>
    parts.filter(() => dice.chance(0.055)).map(({ part_no }) => ({ model_id, part_no }))
  )

  const received = Array.from({ length: ORDERS }, () =>
    startOfDay(FIRST_DAY + days(dice.int(0, (LAST_DAY - FIRST_DAY) / days(1) - 1)))
  ).sort((a, b) => a - b)
  const payable: Array<Payable> = []
  const lines: Array<object> = []
  const claims: Array<object> = []
  const orders: Array<object> = []
  for (const day of received) {
    const svc_order_id = FIRST_ORDER + orders.length
    const at = day + hours(dice.int(32, 70) / 4)
    const shop = dice.favourite(people.shops).shop_id
    const bike = dice.chance(SHARE_OF_FLEET)
      ? dice.pick(fleet.bikes.filter((one) => one.from < at && one.until > at))
      : null
    const customer = bike === null ? customerAt(dice, people, at) : null
    const finished = dice.chance(0.03) ? null : ifKnown(startOfDay(at) + days(dice.int(1, 9)) + hours(dice.int(9, 17)))
    const labour = 10 + 5 * Math.floor(Math.abs(dice.about(4, 8)))
    let total = (labour / 60) * LABOUR_PER_HOUR
    const count = Number(dice.weighted({ 0: 12, 1: 40, 2: 28, 3: 14, 5: 6 }))
    for (let line_no = 1; line_no <= count; line_no++) {
      const part = dice.favourite(parts)
      const qty = Number(dice.weighted({ 1: 80, 2: 18, 4: 2 }))
      lines.push({ svc_order_id, line_no, part_no: part.part_no, qty, unit_price: part.unit_price })
      total += qty * part.unit_price
      const filed = finished === null || customer === null ? null : ifKnown(finished + days(dice.int(5, 120)))
      if (filed === null || !dice.chance(0.05)) continue
      const status = dice.weighted({ accepted: 6, rejected: 3, open: 1 })
      claims.push({
        claim_no: `WC-${new Date(filed).getUTCFullYear()}-${String(claims.length + 17).padStart(4, "0")}`,
        svc_order_id,
        line_no,
        filed_on: date(filed),
        reason: dice.pick(DEFECTS),
        status,
        refund_amt: status === "accepted" ? cents(qty * part.unit_price) : null
      })
    }
    orders.push({
      svc_order_id,
      shop_id: shop,
      customer_id: customer?.id ?? null,
      bike_id: bike?.id ?? null,
      mechanic_id: employeeAt(dice, people, shop, at, true),
      received_at: timestamp(at),
      promised_on: date(at + days(dice.int(2, 7))),
      finished_at: finished === null ? null : timestamp(finished),
      status:
        finished === null ? dice.pick(["waiting for parts", "in work"]) : dice.chance(0.97) ? "done" : "not worth it",
      complaint: dice.chance(0.9) ? dice.favourite(COMPLAINTS) : null,
      labour_min: finished === null ? null : labour,
      total_amt: finished === null ? null : cents(total)
    })
    if (finished !== null && customer !== null)
      payable.push({ type: "svc_order", id: svc_order_id, amount: cents(total), from: finished })
  }
  return { parts, modelParts, orders, lines, claims, payable }
}
