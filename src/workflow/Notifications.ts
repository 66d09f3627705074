import { createHash } from "node:crypto"
import { Cause, Context, Duration, Effect, Layer, Queue, type Scope } from "effect"
import { Database, type DatabaseService, outsideTransaction } from "../database/Database.ts"
import { DatabaseError, orDatabaseError } from "../database/DatabaseError.ts"
import * as Session from "../database/Session.ts"
import { logDefect } from "./Outages.ts"

/** The channel of all processes on one schema, a name that PostgreSQL does not cut off. */
const channelOf = (schema: string) => `workflow_infra_${createHash("sha256").update(schema).digest("hex").slice(0, 16)}`
/** What a process has to say is gathered for this long: ten times a second is quick enough for people and cheap for the database. */
const GATHERING = Duration.millis(100)
/** Workflows that are named one by one in one go; where more have changed, all who watch any are told that perhaps theirs has. */
const MOST_NAMES = 50

/** `work`: a workflow wants an owner, or something is asked of it. `change`: it, or a task of its, looks different now. */
export type Topic = "work" | "change"

/** What `Notifications` can do. */
export interface NotificationsService {
  /** Tells every process, this one included; without an id: perhaps of any. Never blocks and never fails: who hears nothing polls. */
  readonly tell: (topic: Topic, workflowId?: string) => Effect.Effect<void>
  /** Wake-ups from now on: of a topic, or of one workflow of it. Several at once are one. */
  readonly heard: (topic: Topic, workflowId?: string) => Effect.Effect<Queue.Dequeue<void>, never, Scope.Scope>
}

/**
 * Hints between processes that it is worth looking now, and not at the next poll: `pg_notify`, ids only, outside every transaction. A
 * notification can be lost, a row cannot; where the listening session was lost for a moment, everything may have changed.
 */
export class Notifications extends Context.Tag("workflow-infra/workflow/Notifications")<
  Notifications,
  NotificationsService
>() {
  /** Over LISTEN, on a session of its own. */
  static readonly layer = Layer.scoped(
    Notifications,
    Effect.flatMap(Database, (database) => make(database))
  )

  /** Within this process only: others are left to their polls. */
  static readonly layerLocal = Layer.effect(
    Notifications,
    Effect.sync(() => {
      const { heard, wake } = makeListeners()
      return { tell: (topic, workflowId) => Effect.sync(() => wake(topic, workflowId)), heard }
    })
  )
}

/** Whoever waits for a wake-up, by what it is about: a wake-up costs as many steps as there are who hear it. */
const makeListeners = () => {
  const listeners = {
    work: new Map<string, Set<Queue.Queue<void>>>(),
    change: new Map<string, Set<Queue.Queue<void>>>()
  }
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

  /** Without a workflow: perhaps of any. */
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
  const wakeUp = yield* Queue.sliding<void>(1)
  let untold = new Set<string>()

  const send = Effect.suspend(() => {
    const payloads =
      untold.size > MOST_NAMES ? [...new Set([...untold].map((told) => told.split(" ")[0]))] : [...untold]
    untold = new Set()
    return sql`SELECT pg_notify(${channel}, payload) FROM unnest(${payloads}::text[]) payload`
  })
  yield* Queue.take(wakeUp).pipe(
    Effect.zipRight(send.pipe(outsideTransaction, orDatabaseError, Effect.disconnect)),
    // Who is not notified polls.
    Effect.catchAllCause((cause) =>
      Cause.squash(cause) instanceof DatabaseError
        ? Effect.logDebug("nobody was notified; they will poll", cause)
        : logDefect("notifications", cause)
    ),
    Effect.zipRight(Effect.sleep(GATHERING)),
    Effect.forever,
    Effect.forkScoped
  )

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
    tell: (topic, workflowId) =>
      Effect.sync(() => {
        untold.add(workflowId === undefined ? topic : `${topic} ${workflowId}`)
        Queue.unsafeOffer(wakeUp, undefined)
      }),
    heard
  })
})

/** Makes a wait for work, or for so long. It listens from when it is made, so that nothing is missed between two waits. */
export const waitForWork = Effect.gen(function* () {
  const { heard } = yield* Notifications
  const wakeUps = yield* heard("work")
  return (atMost: Duration.Duration) => Effect.raceFirst(Queue.take(wakeUps), Effect.sleep(atMost))
})
