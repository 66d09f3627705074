import { problemFrom, type Problem, send } from "./Requests.ts"

/** A stream of events, as it stands: it never gives up but where the server says no. */
export type Standing =
  | { readonly is: "connecting" }
  | { readonly is: "live" }
  /** Times in milliseconds since 1970; `tries` counts those that failed since. `problem`: what the server has answered, where it has. */
  | {
      readonly is: "lost"
      readonly since: number
      readonly next: number
      readonly tries: number
      readonly problem: Problem | undefined
    }
  | { readonly is: "refused"; readonly problem: Problem }
  | { readonly is: "over" }

/** An event of a stream. */
export interface StreamEvent {
  readonly name: string
  readonly data: string
}

/** The server sends something every 15 seconds; a stream that is silent for three times as long is dead. */
const SILENCE = 45_000
/** Milliseconds before a stream is opened again: soon, and then less and less often, so that a server that starts is not overrun. */
const PAUSES = [1_000, 2_000, 4_000, 8_000, 15_000]

/** A stream that is followed. */
export interface Following {
  readonly stop: () => void
  /** Tries now, where it waits. */
  readonly wake: () => void
}

/**
 * Follows a stream of server-sent events, and takes up where it was after a break. By `fetch`: an `EventSource` sends no token, and does not
 * say what it is waiting for.
 */
export const follow = (
  path: string,
  { onEvent, onStanding }: { onEvent: (event: StreamEvent) => void; onStanding: (standing: Standing) => void }
): Following => {
  const stopped = new AbortController()
  let wake = () => {}
  let lastId: string | undefined
  let tries = 0
  let since: number | undefined

  const read = async () => {
    const attempt = new AbortController()
    const end = () => attempt.abort()
    stopped.signal.addEventListener("abort", end)
    let alarm = setTimeout(end, SILENCE)
    try {
      const headers = { accept: "text/event-stream", ...(lastId === undefined ? {} : { "last-event-id": lastId }) }
      const { body } = await send(path, { headers, signal: attempt.signal })
      if (body === null) return false
      const reader = body.pipeThrough(new TextDecoderStream()).getReader()
      let rest = ""
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return false
        clearTimeout(alarm)
        alarm = setTimeout(end, SILENCE)
        tries = 0
        since = undefined
        onStanding({ is: "live" })
        const blocks = (rest + value).split("\n\n")
        rest = blocks.pop() ?? ""
        for (const block of blocks) {
          const fields = new Map(block.split("\n").map((line) => split(line)))
          const name = fields.get("event")
          if (name === "end") return true
          if (name === undefined) continue
          onEvent({ name, data: fields.get("data") ?? "null" })
          lastId = fields.get("id") ?? lastId
        }
      }
    } finally {
      clearTimeout(alarm)
      stopped.signal.removeEventListener("abort", end)
      attempt.abort()
    }
  }

  const run = async () => {
    onStanding({ is: "connecting" })
    while (!stopped.signal.aborted) {
      let answered: Problem | undefined
      try {
        if (await read()) return onStanding({ is: "over" })
      } catch (error) {
        const problem = problemFrom(error)
        const isRefused = problem.status >= 400 && problem.status < 500 && problem.status !== 429
        if (isRefused) return stopped.signal.aborted ? undefined : onStanding({ is: "refused", problem })
        if (problem.status > 0) answered = problem
      }
      if (stopped.signal.aborted) return undefined
      since ??= Date.now()
      const pause = PAUSES[Math.min(tries, PAUSES.length - 1)] ?? 0
      tries++
      onStanding({ is: "lost", since, next: Date.now() + pause, tries, problem: answered })
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pause)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    return undefined
  }
  void run()
  return {
    stop: () => {
      stopped.abort()
      wake()
    },
    wake: () => wake()
  }
}

const split = (line: string): readonly [string, string] => {
  const colon = line.indexOf(":")
  return colon < 0 ? [line, ""] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")]
}
