import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Option } from "effect"
import { uuidv7 } from "../../src/database/Uuid.ts"
import { ServerRepository } from "../../src/workflow/ServerRepository.ts"
import { throughputOf } from "../../src/workflow/WorkflowPast.ts"
import { CANCELLED, type Ending } from "../../src/workflow/WorkflowRepository.ts"
import { both, owning } from "../fixtures/bothRepositories.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { ghost, given, look, ownershipOf } from "../fixtures/TestWorkflows.ts"

const completed: Ending = { state: "completed", errorMessage: Option.none(), unfinishedTasks: "unknown" }

describe("the past", () => {
  both(
    "names the owners that died, and no others",
    Effect.gen(function* () {
      const { insert, projectId, repository } = yield* owning
      const dead = yield* uuidv7
      yield* ghost(dead, Duration.hours(1))
      const haunted = yield* repository.insert(given(yield* uuidv7, projectId, Option.some(dead)))
      const living = yield* insert({})
      const servers = yield* ServerRepository
      yield* servers.remove(dead)
      yield* eventually("it is revoked", repository.revokeOrphans, (revoked) => revoked > 0)
      const [lost, ...more] = yield* repository.lostOwners(projectId, haunted.id)
      expect([lost?.epoch, lost?.ownerId, more]).toEqual([haunted.epoch, dead, []])
      const stored = yield* look(projectId, haunted.id)
      expect([stored.state, stored.epoch]).toEqual(["pending", haunted.epoch + 1])
      expect(yield* repository.lostOwners(projectId, living.id)).toEqual([])
      expect(yield* repository.lostOwners(yield* TestInfra.project, haunted.id)).toEqual([])
      expect(yield* repository.lostOwners(projectId, "no id")).toEqual([])
    })
  )

  both(
    "counts what has ended in the last minutes, of one project",
    Effect.gen(function* () {
      const { insert, projectId, repository } = yield* owning
      for (const ending of [completed, completed, CANCELLED])
        yield* repository.end(ownershipOf(yield* insert({})), ending)
      yield* insert({})
      const { from, minutes, to } = yield* repository.throughput(projectId, 60)
      const sum = (of: (minute: (typeof minutes)[number]) => number) => minutes.reduce((all, each) => all + of(each), 0)
      expect([sum(({ completed: n }) => n), sum(({ failed }) => failed)]).toEqual([2, 1])
      expect((Number(to) - Number(from)) / 60_000).toBe(59)
      expect(Number(to) % 60_000).toBe(0)
      expect(minutes.every(({ at }) => Number(at) % 60_000 === 0 && at >= from && at <= to)).toBe(true)
      expect((yield* repository.throughput(yield* TestInfra.project, 1)).minutes).toEqual([])
      expect((yield* repository.throughput("no id", 1)).minutes).toEqual([])
    })
  )

  it("leaves the oldest minute out where more have ended than are counted", () => {
    const minute = (n: number) => new Date(n * 60_000)
    const ended = [3, 4, 7].map((n) => ({ at: minute(n), completed: 1, failed: 0 }))
    const now = new Date(7 * 60_000 + 5)
    const all = throughputOf(ended, { isCut: false, minutes: 6, now })
    expect([all.from, all.to, all.minutes.length]).toEqual([minute(2), minute(7), 3])
    const cut = throughputOf(ended, { isCut: true, minutes: 6, now })
    expect([cut.from, cut.to, cut.minutes.length]).toEqual([minute(4), minute(7), 2])
  })
})
