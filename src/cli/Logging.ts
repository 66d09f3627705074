import { Config, type ConfigError, Effect, Layer, Logger, LogLevel } from "effect"
import { oneLine } from "./Failure.ts"
import { Screen } from "./Screen.ts"

/** What goes wrong is said by the command itself; of the rest, only what somebody should know. */
const DEFAULT_LEVEL = LogLevel.Warning

/** Log lines on standard error, above what is drawn, without passwords; from the level in `LOG_LEVEL` on (default: "warn"); no other word will do. */
export const layer: Layer.Layer<never, ConfigError.ConfigError, Screen> = Layer.unwrapEffect(
  Effect.gen(function* () {
    const screen = yield* Screen
    const level = yield* Config.withDefault(Config.logLevel("LOG_LEVEL"), DEFAULT_LEVEL)
    const logger = Logger.map(Logger.logfmtLogger, (line) => screen.unsafePrintError(oneLine(line, LONGEST_LINE)))
    return Layer.merge(Logger.replace(Logger.defaultLogger, logger), Logger.minimumLogLevel(level))
  })
)

/** A stack trace fits in. */
const LONGEST_LINE = 10_000
