import { Predicate } from "effect"
import * as Pg from "pg"

/**
 * Runs a statement and the transaction around it in one round trip: `before` (statements that return no rows; BEGIN is the first, unless the
 * transaction is open), the statement, and ROLLBACK: a transaction that is READ ONLY can still notify, set the session's settings and, before
 * version 16, make large objects, by functions that the statement calls. All are sent with one Sync: after an error the server skips the
 * others, so that none runs outside of the transaction. Then the transaction is still open, and the connection must be closed. Resolves with
 * the statement's rows.
 */
export const oneTransaction = (
  client: Pg.Client,
  before: ReadonlyArray<string>,
  text: string,
  values: ReadonlyArray<unknown>
): Promise<ReadonlyArray<Record<string, unknown>>> =>
  new Promise((resolve, reject) => {
    const config = { text, values: [...values], queryMode: "extended" }
    // The driver gives one result for each statement.
    const query = new Pg.Query(config, (error, results: unknown) => {
      if (error) return reject(error)
      const own: unknown = Array.isArray(results) ? results[before.length] : undefined
      const rows: unknown = Predicate.hasProperty(own, "rows") ? own.rows : undefined
      return Array.isArray(rows) ? resolve(rows) : reject(new Error("the driver gave no rows for a statement"))
    })
    const submit = query.submit.bind(query)
    query.submit = (connection) => {
      connection.stream.cork()
      for (const each of before) execute(connection, each)
      const sync = () => {
        execute(connection, "ROLLBACK")
        connection.sync()
      }
      try {
        return submit(Object.create(connection, { sync: { value: sync } }))
      } finally {
        connection.stream.uncork()
      }
    }
    client.query(query)
  })

/** Sends a statement without parameters whose result is not described: it must return no rows. */
const execute = (connection: Pg.Connection, text: string) => {
  connection.parse({ name: "", text, types: [] }, true)
  connection.bind({}, true)
  connection.execute({}, true)
}
