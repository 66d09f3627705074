import {
  date,
  days,
  FIRST_DAY,
  hours,
  ifKnown,
  LAST_DAY,
  type Moment,
  month,
  startOfDay,
  timestamp
} from "./Calendar.ts"
import type { Dice } from "./Dice.ts"
import type { Payable } from "./Payments.ts"
import { customerAt, employeeAt, type People } from "./People.ts"
import { BRANDS, CATEGORIES } from "./Words.ts"

const MODELS = 54
const BIKES = 640
const RENTALS = 9_200
/** Rental numbers are printed on the contracts, and began where the old block ended. */
const FIRST_RENTAL = 30_412
/** Nobody keeps a bike longer, so that one counts as stolen. */
const LONGEST_RENTAL = 14
/** How often people rent in each month, against July. */
const SEASON = [0.12, 0.15, 0.3, 0.55, 0.8, 0.95, 1, 1, 0.7, 0.45, 0.2, 0.15]

interface Bike {
  readonly id: number
  readonly rate: number
  readonly from: Moment
  readonly until: Moment
  shop: number
  free: Moment
}

const money = (amount: number): number => Math.round(amount * 100) / 100

/** A moment in the opening hours, in summer more often than in winter. */
const visit = (dice: Dice): Moment => {
  for (;;) {
    const day = startOfDay(FIRST_DAY + days(dice.int(0, (LAST_DAY - FIRST_DAY) / days(1) - 1)))
    if (dice.chance(SEASON[month(day)] ?? 0)) return day + hours(dice.int(32, 70) / 4)
  }
}

/** Bike models, the bikes of the fleet, rentals and their items; and what is to be paid for them. */
export const makeFleet = (dice: Dice, people: People) => {
  const models = Array.from({ length: MODELS }, (_, index) => {
    const category = dice.weighted({ city: 5, trekking: 5, e_bike: 4, cargo: 1, mountain: 2, kids: 2 })
    const { price, weight, words } = CATEGORIES[category]
    const list_price = Math.round(dice.about(price, price / 5) / 10) * 10 - 1
    return {
      model_id: index + 1,
      brand: dice.favourite(BRANDS),
      name: `${dice.pick(words)} ${dice.int(1, 9)}00${dice.pick(["", "", " S", " Lady", " XL"])}`,
      category,
      list_price,
      daily_rate: Math.max(8, Math.round(list_price / 75)),
      weight_kg: dice.about(weight, 1.2).toFixed(1)
    }
  })

  const bikes: Array<Bike> = []
  const bikeRows = Array.from({ length: BIKES }, (_, index) => {
    const model = dice.favourite(models)
    const home_shop = dice.favourite(people.shops).shop_id
    const bought = FIRST_DAY + days(dice.int(-500, 700))
    const fate = dice.weighted({ kept: 80, sold: 15, stolen: 5 })
    const retired = fate === "kept" ? null : ifKnown(Math.max(bought, FIRST_DAY) + days(dice.int(250, 800)))
    const bike = { id: 101 + index, rate: model.daily_rate, from: bought, until: retired ?? LAST_DAY + days(60) }
    bikes.push({ ...bike, shop: home_shop, free: bought })
    return {
      bike_id: bike.id,
      frame_no: `${model.brand.slice(0, 2).toUpperCase()}${dice.int(19, 24)}-${dice.int(100_000, 999_999)}-${bike.id}`,
      model_id: model.model_id,
      home_shop,
      bought_on: date(bought),
      purchase_price: money(model.list_price * dice.about(0.71, 0.04)),
      status: retired === null ? dice.weighted({ available: 80, rented: 12, workshop: 8 }) : fate,
      retired_on: retired === null ? null : date(retired)
    }
  })

  const starts = Array.from({ length: RENTALS }, () => visit(dice)).sort((a, b) => a - b)
  const payable: Array<Payable> = []
  const items: Array<object> = []
  const rentals: Array<object> = []
  for (const start of starts) {
    const pickup = dice.favourite(people.shops).shop_id
    const there = bikes.filter(
      (bike) => bike.shop === pickup && bike.free <= start && bike.until > start + days(LONGEST_RENTAL)
    )
    // A shop without bikes sends people home.
    if (there.length === 0) continue
    const rental_id = FIRST_RENTAL + rentals.length
    const booked = start - (dice.chance(0.45) ? 0 : hours(dice.int(1, 500)))
    const span = Math.min(LONGEST_RENTAL, 1 + Math.floor(dice.about(1, 1) ** 2))
    const due = start + days(span)
    const late = dice.chance(0.07) ? hours(dice.int(2, 40)) : -hours(dice.int(0, 6))
    const back = ifKnown(due + late)
    const status = dice.chance(0.05)
      ? dice.pick(["cancelled", "cancelled", "no_show"])
      : back === null
        ? "active"
        : "returned"
    const gone = status === "active" || status === "returned"
    const returnShop = dice.chance(0.88) ? pickup : dice.pick(people.shops).shop_id
    const wanted = Number(dice.weighted({ 1: 60, 2: 30, 3: 6, 4: 4 }))
    let total = 0
    let lines = 0
    for (; lines < Math.min(wanted, there.length); lines++) {
      const bike = dice.pick(there.filter((one) => one.free <= start))
      const rate = dice.chance(0.1) ? money(bike.rate * 0.9) : bike.rate
      const amount = money(rate * span)
      items.push({ rental_id, line_no: lines + 1, bike_id: bike.id, days: span, daily_rate: rate, amount })
      bike.free = gone ? due + Math.max(0, late) + 1 : start + 1
      if (gone) bike.shop = returnShop
      total += amount
    }
    const lateFee = status === "returned" && late > 0 ? 15 * Math.ceil(late / days(1)) : 0
    rentals.push({
      rental_id,
      customer_id: customerAt(dice, people, booked).id,
      pickup_shop: pickup,
      return_shop: returnShop,
      handled_by: employeeAt(dice, people, pickup, start, false),
      booked_at: timestamp(booked),
      started_at: gone ? timestamp(start) : null,
      due_at: timestamp(due),
      ended_at: status === "returned" ? timestamp(due + late) : null,
      status,
      deposit: 50 * lines,
      late_fee: lateFee,
      total_amt: money(total + lateFee)
    })
    if (gone) payable.push({ type: "rental", id: rental_id, amount: money(total + lateFee), from: start })
  }
  return { models, bikes, bikeRows, rentals, items, payable }
}

/** What `makeFleet` makes. */
export type Fleet = ReturnType<typeof makeFleet>
