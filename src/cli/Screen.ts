import { Config, Context, Effect, Layer, Option, type Scope } from "effect"
import type { Room } from "./Progress.ts"
import { ansi, plain, type Style, widthOf } from "./Text.ts"

/** Columns where nobody says how many there are: pipes and files. */
const DEFAULT_WIDTH = 120
const DEFAULT_HEIGHT = 40

/** A terminal draws a frame between these at once, so that it does not flicker; others pass over them. */
const FRAME = { begin: "\u001b[?2026h", end: "\u001b[?2026l" }
const HIDE_CURSOR = "\u001b[?25l"
const SHOW_CURSOR = "\u001b[?25h"
const CLEAR_LINE = "\u001b[K"
const CLEAR_BELOW = "\u001b[J"

/** What a person sees: lines that stay, and below them, on a terminal, lines that are drawn over. */
export interface ScreenService {
  /** Whether lines can be drawn over: standard output is a terminal, and neither `CI`, `NO_COLOR` nor `TERM=dumb` is set. */
  readonly live: boolean
  readonly style: Style
  readonly room: Effect.Effect<Room>
  /** Prints lines that stay, above what is drawn. */
  readonly print: (text: string) => Effect.Effect<void>
  /** The same on standard error, for logs and errors. */
  readonly printError: (text: string) => Effect.Effect<void>
  /** For loggers, which are no effects. */
  readonly unsafePrintError: (text: string) => void
  /** Draws over what was drawn before; nothing where the screen is not live. Not safe for several fibers. */
  readonly draw: (lines: ReadonlyArray<string>) => Effect.Effect<void>
}

/** The part of `process.stdout` that a screen needs. */
export interface Output {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  readonly write: (text: string) => unknown
}

/** Where the program shows what it does. */
export class Screen extends Context.Tag("workflow-infra/cli/Screen")<Screen, ScreenService>() {
  /** Over standard output and standard error. What is drawn is wiped away with the scope, and the cursor is back. */
  static readonly layer: Layer.Layer<Screen> = Layer.scoped(
    Screen,
    Effect.gen(function* () {
      const wantsPlain = yield* Effect.orElseSucceed(plainConfig, () => true)
      yield* surviveClosedPipe
      return yield* make(process.stdout, process.stderr, wantsPlain)
    })
  )
}

const isSet = (name: string) =>
  Config.map(
    Config.option(Config.string(name)),
    Option.exists((value) => value !== "" && value !== "false")
  )

const plainConfig = Config.map(
  Config.all([isSet("CI"), isSet("NO_COLOR"), Config.withDefault(Config.string("TERM"), "")]),
  ([ci, noColor, term]) => ci || noColor || term === "dumb"
)

/**
 * `… | head` closes our output: what is left of it is dropped, the files are written all the same. Any other error of standard output (a full
 * disk) is told, and the exit code is 1.
 */
const surviveClosedPipe = Effect.sync(() => {
  process.stderr.on("error", () => {})
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE" || process.exitCode === 1) return
    process.exitCode = 1
    process.stderr.write(`standard output cannot be written (${error.code ?? error.message})\n`)
  })
})

/** A screen over any output. */
export const make = (
  output: Output,
  errors: Output,
  wantsPlain: boolean
): Effect.Effect<ScreenService, never, Scope.Scope> =>
  Effect.gen(function* () {
    const live = output.isTTY === true && !wantsPlain
    let drawn: ReadonlyArray<string> = []
    const width = () => output.columns ?? DEFAULT_WIDTH
    // A terminal that was made narrower has broken the lines that no longer fit.
    const up = () => drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / width())), 0)
    const rewind = () => (drawn.length === 0 ? "" : `\u001b[${up()}A\r`)
    const frame = (lines: ReadonlyArray<string>) => lines.map((line) => `${line}${CLEAR_LINE}\n`).join("")
    const erase = () => {
      if (drawn.length > 0) output.write(`${rewind()}${CLEAR_BELOW}`)
    }
    const above = (stream: Output) => (text: string) => {
      erase()
      stream.write(`${text}\n`)
      if (drawn.length > 0) output.write(frame(drawn))
    }
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        erase()
        drawn = []
        if (live) output.write(SHOW_CURSOR)
      })
    )
    return {
      live,
      style: live ? ansi : plain,
      room: Effect.sync(() => ({ width: width() - 1, height: (output.rows ?? DEFAULT_HEIGHT) - 1 })),
      print: (text) => Effect.sync(() => above(output)(text)),
      printError: (text) => Effect.sync(() => above(errors)(text)),
      unsafePrintError: above(errors),
      draw: (lines) =>
        Effect.sync(() => {
          if (!live) return
          output.write(
            `${FRAME.begin}${HIDE_CURSOR}${rewind()}${frame(lines)}${CLEAR_BELOW}${lines.length === 0 ? SHOW_CURSOR : ""}${FRAME.end}`
          )
          drawn = lines
        })
    }
  })
