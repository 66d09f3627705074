import { Metric } from "effect"

/** Gauge: workflows that run in this process now. */
export const active = Metric.gauge("workflow_active", { description: "Workflows that this process runs" })

/** Runs that have ended in this process, tagged with the `state` that followed, or with `lost` if the ownership was lost. */
export const ended = Metric.counter("workflow_runs_ended_total", {
  description: "Runs that ended in this process, by the state that followed",
  incremental: true
})

/** Pending workflows that this process has claimed. */
export const claimed = Metric.counter("workflow_claimed_total", {
  description: "Workflows taken over or picked up by this process",
  incremental: true
})

/** Heartbeats that renewed this process's lease. */
export const heartbeats = Metric.counter("workflow_heartbeats_total", {
  description: "Beats that renewed the lease",
  incremental: true
})

/** Leases that this process has lost. */
export const leasesLost = Metric.counter("workflow_leases_lost_total", {
  description: "Leases that were lost",
  incremental: true
})

/** Task rows that the writers have stored. */
export const taskRowsWritten = Metric.counter("workflow_task_rows_written_total", {
  description: "Task rows that the writers stored",
  incremental: true
})

/** Failures of the engine's own statements because the database was unavailable or refused them. Each is retried. */
export const refusals = Metric.counter("workflow_database_refusals_total", {
  description: "Statements of the engine's own that the database did not take",
  incremental: true
})

/** Unexpected failures of background loops: each is a bug in the engine. */
export const defects = Metric.counter("workflow_defects_total", {
  description: "Failures of background loops that nobody foresaw",
  incremental: true
})
