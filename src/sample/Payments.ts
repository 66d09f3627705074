import { days, hours, ifKnown, type Moment, timestamp } from "./Calendar.ts"
import type { Dice } from "./Dice.ts"

/** Payment numbers are the cash desk's. */
const FIRST_PAYMENT = 7_000_001

/** Something that somebody has to pay, from that moment on. */
export interface Payable {
  readonly type: "rental" | "svc_order" | "web_order"
  readonly id: number
  readonly amount: number
  readonly from: Moment
}

/** What was paid, in the order in which it was: mostly at once and as a whole, sometimes in two parts, sometimes not yet. */
export const makePayments = (dice: Dice, payable: ReadonlyArray<Payable>): ReadonlyArray<object> => {
  const paid: Array<{ at: Moment; amount: number; method: string; due: Payable }> = []
  const pay = (due: Payable, amount: number, wait: number) => {
    const at = ifKnown(due.from + wait)
    if (at === null || amount <= 0) return
    const method =
      due.type === "web_order"
        ? dice.weighted({ card: 5, paypal: 3, invoice: 2 })
        : dice.weighted({ card: 7, cash: 3, invoice: 1 })
    paid.push({ at, amount, method, due })
  }
  for (const due of payable) {
    if (dice.chance(0.015)) continue
    const half = Math.round(due.amount * 50) / 100
    const wait = dice.chance(0.8) ? hours(dice.int(0, 3) / 4) : days(dice.int(1, 21))
    if (due.amount > 150 && dice.chance(0.1)) {
      pay(due, half, hours(0))
      pay(due, Math.round((due.amount - half) * 100) / 100, wait + days(7))
    } else pay(due, due.amount, wait)
  }
  return paid
    .sort((a, b) => a.at - b.at || a.due.id - b.due.id)
    .map(({ amount, at, due, method }, index) => ({
      payment_id: FIRST_PAYMENT + index,
      source_type: due.type,
      source_id: due.id,
      method,
      amount,
      paid_at: timestamp(at),
      reference: method === "cash" ? null : `${method.slice(0, 2).toUpperCase()}${dice.int(10_000_000, 99_999_999)}`
    }))
}
