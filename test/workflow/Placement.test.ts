import { describe, expect, it as test, layer } from "@effect/vitest"
import { Context, Duration, Effect, FastCheck as fc, Layer, Option } from "effect"
import { Database } from "../../src/database/Database.ts"
import { isUuid, uuidv7 } from "../../src/database/Uuid.ts"
import { Notifications } from "../../src/workflow/Notifications.ts"
import { bucketOf, BUCKETS, Placement, RESERVED_FOR } from "../../src/workflow/Placement.ts"
import { ServerRepository } from "../../src/workflow/ServerRepository.ts"
import { SessionLock } from "../../src/workflow/SessionLock.ts"
import { WorkflowInfra } from "../../src/workflow/WorkflowInfra.ts"
import { RELEASED, WorkflowRepository } from "../../src/workflow/WorkflowRepository.ts"
import type { WorkflowSettings } from "../../src/workflow/WorkflowSettings.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { endless, ghost, given, runs } from "../fixtures/TestWorkflows.ts"

const servers = (most: number) => fc.uniqueArray(fc.uuid(), { minLength: 1, maxLength: most })

const everyBucket = Array.from({ length: BUCKETS }, (_, bucket) => bucket)

/** The server of each bucket, as each of the servers sees it. */
const placesOf = (ids: ReadonlyArray<string>) =>
  Effect.map(Placement, ({ isMine }) => {
    const claims = ids.map((id) => ({ id, isMine: isMine(id, ids) }))
    return everyBucket.map((bucket) => claims.filter((claim) => claim.isMine(bucket)).map(({ id }) => id))
  })

describe("rendezvous hashing", () => {
  test.prop("gives every bucket to one server, and all servers agree", [servers(12)], ([ids]) => {
    const places = Effect.runSync(placesOf(ids))
    expect(places.every(({ length }) => length === 1)).toBe(true)
    expect(Effect.runSync(placesOf(ids.toReversed()))).toEqual(places)
  })

  test.prop("gives each server about the same number of buckets", [servers(12)], ([ids]) => {
    const places = Effect.runSync(placesOf(ids)).flat()
    const part = BUCKETS / ids.length
    // Six standard deviations of what chance gives.
    const most = 6 * Math.sqrt(part * (1 - 1 / ids.length))
    for (const id of ids) {
      expect(Math.abs(places.filter((place) => place === id).length - part)).toBeLessThanOrEqual(most)
    }
  })

  test.prop(
    "moves about one of n buckets when the n-th server comes, all of them to it, and they go back when it goes",
    [servers(12), fc.uuid()],
    ([ids, added]) => {
      fc.pre(!ids.includes(added))
      const before = Effect.runSync(placesOf(ids)).flat()
      const after = Effect.runSync(placesOf([...ids, added])).flat()
      const moved = after.filter((place, bucket) => place !== before[bucket])
      expect(new Set(moved)).toEqual(new Set([added]))
      const part = BUCKETS / (ids.length + 1)
      expect(Math.abs(moved.length - part)).toBeLessThanOrEqual(6 * Math.sqrt(part))
    }
  )

  test.effect("spreads ids that are made one after the other over all buckets", () =>
    Effect.gen(function* () {
      const ids = yield* Effect.replicateEffect(uuidv7, BUCKETS * 4)
      const used = new Set(ids.map(bucketOf))
      expect(ids.every(isUuid) && [...used].every((bucket) => bucket >= 0 && bucket < BUCKETS)).toBe(true)
      // e⁻⁴ of the buckets, 1.8 %, are left out by chance.
      expect(used.size).toBeGreaterThan(BUCKETS * 0.95)
    })
  )
})

layer(TestInfra.database, { timeout: "60 seconds", excludeTestServices: true })("a claim", (it) => {
  /** Pending workflows of a kind of their own, and a server that may claim them. */
  const waiting = (kind: string, count: number) =>
    Effect.gen(function* () {
      const repository = yield* WorkflowRepository
      const projectId = yield* TestInfra.project
      const serverId = yield* uuidv7
      yield* ghost(serverId, Duration.hours(1))
      const workflows = yield* Effect.forEach(Array.from({ length: count }), () =>
        Effect.flatMap(uuidv7, (id) => repository.insert(given(id, projectId, Option.none(), { kind })))
      )
      const claim = (isMine: (bucket: number) => boolean) =>
        Effect.map(
          repository.claim(serverId, runs(kind), count, { placed: [{ kind, version: 1, isMine }] }),
          (claimed) => new Set(claimed.map(({ id }) => id))
        )
      return { workflows, claim, serverId, projectId }
    })

  const even = (bucket: number) => bucket % 2 === 0
  const age = (column: "start_at" | "freed_at", kind: string) =>
    Effect.flatMap(
      Database,
      ({ work: sql }) =>
        sql`UPDATE engine.workflows SET ${sql(column)} = ${sql(column)} - make_interval(secs => ${Duration.toSeconds(RESERVED_FOR)})
          WHERE kind = ${kind} AND state = 'pending'`
    )

  it.scoped("takes what is placed here, and what is placed elsewhere when it has been free for a while", () =>
    Effect.gen(function* () {
      const { claim, workflows } = yield* waiting("placed", 40)
      const mine = workflows.filter(({ id }) => even(bucketOf(id)))
      expect(yield* claim(even)).toEqual(new Set(mine.map(({ id }) => id)))
      expect(yield* claim(even)).toEqual(new Set())
      yield* age("start_at", "placed")
      expect((yield* claim(even)).size).toBe(workflows.length - mine.length)
    })
  )

  it.scoped("leaves a workflow that was released to the server that it is placed on, as one that was started", () =>
    Effect.gen(function* () {
      const repository = yield* WorkflowRepository
      const { claim, projectId, serverId, workflows } = yield* waiting("released", 10)
      yield* claim(() => true)
      yield* Effect.forEach(workflows, ({ id }) =>
        repository.end({ workflowId: id, projectId, ownerId: serverId, epoch: 2 }, RELEASED)
      )
      yield* age("start_at", "released")
      expect(yield* claim(() => false)).toEqual(new Set())
      yield* age("freed_at", "released")
      expect((yield* claim(() => false)).size).toBe(10)
    })
  )

  it.scoped("is for the kinds that have something to do, each with the living servers that can run it", () =>
    Effect.gen(function* () {
      const repository = yield* WorkflowRepository
      const announced = yield* ServerRepository
      const { serverId } = yield* waiting("shared", 3)
      const other = yield* uuidv7
      yield* ghost(other, Duration.hours(1))
      yield* announced.announce(serverId, runs("shared", "idle"))
      yield* announced.announce(other, runs("idle"))
      const { due } = yield* repository.share(runs("shared", "idle"), 50)
      expect(due).toEqual([{ kind: "shared", version: 1, servers: [serverId] }])
      yield* announced.announce(other, runs("idle", "shared"))
      const [shared] = (yield* repository.share(runs("shared", "idle"), 50)).due
      expect(new Set(shared?.servers)).toEqual(new Set([serverId, other]))
      yield* announced.remove(other)
    })
  )

  it.scoped("of two servers is by placement", () =>
    Effect.gen(function* () {
      const { work: sql } = yield* Database
      const starter = yield* TestInfra.start({ ...TestInfra.quick, maxActiveWorkflows: 0 })
      const both = yield* Effect.replicateEffect(TestInfra.start(), 2)
      const projectId = yield* TestInfra.project
      const kind = yield* starter.register(endless("spread"))
      yield* Effect.forEach(both, (infra) => infra.register(endless("spread")), { discard: true })
      const ids = yield* Effect.forEach(both, (infra) => infra.serverInstanceId)
      yield* eventually(
        "both have said what they run",
        sql`SELECT FROM engine.server_instances WHERE 'spread 1' = ANY (runs)`,
        (rows) => rows.length === 2
      )
      yield* Effect.replicateEffect(kind.start({ projectId, config: null }), 60)
      const { isMine } = yield* Placement
      const owners = yield* eventually(
        "all run",
        sql<{ id: string; owner: string }>`SELECT id, owner_id AS owner FROM engine.workflows
          WHERE kind = 'spread' AND owner_id IS NOT NULL`,
        (rows) => rows.length === 60
      )
      // On a machine that stood still for two seconds some are taken by the other one.
      const asPlaced = owners.filter(({ id, owner }) => isMine(owner, ids)(bucketOf(id)))
      expect(asPlaced.length).toBeGreaterThan(45)
    })
  )

  it.scoped("of what is placed on a server that is full is made by another one, long before the next poll", () =>
    Effect.gen(function* () {
      const { work: sql } = yield* Database
      const seldom = { ...TestInfra.quick, pollInterval: Duration.minutes(10) }
      const listening = (settings: WorkflowSettings) =>
        Layer.build(
          Layer.fresh(
            WorkflowInfra.layerWith(settings).pipe(Layer.provide([SessionLock.layerOff, Notifications.layer]))
          )
        ).pipe(Effect.map(Context.get(WorkflowInfra)))
      const [starter, full, other] = yield* Effect.all([
        listening({ ...seldom, maxActiveWorkflows: 0 }),
        listening({ ...seldom, maxActiveWorkflows: 1 }),
        listening(seldom)
      ])
      const projectId = yield* TestInfra.project
      const [kind, held] = yield* Effect.all([
        starter.register(endless("crowded")),
        full.register(endless("crowded")),
        other.register(endless("crowded"))
      ])
      yield* held.start({ projectId, config: null })
      yield* eventually(
        "both have said what they run",
        sql`SELECT FROM engine.server_instances WHERE 'crowded 1' = ANY (runs)`,
        (rows) => rows.length === 2
      )
      yield* Effect.replicateEffect(kind.start({ projectId, config: null }), 12)
      const mine = yield* other.serverInstanceId
      yield* eventually(
        "the other one runs all of them",
        sql`SELECT FROM engine.workflows WHERE kind = 'crowded' AND owner_id = ${mine}`,
        (rows) => rows.length === 12
      )
    })
  )
})
