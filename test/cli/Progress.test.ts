import { describe, expect, it } from "@effect/vitest"
import { Option } from "effect"
import { milestone, render, SAID_NOTHING, waiting, type Watched } from "../../src/cli/Progress.ts"
import { ansi, plain, widthOf } from "../../src/cli/Text.ts"
import type { Workflow } from "../../src/workflow/WorkflowState.ts"
import type { WorkflowTask } from "../../src/workflow/WorkflowTask.ts"

const ROOM = { width: 100, height: 40 }

const workflow = (state: Workflow["state"], other: Partial<Workflow> = {}): Option.Option<Workflow> =>
  Option.some({
    id: "w",
    projectId: "p",
    datasourceId: Option.none(),
    ontologyId: Option.none(),
    idempotencyKey: Option.none(),
    exclusiveKey: Option.none(),
    kind: "k",
    version: 1,
    state,
    requested: Option.none(),
    config: {},
    errorMessage: Option.none(),
    ownerId: Option.none(),
    epoch: 1,
    attempt: 0,
    createdAt: new Date(0),
    startAt: new Date(0),
    priority: 0,
    startedAt: Option.none(),
    completedAt: Option.none(),
    progress: Option.none(),
    ...other
  })

const tasks = (counts: { readonly completed?: number; readonly running?: number; readonly pending?: number }) => {
  const { completed = 0, pending = 0, running = 0 } = counts
  return {
    progress: { message: "", done: completed, total: completed + running + pending },
    running: Array.from({ length: running }, (_, place): WorkflowTask => {
      const ordinal = completed + place
      return {
        id: `t${ordinal}`,
        ordinal,
        name: `Reading table_${ordinal}`,
        status: "running",
        requiresLlm: false,
        error: Option.none(),
        retryCount: 0,
        startedAt: Option.some(new Date(2_000)),
        completedAt: Option.none()
      }
    })
  }
}

const watched = (
  state: Workflow["state"],
  { tasks: of, ...other }: Partial<Watched> & { readonly tasks?: ReturnType<typeof tasks> } = {}
): Watched => ({
  title: "Entities",
  workflow: workflow(state, { progress: Option.map(Option.fromNullable(of), ({ progress }) => progress) }),
  running: of?.running ?? [],
  startedAt: Option.some(1_000),
  endedAt: Option.none(),
  ...other
})

describe("Progress on a terminal", () => {
  it("shows every workflow with how far it is, and what it is doing", () => {
    const lines = render(
      [
        watched("completed", { tasks: tasks({ completed: 20 }), endedAt: Option.some(2_200) }),
        watched("running", { title: "Relationships", tasks: tasks({ completed: 1, running: 2, pending: 1 }) }),
        waiting("Ontology")
      ],
      ROOM,
      4_500,
      plain
    )
    expect(lines.map((line) => line.replaceAll(/ {2,}/g, "  "))).toEqual([
      " ✓ Entities  █████████████████████████  20 tasks  1.2 s",
      " › Relationships  ██████▎  1 of 4 tasks  3.5 s",
      "  Reading table_1  2.5 s",
      "  Reading table_2  2.5 s",
      " · Ontology  waiting"
    ])
  })

  it("is not full before the tasks that are still to come are done, and says how many there were in the end", () => {
    const progress = Option.some({ message: "looking", done: 4, total: 10 })
    const line = (state: Workflow["state"]) =>
      render([watched(state, { workflow: workflow(state, { progress }) })], ROOM, 2_000, plain)
    expect(line("running").join()).toMatch(/4 of 10 tasks · looking/)
    expect(line("completed").join()).toMatch(/ 10 tasks/)
  })

  it("has a bar on narrow terminals, too", () => {
    const relationships = watched("running", { title: "Relationships", tasks: tasks({ completed: 1, pending: 1 }) })
    for (const width of [59, 79])
      expect(render([relationships], { width, height: 40 }, 4_500, plain)[0]).toMatch(/█{4}.* 1 of 2 tasks +3\.5 s$/)
  })

  it("names the first of many running tasks and counts the others", () => {
    const lines = render([watched("running", { tasks: tasks({ running: 90 }) })], ROOM, 3_000, plain)
    expect(lines).toHaveLength(6)
    expect(lines.at(-1)).toBe("    + 86 more")
  })

  it("says why a workflow failed or waits", () => {
    const failed = workflow("failed", { errorMessage: Option.some("permission denied for table x\nDETAIL: no") })
    const text = render(
      [watched("failed", { workflow: failed }), watched("paused"), watched("pending")],
      ROOM,
      0,
      plain
    ).join("\n")
    expect(text).toContain("✗ Entities")
    expect(text).toContain("permission denied for table x")
    expect(text).not.toContain("DETAIL")
    expect(text).toContain("paused")
    expect(text).toContain("waits for a process")
  })

  it("never draws beyond the terminal, at any size", () => {
    const all = ["Entities", "Relationships", "Ontology"].map((title) =>
      watched("running", { title, tasks: tasks({ completed: 3, running: 50, pending: 900 }) })
    )
    for (const width of [40, 60, 80, 200])
      for (const height of [2, 3, 10, 50]) {
        const lines = render(all, { width, height }, 9_999_999, ansi)
        expect(lines.length).toBeLessThanOrEqual(height)
        expect(lines.filter((line) => widthOf(line) > width)).toEqual([])
      }
  })
})

describe("Progress in a log", () => {
  const follow = (steps: ReadonlyArray<readonly [now: number, Watched]>) => {
    let said = SAID_NOTHING
    return steps.flatMap(([now, state]) => {
      const [line, next] = milestone(state, said, now)
      said = next
      return Option.toArray(line)
    })
  }

  it("is a line when a workflow starts and one when it ends, if it is quick", () => {
    const running = watched("running", { tasks: tasks({ completed: 3, pending: 1 }) })
    const done = watched("completed", { tasks: tasks({ completed: 4 }), endedAt: Option.some(1_900) })
    expect(
      follow([
        [0, waiting("Entities")],
        [1_000, running],
        [1_200, running],
        [1_900, done],
        [2_100, done]
      ])
    ).toEqual(["entities: started", "entities: done, 4 tasks in 0.9 s"])
  })

  it("says that a slow one has come a quarter further, and says it once", () => {
    const at = (completed: number) => watched("running", { tasks: tasks({ completed, pending: 1_000 - completed }) })
    const steps = Array.from({ length: 1_000 }, (_, n) => [n * 100, at(n)] as const)
    expect(follow(steps)).toEqual([
      "entities: started",
      "entities: 250 of 1,000 tasks",
      "entities: 500 of 1,000 tasks",
      "entities: 750 of 1,000 tasks"
    ])
  })

  it("says from time to time what is tried again, and why", () => {
    const [task] = tasks({ running: 1 }).running
    if (task === undefined) throw new Error("no task")
    const stuck = watched("running", {
      running: [{ ...task, retryCount: 3, error: Option.some("connection refused\n") }]
    })
    const steps = Array.from({ length: 40 }, (_, n) => [n * 1_000, stuck] as const)
    expect(follow(steps)).toEqual(["entities: started", "entities: trying again: connection refused"])
  })

  it("says that a workflow failed, and leaves to the program's last line why", () => {
    const failed = watched("failed", {
      workflow: workflow("failed", { errorMessage: Option.some("the server ended the connection") }),
      endedAt: Option.some(61_000)
    })
    expect(follow([[0, failed]])).toEqual(["entities: failed after 1 min 00 s"])
  })
})
