import { Config, Duration, Option } from "effect"

/** Delay between two heartbeats of a process: 30 s. A heartbeat is one row update, however many workflows run. */
export const HEARTBEAT_INTERVAL = Duration.seconds(30)
/** Time limit of a heartbeat before it is retried: 5 s, as long as the statement timeout of the control pool. */
export const HEARTBEAT_TIMEOUT = Duration.seconds(5)
/** Duration of a lease in heartbeats: 3, so that one may be lost and the next one late. */
export const BEATS_PER_LEASE = 3
/** Debounce of task states: 250 ms, so that a process writes at most four times a second and people see no delay. */
export const WRITER_DEBOUNCE = Duration.millis(250)
/** Interval at which a process reads requests to its workflows and claims pending ones: 500 ms. Notifications make it sooner. */
export const POLL_INTERVAL = Duration.millis(500)
/** Interval at which a process looks at a workflow that it awaits or follows: 2 s. Notifications make it sooner. */
export const WATCH_INTERVAL = Duration.seconds(2)
/** Time limit of a shutdown: 10 s, as long as `docker stop` waits. The fence refuses later writes. */
export const SHUTDOWN_DEADLINE = Duration.seconds(10)
/** Maximum number of workflows that a process runs at once: 10,000. More are stored as `pending`. */
export const MAX_ACTIVE_WORKFLOWS = 10_000

/**
 * How long ended workflows and their tasks are kept: 30 days. The newest of each kind, project and datasource is kept for ever.
 */
export const RETENTION = Duration.days(30)

/** The settings of the engine in one process. */
export interface WorkflowSettings {
  /** Delay between two heartbeats. Default: 30 s. */
  readonly heartbeatInterval: Duration.Duration
  /** Time limit of a heartbeat. Default: 5 s. */
  readonly heartbeatTimeout: Duration.Duration
  /** How long task states are gathered before they are written. Default: 250 ms. */
  readonly writerDebounce: Duration.Duration
  /** Delay between two polls for requests and for pending workflows. Default: 500 ms. */
  readonly pollInterval: Duration.Duration
  /**
   * Maximum delay between two looks at a workflow that somebody awaits (`execute`, `join`) or follows (`changes`), where no
   * notification comes. Default: 2 s.
   */
  readonly watchInterval: Duration.Duration
  /** Time limit of a shutdown. Default: 10 s. */
  readonly shutdownDeadline: Duration.Duration
  /** Maximum number of workflows that this process runs at once; 0: it starts workflows, and runs none. Default: 10,000. */
  readonly maxActiveWorkflows: number
  /** How long ended workflows and their tasks are kept; infinity: for ever. Default: 30 days. */
  readonly retention: Duration.Duration
  /**
   * Limits takeover to workflows of these projects, these workflows, those started here, and those that `WorkflowInfra.adopt`
   * adds: for a command that must not run other people's workflows. Default: all workflows.
   */
  readonly takeover?: { readonly projectIds: ReadonlyArray<string>; readonly workflowIds: ReadonlyArray<string> }
  /**
   * Whether no other process can use this database (an embedded one). If so, a late heartbeat does not lose the lease, because
   * no process could have taken over. Default: false.
   */
  readonly alone?: boolean
}

/** The settings as a program gives them: durations in any form ("30 seconds"), each setting optional. */
export type WorkflowOptions = {
  readonly [Name in keyof WorkflowSettings]?: WorkflowSettings[Name] extends Duration.Duration
    ? Duration.DurationInput
    : WorkflowSettings[Name]
}

/**
 * The default of every setting.
 *
 * @example
 * ```ts
 * yield* Effect.log(`a lease lasts ${WorkflowSettings.leaseDuration(WorkflowSettings.defaults)}`)
 * ```
 */
export const defaults: WorkflowSettings = {
  heartbeatInterval: HEARTBEAT_INTERVAL,
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  writerDebounce: WRITER_DEBOUNCE,
  pollInterval: POLL_INTERVAL,
  watchInterval: WATCH_INTERVAL,
  shutdownDeadline: SHUTDOWN_DEADLINE,
  maxActiveWorkflows: MAX_ACTIVE_WORKFLOWS,
  retention: RETENTION
}

/** What a setting has to be. */
interface Rule<A> {
  /** In the words of an error: "must be …". */
  readonly words: string
  readonly isKept: (value: A) => boolean
}

/** Not 0, which would be a loop without a pause, and not endless, which would be none at all. */
const INTERVAL: Rule<Duration.Duration> = {
  words: "a duration of 1 millisecond or more that ends",
  isKept: (value) => Duration.toMillis(value) >= 1 && Duration.isFinite(value)
}
const DELAY: Rule<Duration.Duration> = { words: "a duration that ends", isKept: Duration.isFinite }
/** Not 0, which would remove results before they are read, and which people write who mean "for ever". */
const AGE: Rule<Duration.Duration> = {
  words: "a duration of 1 millisecond or more",
  isKept: (value) => Duration.toMillis(value) >= 1
}
/** The most is PostgreSQL's largest `integer`. */
const COUNT: Rule<number> = {
  words: "a whole number from 0 to 2147483647",
  isKept: (value) => Number.isInteger(value) && value >= 0 && value < 2 ** 31
}

/** A duration that a program gave. Throws `RangeError` if it is not what the rule says. */
const durationOf = (
  name: string,
  { isKept, words }: Rule<Duration.Duration>,
  given: Duration.DurationInput
): Duration.Duration =>
  Option.getOrThrowWith(
    Option.filter(Duration.decodeUnknown(given), isKept),
    () =>
      new RangeError(
        `${name} must be ${words}, but is ${Duration.isDuration(given) ? Duration.format(given) : String(given)}`
      )
  )

/**
 * The settings that a program gave, with the default of every other one. Throws `RangeError` if an interval is 0 or endless, the retention
 * is 0, or `maxActiveWorkflows` is no whole number from 0.
 *
 * @example
 * ```ts
 * const settings = WorkflowSettings.make({ pollInterval: "1 second", retention: "90 days" })
 * const engine = WorkflowInfra.layerWith(settings)
 * ```
 */
export const make = (options: WorkflowOptions = {}): WorkflowSettings => {
  const { maxActiveWorkflows = MAX_ACTIVE_WORKFLOWS } = options
  if (!COUNT.isKept(maxActiveWorkflows)) {
    throw new RangeError(`maxActiveWorkflows must be ${COUNT.words}, but is ${maxActiveWorkflows}`)
  }
  return {
    ...options,
    maxActiveWorkflows,
    heartbeatInterval: durationOf("heartbeatInterval", INTERVAL, options.heartbeatInterval ?? HEARTBEAT_INTERVAL),
    heartbeatTimeout: durationOf("heartbeatTimeout", INTERVAL, options.heartbeatTimeout ?? HEARTBEAT_TIMEOUT),
    writerDebounce: durationOf("writerDebounce", DELAY, options.writerDebounce ?? WRITER_DEBOUNCE),
    pollInterval: durationOf("pollInterval", INTERVAL, options.pollInterval ?? POLL_INTERVAL),
    watchInterval: durationOf("watchInterval", INTERVAL, options.watchInterval ?? WATCH_INTERVAL),
    shutdownDeadline: durationOf("shutdownDeadline", DELAY, options.shutdownDeadline ?? SHUTDOWN_DEADLINE),
    retention: durationOf("retention", AGE, options.retention ?? RETENTION)
  }
}

/** A setting of the environment, or its default where it is not set. Fails with `ConfigError` if it is not what the rule says. */
const read = <A>(setting: Config.Config<A>, { isKept, words }: Rule<A>, byDefault: A) =>
  setting.pipe(Config.validate({ message: `must be ${words}`, validation: isKept }), Config.withDefault(byDefault))

/**
 * Reads the settings from `WORKFLOW_HEARTBEAT_INTERVAL`, `WORKFLOW_HEARTBEAT_TIMEOUT`, `WORKFLOW_WRITER_DEBOUNCE`,
 * `WORKFLOW_POLL_INTERVAL`, `WORKFLOW_WATCH_INTERVAL`, `WORKFLOW_SHUTDOWN_DEADLINE`, `WORKFLOW_RETENTION` (durations:
 * "30 seconds") and `WORKFLOW_MAX_ACTIVE`, with the rules of `make`.
 *
 * @example
 * ```ts
 * const ours = Layer.unwrapEffect(
 *   Effect.map(WorkflowSettings.config, (settings) => WorkflowInfra.layer({ ...settings, shutdownDeadline: "25 seconds" }))
 * )
 * ```
 */
export const config: Config.Config<WorkflowSettings> = Config.all({
  heartbeatInterval: read(Config.duration("WORKFLOW_HEARTBEAT_INTERVAL"), INTERVAL, HEARTBEAT_INTERVAL),
  heartbeatTimeout: read(Config.duration("WORKFLOW_HEARTBEAT_TIMEOUT"), INTERVAL, HEARTBEAT_TIMEOUT),
  writerDebounce: read(Config.duration("WORKFLOW_WRITER_DEBOUNCE"), DELAY, WRITER_DEBOUNCE),
  pollInterval: read(Config.duration("WORKFLOW_POLL_INTERVAL"), INTERVAL, POLL_INTERVAL),
  watchInterval: read(Config.duration("WORKFLOW_WATCH_INTERVAL"), INTERVAL, WATCH_INTERVAL),
  shutdownDeadline: read(Config.duration("WORKFLOW_SHUTDOWN_DEADLINE"), DELAY, SHUTDOWN_DEADLINE),
  maxActiveWorkflows: read(Config.integer("WORKFLOW_MAX_ACTIVE"), COUNT, MAX_ACTIVE_WORKFLOWS),
  retention: read(Config.duration("WORKFLOW_RETENTION"), AGE, RETENTION)
})

/**
 * Interval of what nobody needs in memory: 20 days, less than the longest timer of Node.js (24.8 days). A sleep that something else has
 * ended remains a step of `TestClock` at its time, so an interval of an hour would cost a step for every wait within the hour.
 */
const RARELY = Duration.days(20)

/**
 * The settings of an engine in memory. No other process is there, every notification is heard, and writes cost nothing, so polls and
 * heartbeats are rare, and nothing is gathered: each of them is a step of `TestClock`, which takes 5 ms and more, and an hour should pass
 * within a second on a busy machine, too.
 *
 * @example
 * ```ts
 * const engine = WorkflowInfra.layerWith({ ...WorkflowSettings.inMemory, maxActiveWorkflows: 1 })
 * ```
 */
export const inMemory: WorkflowSettings = {
  ...defaults,
  writerDebounce: Duration.zero,
  pollInterval: RARELY,
  watchInterval: RARELY,
  heartbeatInterval: RARELY,
  alone: true
}

/**
 * How long a lease lasts after a heartbeat: 3 × (heartbeat interval + heartbeat timeout).
 *
 * @example
 * ```ts
 * const settings = WorkflowSettings.make({ heartbeatInterval: "10 seconds", heartbeatTimeout: "2 seconds" })
 * const lease = WorkflowSettings.leaseDuration(settings) // 36 seconds
 * ```
 */
export const leaseDuration = (settings: WorkflowSettings): Duration.Duration =>
  Duration.times(Duration.sum(settings.heartbeatInterval, settings.heartbeatTimeout), BEATS_PER_LEASE)

/** Minimum time before the end of a lease at which its owner stops: enough to interrupt its workflows. */
const MINIMUM_MARGIN = Duration.seconds(2)

/**
 * How long an owner may work after it has *sent* a successful heartbeat: the lease less a margin of max(2 s, lease / 6), at
 * most lease / 2.
 *
 * @example
 * ```ts
 * const working = WorkflowSettings.workingTime(WorkflowSettings.defaults) // 87.5 seconds of a lease of 105
 * ```
 */
export const workingTime = (settings: WorkflowSettings): Duration.Duration => {
  const lease = leaseDuration(settings)
  const margin = Duration.min(
    Duration.max(MINIMUM_MARGIN, Duration.unsafeDivide(lease, 6)),
    Duration.unsafeDivide(lease, 2)
  )
  return Duration.subtract(lease, margin)
}
