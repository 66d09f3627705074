import { createHash } from "node:crypto"
import type { PgClient } from "@effect/sql-pg"
import { Cause, Context, Duration, Effect, Layer, Queue, type Scope } from "effect"
import { Database, type DatabaseService, outsideTransaction } from "../database/Database.ts"
import { DatabaseError, orDatabaseError } from "../database/DatabaseError.ts"
import * as Session from "../database/Session.ts"
import * as Coalescing from "./Coalescing.ts"
import { logDefect } from "./Outages.ts"

/**
 * The channel of all processes on one schema. A hash, because PostgreSQL truncates identifiers at 63 bytes and schema names may
 * be that long.
 */
const channelOf = (schema: string) => `workflow_infra_${createHash("sha256").update(schema).digest("hex").slice(0, 16)}`
/** Interval between two `pg_notify` statements of a process: at most ten a second, and a delay that people do not notice. */
const SEND_INTERVAL = Duration.millis(100)
/**
 * Maximum number of notifications in one statement. If more are pending, one per topic without an id is sent: it wakes every
 * listener.
 */
const MAX_NAMED = 50

/**
 * `work`: a workflow is pending, or a cancel or pause was requested. `change`: the state of a workflow or of one of its tasks
 * changed.
 */
export type Topic = "work" | "change"

/** What `Notifications` can do. */
export interface NotificationsService {
  /**
   * Notifies every process, including this one, about a workflow; without an id: about any workflow. Never blocks and never
   * fails: a lost notification is made up for by polling.
   */
  readonly tell: (topic: Topic, workflowId?: string) => Effect.Effect<void>
  /**
   * Subscribes to the notifications of a topic, or of one workflow, until the scope closes. Notifications that are not yet
   * taken are merged.
   */
  readonly heard: (topic: Topic, workflowId?: string) => Effect.Effect<Queue.Dequeue<void>, never, Scope.Scope>
}

/**
 * Hints between processes to read the database now instead of at the next poll: `pg_notify` outside of every transaction, with
 * ids only. Notifications can be lost; after the listening session was replaced, every listener is woken because it may have
 * missed one.
 *
 * @example
 * ```ts
 * // Behind a pooler in transaction mode: other processes poll.
 * const local = WorkflowInfra.layerWith(WorkflowSettings.defaults).pipe(Layer.provide(Notifications.layerLocal))
 * ```
 */
export class Notifications extends Context.Tag("workflow-infra/workflow/Notifications")<
  Notifications,
  NotificationsService
>() {
  /** Sends with `pg_notify` and listens with LISTEN, on a session of its own. */
  static readonly layer = Layer.scoped(
    Notifications,
    Effect.flatMap(Database, (database) => make(database))
  )

  /**
   * Within this process only; other processes poll. For poolers in transaction mode, where LISTEN does not work, and for tests.
   */
  static readonly layerLocal = Layer.effect(
    Notifications,
    Effect.sync(() => {
      const { heard, wake } = makeListeners()
      return { tell: (topic, workflowId) => Effect.sync(() => wake(topic, workflowId)), heard }
    })
  )
}

/** The subscriptions of this process by topic and workflow id: a notification visits its own subscriptions only. */
const makeListeners = () => {
  const listeners = {
    work: new Map<string, Set<Queue.Queue<void>>>(),
    change: new Map<string, Set<Queue.Queue<void>>>()
  }
  /** The key of subscriptions to every workflow. */
  const all = ""

  const wakeAll = (queues: Iterable<Queue.Queue<void>> = []) => {
    for (const queue of queues) Queue.unsafeOffer(queue, undefined)
  }

  const heard: NotificationsService["heard"] = (topic, workflowId = all) =>
    Effect.acquireRelease(
      Effect.tap(Queue.sliding<void>(1), (queue) => {
        const before = listeners[topic].get(workflowId)
        if (before === undefined) listeners[topic].set(workflowId, new Set([queue]))
        else before.add(queue)
      }),
      (queue) =>
        Effect.sync(() => {
          const left = listeners[topic].get(workflowId)
          left?.delete(queue)
          if (left?.size === 0) listeners[topic].delete(workflowId)
        })
    )

  /** Wakes the subscriptions to a workflow and those to every workflow; without an id, all subscriptions of the topic. */
  const wake = (topic: Topic, workflowId?: string) => {
    if (workflowId === undefined) {
      for (const queues of listeners[topic].values()) wakeAll(queues)
    } else {
      wakeAll(listeners[topic].get(all))
      wakeAll(listeners[topic].get(workflowId))
    }
  }

  return { heard, wake }
}

const make = Effect.fnUntraced(function* ({ control: sql, schema, url }: DatabaseService) {
  const channel = channelOf(schema)
  const { heard, wake } = makeListeners()
  const send = (pending: ReadonlySet<string>) => {
    const payloads =
      pending.size > MAX_NAMED ? [...new Set([...pending].map((payload) => payload.split(" ")[0]))] : [...pending]
    return sql`SELECT pg_notify(${channel}, payload) FROM unnest(${payloads}::text[]) payload`.pipe(
      outsideTransaction,
      orDatabaseError,
      Effect.disconnect,
      Effect.catchAllCause((cause) =>
        Cause.squash(cause) instanceof DatabaseError
          ? Effect.logDebug("nobody was notified; they will poll", cause)
          : logDefect("notifications", cause)
      )
    )
  }
  const add = yield* Coalescing.make({ deliver: send, rest: SEND_INTERVAL })

  yield* Session.keep({
    url,
    name: "workflow-infra listener",
    opened: (query, client) => {
      client.on("notification", ({ payload = "" }) => {
        const [topic, workflowId] = payload.split(" ")
        if (topic === "work" || topic === "change") wake(topic, workflowId)
      })
      const missed = Effect.sync(() => {
        wake("work")
        wake("change")
      })
      return Effect.zipRight(query(`LISTEN ${channel}`), missed)
    },
    lost: Effect.void
  }).pipe(Effect.forkScoped)

  return Notifications.of({
    tell: (topic, workflowId) => Effect.sync(() => add(workflowId === undefined ? topic : `${topic} ${workflowId}`)),
    heard
  })
})

/**
 * Notifies every process of a pending workflow when the caller's transaction commits, and of nothing if it rolls back. For single
 * starts inside transactions of users: such commits wait for each other, so the engine's own statements use `tell`.
 */
export const tellAtCommit = (sql: PgClient.PgClient, schema: string, workflowId: string) =>
  sql`SELECT pg_notify(${channelOf(schema)}, ${`work ${workflowId}`})`

/**
 * Makes a function that waits for a `work` notification, at most for the given time. It subscribes when it is made, so a
 * notification between two waits ends the next one at once.
 */
export const waitForWork = Effect.gen(function* () {
  const { heard } = yield* Notifications
  const wakeUps = yield* heard("work")
  return (atMost: Duration.Duration) => Effect.raceFirst(Queue.take(wakeUps), Effect.sleep(atMost))
})
