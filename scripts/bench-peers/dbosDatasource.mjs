import { AsyncLocalStorage } from "node:async_hooks"
import { DBOS } from "@dbos-inc/dbos-sdk"
import {
  assertStillOwnsWorkflow,
  DBOSStepAlreadyRecordedError,
  migrateDataSourcePG,
  registerDataSource,
  registerTransaction,
  replayRecordedStep
} from "@dbos-inc/dbos-sdk/datasource"
import { Pool } from "pg"

/**
 * A DBOS datasource over node-postgres, which implements the SDK's public interface (docs.dbos.dev/typescript/reference/plugins). DBOS's
 * own node-postgres datasource is not on the registry, and the latest of its others (drizzle 4.27.6, knex 4.5.13, prisma 5.1.10) call
 * functions that SDK 5.3 does not have. This one sends the same statements: a query for an earlier outcome, and in one transaction the
 * user's statements, the checkpoint, and SDK 5.3's check that the workflow is still owned.
 */
const CHECK = "SELECT output, error FROM dbos.transaction_completion WHERE workflow_id = $1 AND function_num = $2"
const RECORD = `INSERT INTO dbos.transaction_completion (workflow_id, function_num, output) VALUES ($1, $2, $3)
  ON CONFLICT (workflow_id, function_num) DO NOTHING RETURNING workflow_id`
const FORGET = "DELETE FROM dbos.transaction_completion WHERE workflow_id = $1 AND function_num >= $2"
/** A result of `undefined` as DBOS's serializer stores it. */
const NOTHING = '{"json":null,"meta":{"values":["undefined"]}}'

export const makeDatasource = (name, config) => {
  const current = new AsyncLocalStorage()
  let pool

  const inTransaction = async (use) => {
    const client = await pool.connect()
    try {
      await client.query("BEGIN")
      const result = await use(client)
      await client.query("COMMIT")
      return result
    } catch (error) {
      await client.query("ROLLBACK")
      throw error
    } finally {
      client.release()
    }
  }

  registerDataSource({
    name,
    initialize: async () => {
      pool = new Pool(config)
      pool.on("error", () => {})
      await inTransaction((client) =>
        migrateDataSourcePG(async (statement) => (await client.query(statement)).rows ?? [], "dbos")
      )
    },
    destroy: async () => {
      await pool?.end()
      pool = undefined
    },
    deleteCheckpoints: (workflowID, startStep, beforeCommit) =>
      inTransaction(async (client) => {
        await client.query(FORGET, [workflowID, startStep])
        await beforeCommit?.()
      }),
    invokeTransactionFunction: async (_, target, run, ...args) => {
      const { stepID, workflowID } = DBOS
      const recorded = await pool.query(CHECK, [workflowID, stepID])
      if (recorded.rows.length > 0) return replayRecordedStep(recorded.rows[0])
      return inTransaction(async (client) => {
        const result = await current.run(client, () => run.call(target, ...args))
        const { rows } = await client.query(RECORD, [workflowID, stepID, NOTHING])
        if (rows.length === 0) throw new DBOSStepAlreadyRecordedError(workflowID, stepID)
        await assertStillOwnsWorkflow(workflowID)
        return result
      })
    }
  })

  return {
    query: (text, values) => current.getStore().query(text, values),
    registerTransaction: (run, options) => registerTransaction(name, run, options)
  }
}
