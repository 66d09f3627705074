import { Clock, Context, Duration, Effect, Layer } from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import type { Runnable } from "./WorkflowState.ts"

/** A process that owns workflows, under one lease. */
export interface Server {
  readonly id: string
  /** Whether the process holds a session lock; if so, the absence of the lock means that the process is dead. */
  readonly usesSessionLock: boolean
  readonly host: string
  readonly pid: number
  readonly version: string
}

/** A process that owns workflows, with its lease. Times are of the store's clock. */
export interface ListedServer extends Omit<Server, "usesSessionLock"> {
  readonly startedAt: Date
  readonly lastHeartbeat: Date
  /** Without a heartbeat until then, others take its workflows over. */
  readonly expiresAt: Date
  /** The number of workflows of the project that it runs now. */
  readonly running: number
}

/** What storage must do for server rows. All times are measured by the store's clock, never by the caller's. */
export interface ServerRepositoryService {
  /** Inserts a server whose lease expires after this duration. May be repeated after a lost answer. */
  readonly register: (server: Server, lease: Duration.Duration) => Effect.Effect<void, DatabaseError>
  /**
   * Renews a lease for this duration. Returns false if the server has no row or its lease has expired; then it cannot be
   * renewed any more. `mayBeLate` (default: false) also renews an expired lease whose row exists: safe only if no other process
   * can take over.
   */
  readonly beat: (
    serverId: string,
    lease: Duration.Duration,
    mayBeLate?: boolean
  ) => Effect.Effect<boolean, DatabaseError>
  /** Stores the kinds and versions that a server can run, so that others find workflows that no server can run. */
  readonly announce: (serverId: string, runs: ReadonlyArray<Runnable>) => Effect.Effect<void, DatabaseError>
  /** Removes a server. No effect if it has no row. */
  readonly remove: (serverId: string) => Effect.Effect<void, DatabaseError>
  /**
   * Removes every server whose lease has expired, except `but` and those whose row a heartbeat has locked. Returns the removed
   * ids.
   */
  readonly removeExpired: (but?: string) => Effect.Effect<ReadonlyArray<string>, DatabaseError>
  /** Whether a server has a row and its lease has not expired. */
  readonly alive: (serverId: string) => Effect.Effect<boolean, DatabaseError>
  /** Returns the servers, those that started first at the beginning, with the number of a project's workflows that each runs. */
  readonly list: (projectId: string) => Effect.Effect<ReadonlyArray<ListedServer>, DatabaseError>
  /** Ids of the servers that use a session lock (`usesSessionLock`) and do not hold it now. */
  readonly unlocked: Effect.Effect<ReadonlyArray<string>, DatabaseError>
}

/**
 * The stored servers: one row per process and lease.
 *
 * @example
 * ```ts
 * const { list } = yield* ServerRepository
 * for (const { host, pid, running } of yield* list(projectId)) yield* Effect.log(`${host} ${pid}: ${running} workflows`)
 * ```
 */
export class ServerRepository extends Context.Tag("workflow-infra/workflow/ServerRepository")<
  ServerRepository,
  ServerRepositoryService
>() {
  /** In memory, with times of `Clock`, for tests. */
  static readonly layerMemory = Layer.sync(ServerRepository, () => {
    const expiries = new Map<string, number>()
    const servers = new Map<string, Omit<ListedServer, "expiresAt">>()
    const now = Clock.currentTimeMillis
    const alive = (id: string, at: number) => (expiries.get(id) ?? Number.NEGATIVE_INFINITY) > at
    return {
      register: (server, lease) =>
        Effect.map(now, (at) => {
          expiries.set(server.id, at + Duration.toMillis(lease))
          servers.set(server.id, { ...server, startedAt: new Date(at), lastHeartbeat: new Date(at), running: 0 })
        }),
      list: () =>
        Effect.sync(() =>
          [...servers.values()].flatMap((server) => {
            const expiry = expiries.get(server.id)
            return expiry === undefined ? [] : [{ ...server, expiresAt: new Date(expiry) }]
          })
        ),
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
