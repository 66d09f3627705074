import { Clock, Context, Duration, Effect, Layer } from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import type { Runnable } from "./WorkflowState.ts"

/** A process that owns workflows, as it introduces itself. */
export interface Server {
  readonly id: string
  /** Whether it holds a session lock, whose absence then says that it is dead. */
  readonly usesSessionLock: boolean
  readonly host: string
  readonly pid: number
  readonly version: string
}

/** What storage must do for server rows. All time is the store's. */
export interface ServerRepositoryService {
  /** Inserts a server with a lease of this length. */
  readonly register: (server: Server, lease: Duration.Duration) => Effect.Effect<void, DatabaseError>
  /**
   * Renews a lease: false where the server is gone or its lease has expired, for good. One that may come late is renewed also after it
   * has expired, as long as nobody has removed the server: where nobody else is there who could.
   */
  readonly beat: (
    serverId: string,
    lease: Duration.Duration,
    mayBeLate?: boolean
  ) => Effect.Effect<boolean, DatabaseError>
  /** Says what a server can run, for those who want to know what nobody can. */
  readonly announce: (serverId: string, runs: ReadonlyArray<Runnable>) => Effect.Effect<void, DatabaseError>
  /** Removes a server. Nothing happens where it is gone. */
  readonly remove: (serverId: string) => Effect.Effect<void, DatabaseError>
  /** Removes every server whose lease has expired, but one whose beat is in flight, and `but`; returns their ids. */
  readonly removeExpired: (but?: string) => Effect.Effect<ReadonlyArray<string>, DatabaseError>
  /** Whether a server is there and its lease has not expired. */
  readonly alive: (serverId: string) => Effect.Effect<boolean, DatabaseError>
  /** The servers that should hold a session lock and do not. */
  readonly unlocked: Effect.Effect<ReadonlyArray<string>, DatabaseError>
}

/** The rows that are the processes' heartbeats. */
export class ServerRepository extends Context.Tag("workflow-infra/workflow/ServerRepository")<
  ServerRepository,
  ServerRepositoryService
>() {
  /** In memory, by `Clock`: for tests. */
  static readonly layerMemory = Layer.sync(ServerRepository, () => {
    const expiries = new Map<string, number>()
    const now = Clock.currentTimeMillis
    const alive = (id: string, at: number) => (expiries.get(id) ?? Number.NEGATIVE_INFINITY) > at
    return {
      register: ({ id }, lease) => Effect.map(now, (at) => void expiries.set(id, at + Duration.toMillis(lease))),
      beat: (id, lease, mayBeLate = false) =>
        Effect.map(now, (at) => {
          if (!alive(id, mayBeLate ? Number.NEGATIVE_INFINITY : at)) return false
          expiries.set(id, at + Duration.toMillis(lease))
          return true
        }),
      remove: (id) => Effect.sync(() => void expiries.delete(id)),
      announce: () => Effect.void,
      removeExpired: (but) =>
        Effect.map(now, (at) => {
          const expired = [...expiries.keys()].filter((id) => id !== but && !alive(id, at))
          expired.forEach((id) => expiries.delete(id))
          return expired
        }),
      alive: (id) => Effect.map(now, (at) => alive(id, at)),
      unlocked: Effect.succeed([])
    }
  })
}
