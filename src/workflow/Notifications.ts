import { createHash } from "node:crypto"
import { Cause, Context, Duration, Effect, Layer, PubSub, Queue, type Scope, Stream } from "effect"
import { Database, type DatabaseService, outsideTransaction } from "../database/Database.ts"
import { DatabaseError, orDatabaseError } from "../database/DatabaseError.ts"
import * as Session from "../database/Session.ts"
import { logDefect } from "./Outages.ts"

/** The channel of all processes on one schema, a name that PostgreSQL does not cut off. */
const channelOf = (schema: string) => `workflow_infra_${createHash("sha256").update(schema).digest("hex").slice(0, 16)}`
/** What a process has to say is gathered for this long: ten times a second is quick enough for people and cheap for the database. */
const GATHERING = Duration.millis(100)
/** What a subscriber has not looked at yet; older news is forgotten, for it reads what is stored anyway. */
const UNSEEN = 256

/** `work`: a workflow wants an owner, or something is asked of it. `change`: it, or a task of its, looks different now. */
export type Topic = "work" | "change"

/** Something has happened to a workflow; null: perhaps, to any. */
export interface Notification {
  readonly topic: Topic
  readonly workflowId: string | null
}

/** What `Notifications` can do. */
export interface NotificationsService {
  /** Tells every process, this one included; without an id: perhaps of any. Never blocks and never fails: who hears nothing polls. */
  readonly tell: (topic: Topic, workflowId?: string) => Effect.Effect<void>
  /** What is told from now on. */
  readonly heard: Effect.Effect<Queue.Dequeue<Notification>, never, Scope.Scope>
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
    Effect.map(PubSub.sliding<Notification>(UNSEEN), (news) => ({
      tell: (topic, workflowId) => Effect.asVoid(PubSub.publish(news, { topic, workflowId: workflowId ?? null })),
      heard: PubSub.subscribe(news)
    }))
  )
}

const make = Effect.fnUntraced(function* ({ control: sql, schema, url }: DatabaseService) {
  const channel = channelOf(schema)
  const news = yield* PubSub.sliding<Notification>(UNSEEN)
  const wakeUp = yield* Queue.sliding<void>(1)
  let untold = new Set<string>()

  const send = Effect.suspend(() => {
    const payloads = [...untold]
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
        const [topic, workflowId = null] = payload.split(" ")
        if (topic === "work" || topic === "change") news.unsafeOffer({ topic, workflowId })
      })
      const missed = [
        { topic: "work", workflowId: null },
        { topic: "change", workflowId: null }
      ] as const
      return Effect.zipRight(query(`LISTEN ${channel}`), PubSub.publishAll(news, missed))
    },
    lost: Effect.void
  }).pipe(Effect.forkScoped)

  return Notifications.of({
    tell: (topic, workflowId) =>
      Effect.suspend(() => {
        untold.add(workflowId === undefined ? topic : `${topic} ${workflowId}`)
        return Effect.asVoid(Queue.offer(wakeUp, undefined))
      }),
    heard: PubSub.subscribe(news)
  })
})

/** Makes a wait for work, or for so long. It listens from when it is made, so that nothing is missed between two waits. */
export const waitForWork = Effect.gen(function* () {
  const { heard } = yield* Notifications
  const wakeUp = yield* Queue.sliding<void>(1)
  yield* Stream.fromQueue(yield* heard).pipe(
    Stream.filter(({ topic }) => topic === "work"),
    Stream.runForEach(() => Queue.offer(wakeUp, undefined)),
    Effect.forkScoped
  )
  return (atMost: Duration.Duration) => Effect.raceFirst(Queue.take(wakeUp), Effect.sleep(atMost))
})
