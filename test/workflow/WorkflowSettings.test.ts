import { describe, expect, it } from "@effect/vitest"
import { ConfigProvider, Duration, Effect } from "effect"
import * as WorkflowSettings from "../../src/workflow/WorkflowSettings.ts"

const fromEnvironment = (variables: Record<string, string>) =>
  Effect.withConfigProvider(WorkflowSettings.config, ConfigProvider.fromMap(new Map(Object.entries(variables))))

describe("settings", () => {
  it("that are left out, or undefined, have their defaults", () => {
    expect(WorkflowSettings.make()).toEqual(WorkflowSettings.defaults)
    const nothing: object = { maxActiveWorkflows: undefined, pollInterval: undefined, retention: undefined }
    expect(WorkflowSettings.make(nothing)).toEqual(WorkflowSettings.defaults)
  })

  it("with which nothing would run, or without a pause, are refused by name", () => {
    const wrong: ReadonlyArray<WorkflowSettings.WorkflowOptions> = [
      { maxActiveWorkflows: -1 },
      { maxActiveWorkflows: Number.NaN },
      { maxActiveWorkflows: 1.5 },
      { maxActiveWorkflows: Infinity },
      { pollInterval: 0 },
      { pollInterval: "-1 seconds" },
      { pollInterval: Infinity },
      { heartbeatInterval: 0 },
      { heartbeatTimeout: 0 },
      { watchInterval: 0 },
      { writerDebounce: Infinity },
      { shutdownDeadline: Infinity },
      { retention: "-1 days" }
    ]
    for (const options of wrong) {
      const [name = ""] = Object.keys(options)
      expect(() => WorkflowSettings.make(options)).toThrow(new RegExp(`^${name} must be a `))
    }
    expect(WorkflowSettings.make({ maxActiveWorkflows: 0, retention: Infinity })).toEqual({
      ...WorkflowSettings.defaults,
      maxActiveWorkflows: 0,
      retention: Duration.infinity
    })
  })

  it.effect("of the environment have the names that are documented, whichever provider reads them", () =>
    Effect.gen(function* () {
      const { maxActiveWorkflows, pollInterval } = yield* fromEnvironment({
        WORKFLOW_POLL_INTERVAL: "5 seconds",
        WORKFLOW_MAX_ACTIVE: "7"
      })
      expect([Duration.toSeconds(pollInterval), maxActiveWorkflows]).toEqual([5, 7])
    })
  )

  it.effect("of the environment are refused by name and rule", () =>
    Effect.gen(function* () {
      for (const [name, value] of [
        ["WORKFLOW_POLL_INTERVAL", "0 seconds"],
        ["WORKFLOW_HEARTBEAT_INTERVAL", "0 seconds"],
        ["WORKFLOW_MAX_ACTIVE", "-3"],
        ["WORKFLOW_RETENTION", "-1 days"]
      ] as const) {
        const error = yield* Effect.flip(fromEnvironment({ [name]: value }))
        expect(String(error)).toContain(name)
        expect(String(error)).toContain("must be a ")
      }
    })
  )
})
