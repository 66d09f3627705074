import * as Dice from "./Dice.ts"
import { makeFleet } from "./Fleet.ts"
import { makePayments } from "./Payments.ts"
import { makePeople } from "./People.ts"
import { makeWebshop } from "./Webshop.ts"
import { COUNTRIES } from "./Words.ts"
import { makeWorkshop } from "./Workshop.ts"

/** Whatever it is, it stays: the same number makes the same rows. */
const SEED = 20_240_930

/** A table's rows: objects whose keys are its columns. */
export interface SampleTable {
  readonly table: string
  readonly rows: ReadonlyArray<object>
}

/** Every row of the sample, the same each time, in an order in which declared foreign keys hold. Takes some tenths of a second. */
export const sampleRows = (): ReadonlyArray<SampleTable> => {
  // Each part has dice of its own, so that a change of one leaves the others as they are.
  const people = makePeople(Dice.make(SEED))
  const fleet = makeFleet(Dice.make(SEED + 1), people)
  const workshop = makeWorkshop(Dice.make(SEED + 2), people, fleet)
  const webshop = makeWebshop(Dice.make(SEED + 3), people, workshop.parts)
  const payments = makePayments(Dice.make(SEED + 4), [...fleet.payable, ...workshop.payable, ...webshop.payable])
  return [
    { table: "countries", rows: COUNTRIES },
    { table: "addresses", rows: people.addresses },
    { table: "shops", rows: people.shops },
    { table: "employees", rows: people.employeeRows },
    { table: "customers", rows: people.customerRows },
    { table: "bike_models", rows: fleet.models },
    { table: "bikes", rows: fleet.bikeRows },
    { table: "rentals", rows: fleet.rentals },
    { table: "rental_items", rows: fleet.items },
    { table: "suppliers", rows: people.suppliers },
    { table: "parts", rows: workshop.parts },
    { table: "model_parts", rows: workshop.modelParts },
    { table: "svc_orders", rows: workshop.orders },
    { table: "svc_order_lines", rows: workshop.lines },
    { table: "warranty_claims", rows: workshop.claims },
    { table: "web_orders", rows: webshop.orders },
    { table: "web_order_lines", rows: webshop.lines },
    { table: "payments", rows: payments },
    { table: "import_log", rows: webshop.imports },
    { table: "stg_customers_2023", rows: webshop.staged }
  ]
}
