import { expect, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import * as Datasource from "../../../src/datasource/Datasource.ts"
import { context } from "../../../src/ontology/context/Context.ts"
import * as TestDatabase from "../../fixtures/TestDatabase.ts"
import { made, values } from "../shop.ts"
import { pageOf } from "./pageOf.ts"

const TABLES = `
  CREATE TABLE members (id integer PRIMARY KEY, is_active boolean, deleted_at timestamp);
  INSERT INTO members SELECT n, n > 3, CASE WHEN n > 35 THEN timestamp '2024-05-01' END FROM generate_series(1, 40) n;
  CREATE TABLE bookings (id integer PRIMARY KEY, member_id integer, status integer, voided char(1));
  INSERT INTO bookings SELECT n, 1 + n % 40, CASE WHEN n <= 6 THEN 9 ELSE 1 END, CASE WHEN n <= 2 THEN 'Y' ELSE 'N' END FROM generate_series(1, 80) n;
  CREATE TABLE booking_lines (id integer PRIMARY KEY, booking_id integer, price numeric, discount_pct integer);
  INSERT INTO booking_lines SELECT n, n, 10, 25 * (n % 2) FROM generate_series(1, 80) n;
  CREATE TABLE member_history (id integer PRIMARY KEY, member_id integer, state text, changed_at timestamp);
  INSERT INTO member_history SELECT n, 1 + n % 30, 'open', timestamp '2024-01-01' + n * interval '1 day' FROM generate_series(1, 60) n;
  CREATE TABLE payments (id integer PRIMARY KEY, booking_id integer, amount numeric(8,2), kind text, status text);
  INSERT INTO payments SELECT n, n, 5, CASE WHEN n <= 8 THEN 'refund' ELSE 'charge' END, CASE WHEN n > 70 THEN 'kept' ELSE 'returned' END
    FROM generate_series(1, 80) n;
  CREATE TABLE pay_history (member_id integer, changed_on date, rate numeric(6,2), modified_at timestamp, PRIMARY KEY (member_id, changed_on));
  INSERT INTO pay_history SELECT 1 + n % 20, date '2024-01-01' + n, n, now() FROM generate_series(1, 60) n;
  CREATE TABLE state_provinces (id integer PRIMARY KEY, member_id integer, state_code text, changed_at timestamp);
  INSERT INTO state_provinces SELECT n, 1 + n % 20, 'S', now() FROM generate_series(1, 60) n;
  CREATE TABLE terms (id integer PRIMARY KEY, booking_id integer, is_current boolean, body text);
  INSERT INTO terms SELECT n, 1 + n / 2, n % 2 = 0, 'x' || n FROM generate_series(1, 40) n;
`

const id = { name: "id", type: "integer" } as const
const booking = { name: "booking_id", type: "integer", profile: { distinct: 30 } } as const
const flag = (yes: number, no: number) => ({ type: "boolean", profile: values({ t: yes, f: no }) })

const discovered = made(
  [
    {
      table: "members",
      name: "Member",
      rows: 40,
      columns: [
        id,
        { name: "is_active", ...flag(37, 3) },
        { name: "deleted_at", type: "timestamp without time zone", profile: { nulls: 35, distinct: 1 } }
      ]
    },
    {
      table: "bookings",
      name: "Booking",
      rows: 80,
      columns: [
        id,
        { name: "member_id", type: "integer", profile: { distinct: 40 } },
        { name: "status", type: "integer", comment: "1 = kept, 9 = cancelled", profile: values({ "1": 74, "9": 6 }) },
        { name: "voided", type: "character(1)", profile: values({ N: 78, Y: 2 }) }
      ]
    },
    {
      table: "booking_lines",
      name: "Booking Line",
      rows: 80,
      columns: [
        id,
        booking,
        { name: "price", type: "numeric(8,2)", profile: { distinct: 2, minimum: "10", maximum: "11" } },
        { name: "discount_pct", type: "integer", profile: { distinct: 20, minimum: "0", maximum: "25" } }
      ]
    },
    {
      table: "member_history",
      name: "Member History",
      rows: 60,
      columns: [
        id,
        { name: "member_id", type: "integer", profile: { distinct: 30 } },
        { name: "state", type: "text", profile: values({ open: 60 }) },
        { name: "changed_at", type: "timestamp without time zone", profile: { distinct: 60 } }
      ]
    },
    {
      table: "pay_history",
      name: "Pay History",
      rows: 60,
      key: ["member_id", "changed_on"],
      columns: [
        { name: "member_id", type: "integer", profile: { distinct: 20 } },
        { name: "changed_on", type: "date", profile: { distinct: 60 } },
        { name: "rate", type: "numeric(6,2)", profile: { distinct: 60 } }
      ]
    },
    {
      table: "state_provinces",
      name: "State Province",
      rows: 60,
      columns: [
        id,
        { name: "member_id", type: "integer", profile: { distinct: 20 } },
        { name: "state_code", type: "text", profile: values({ S: 60 }) },
        { name: "changed_at", type: "timestamp without time zone", profile: { distinct: 60 } }
      ]
    },
    {
      table: "payments",
      name: "Payment",
      rows: 80,
      columns: [
        id,
        booking,
        { name: "amount", type: "numeric(8,2)", profile: { distinct: 2, minimum: "5", maximum: "6" } },
        { name: "kind", type: "text", profile: values({ charge: 72, refund: 8 }) },
        { name: "status", type: "text", profile: values({ returned: 70, kept: 10 }) }
      ]
    },
    { table: "terms", name: "Term", rows: 40, columns: [id, booking, { name: "is_current", ...flag(20, 20) }] }
  ],
  [
    { from: ["bookings", "member_id"], to: ["members", "id"] },
    { from: ["booking_lines", "booking_id"], to: ["bookings", "id"] },
    { from: ["member_history", "member_id"], to: ["members", "id"] },
    { from: ["pay_history", "member_id"], to: ["members", "id"] },
    { from: ["state_provinces", "member_id"], to: ["members", "id"] },
    { from: ["payments", "booking_id"], to: ["bookings", "id"] },
    { from: ["terms", "booking_id"], to: ["bookings", "id"] }
  ]
)

const text = Effect.gen(function* () {
  const url = yield* TestDatabase.create
  const sql = yield* TestDatabase.connect(url)
  yield* sql.unsafe(TABLES)
  const datasource = yield* Datasource.make({ url })
  return Either.getOrThrow(context({ context: yield* pageOf(discovered, datasource) }))?.text ?? ""
}).pipe(Effect.scoped)

it.live(
  "the context page counts rows that were deleted, cancelled or voided, amounts that flow back, and states of now",
  () =>
    Effect.gen(function* () {
      const page = yield* text
      expect(page).toContain("`bookings.status = 9` (6 of 80), `bookings.voided = 'Y'` (2 of 80)")
      expect(page).toContain("`members.is_active = false` (3 of 40), `members.deleted_at IS NOT NULL` (5 of 40)")
      expect(page).toContain("`payments.kind = 'refund'` (8 of 80): amount is positive there as well")
      // What is in this state came back itself.
      expect(page).not.toContain("payments.status = 'returned'")
      expect(page).toContain(
        "member_history has each state of a row of members: the one of now is its last, `DISTINCT ON (member_id) … ORDER BY member_id, changed_at DESC`."
      )
      expect(page).toContain(
        "pay_history has each version for a row of members: the one of now is its last, `DISTINCT ON (member_id) … ORDER BY member_id, changed_on DESC`."
      )
      expect(page).not.toContain("state_provinces has each")
      expect(page).toContain("`terms.is_current` (20 of 40, one per booking_id at most)")
    })
)

it.live(
  "the context page takes a line without a quantity for one piece, and a discount in percent for a share of 100",
  () =>
    Effect.gen(function* () {
      // 40 lines at 10, and 40 at 7.50.
      expect(yield* text).toContain(
        "net revenue 700: `sum(l.price * (1 - l.discount_pct / 100.0)) FROM booking_lines l`"
      )
    })
)
