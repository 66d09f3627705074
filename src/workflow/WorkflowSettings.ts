import { Config, Duration } from "effect"

/** How often a process says that it is alive. One row update, however many workflows it runs. */
export const HEARTBEAT_INTERVAL = Duration.seconds(30)
/** How long a beat may take before it counts as failed. */
export const HEARTBEAT_TIMEOUT = Duration.seconds(5)
/** A lease outlives this many beats: one may be lost and one late. */
export const BEATS_PER_LEASE = 3
/** Task updates are gathered for this long: quick enough to watch, and four statements a second at most. */
export const WRITER_DEBOUNCE = Duration.millis(250)
/** How often a process looks for requests to its workflows, and for workflows that want an owner. */
export const POLL_INTERVAL = Duration.millis(500)
/** How long a shutdown may take altogether; what has not ended by then is left to the fence. */
export const SHUTDOWN_DEADLINE = Duration.seconds(10)
/** How many workflows a process runs at once; more are stored as pending, for whoever has room. */
export const MAX_ACTIVE_WORKFLOWS = 10_000

/** How long workflows that have ended are kept, with their tasks. */
export const RETENTION = Duration.days(30)

/** What can be set. */
export interface WorkflowSettings {
  /** 30 s. */
  readonly heartbeatInterval: Duration.Duration
  /** 5 s. */
  readonly heartbeatTimeout: Duration.Duration
  /** 250 ms. */
  readonly writerDebounce: Duration.Duration
  /** 500 ms. */
  readonly pollInterval: Duration.Duration
  /** 10 s. */
  readonly shutdownDeadline: Duration.Duration
  /** 10,000. */
  readonly maxActiveWorkflows: number
  /** 30 days. */
  readonly retention: Duration.Duration
  /**
   * Whose workflows are taken over: none given, everybody's. Otherwise only those of these projects, these workflows, what is started
   * here, and what `WorkflowInfra.adopt` adds: a command finishes what it was asked for, and nothing else.
   */
  readonly takeover?: { readonly projectIds: ReadonlyArray<string>; readonly workflowIds: ReadonlyArray<string> }
  /**
   * Whether no other process can work on this database: false. Where it is so (a database that this process brought along), a late beat
   * is no lost lease, because nobody could have taken over.
   */
  readonly alone?: boolean
}

/** Every default. */
export const defaults: WorkflowSettings = {
  heartbeatInterval: HEARTBEAT_INTERVAL,
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  writerDebounce: WRITER_DEBOUNCE,
  pollInterval: POLL_INTERVAL,
  shutdownDeadline: SHUTDOWN_DEADLINE,
  maxActiveWorkflows: MAX_ACTIVE_WORKFLOWS,
  retention: RETENTION
}

/**
 * From `WORKFLOW_HEARTBEAT_INTERVAL`, `WORKFLOW_HEARTBEAT_TIMEOUT`, `WORKFLOW_WRITER_DEBOUNCE`, `WORKFLOW_POLL_INTERVAL`,
 * `WORKFLOW_SHUTDOWN_DEADLINE`, `WORKFLOW_RETENTION` (durations: "30 seconds") and `WORKFLOW_MAX_ACTIVE`.
 */
export const config: Config.Config<WorkflowSettings> = Config.all({
  heartbeatInterval: Config.withDefault(Config.duration("HEARTBEAT_INTERVAL"), HEARTBEAT_INTERVAL),
  heartbeatTimeout: Config.withDefault(Config.duration("HEARTBEAT_TIMEOUT"), HEARTBEAT_TIMEOUT),
  writerDebounce: Config.withDefault(Config.duration("WRITER_DEBOUNCE"), WRITER_DEBOUNCE),
  pollInterval: Config.withDefault(Config.duration("POLL_INTERVAL"), POLL_INTERVAL),
  shutdownDeadline: Config.withDefault(Config.duration("SHUTDOWN_DEADLINE"), SHUTDOWN_DEADLINE),
  maxActiveWorkflows: Config.withDefault(Config.integer("MAX_ACTIVE"), MAX_ACTIVE_WORKFLOWS),
  retention: Config.withDefault(Config.duration("RETENTION"), RETENTION)
}).pipe(Config.nested("WORKFLOW"))

/** How long a lease lasts after a beat: three intervals, each with the time that a beat may take. */
export const leaseDuration = (settings: WorkflowSettings): Duration.Duration =>
  Duration.times(Duration.sum(settings.heartbeatInterval, settings.heartbeatTimeout), BEATS_PER_LEASE)

/** How long before a lease's end its owner stops by itself: time enough to stop. */
const MINIMUM_MARGIN = Duration.seconds(2)

/**
 * How long after a beat was *sent* its owner may still work without another: the lease less a sixth of it, and less two seconds at least
 * (a lease shorter than four seconds: less half of it).
 */
export const workingTime = (settings: WorkflowSettings): Duration.Duration => {
  const lease = leaseDuration(settings)
  const margin = Duration.min(
    Duration.max(MINIMUM_MARGIN, Duration.unsafeDivide(lease, 6)),
    Duration.unsafeDivide(lease, 2)
  )
  return Duration.subtract(lease, margin)
}
