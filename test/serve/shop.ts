import { Effect, Redacted } from "effect"
import * as TestDatabase from "../fixtures/TestDatabase.ts"

const NAME = `<b onclick="alert(1)">orders</b>`

/** A small shop, whose orders' customer nobody declared. */
export const shop = Effect.gen(function* () {
  const url = yield* TestDatabase.create
  const sql = yield* TestDatabase.connect(url)
  yield* sql`CREATE TABLE customers (customer_id int PRIMARY KEY, name text NOT NULL)`
  yield* sql`INSERT INTO customers SELECT n * 7 + 1000, 'Customer ' || n FROM generate_series(1, 60) n`
  yield* sql`CREATE TABLE orders (order_id int PRIMARY KEY, customer_id int NOT NULL, total numeric(10, 2) NOT NULL)`
  yield* sql`INSERT INTO orders SELECT n, (n % 60 + 1) * 7 + 1000, n * 1.5 FROM generate_series(1, 300) n`
  yield* sql`COMMENT ON TABLE orders IS ${sql.literal(`'${NAME}'`)}`
  return Redacted.value(url)
}).pipe(Effect.orDie)
