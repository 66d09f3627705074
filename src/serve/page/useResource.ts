import { useEffect, useState } from "preact/hooks"
import { type Problem, problemFrom, token } from "./Requests.ts"
import { isHeld, revision } from "./Live.ts"

/** Something that is read from the server: what was read last stays while it is read again, and where that fails. */
export interface Resource<A> {
  readonly value: A | undefined
  readonly problem: Problem | undefined
  /** Reads it again. */
  readonly again: () => void
  /** Puts what the server has answered to something else in its place. */
  readonly set: (value: A) => void
}

/**
 * Reads something when `key` changes, after breaks of the connection, and, with `every`, after so many milliseconds while it is shown.
 * Nothing is read without a key.
 */
export const useResource = <A>(key: string | undefined, load: () => Promise<A>, every?: number): Resource<A> => {
  const [state, setState] = useState<{
    readonly key: string | undefined
    readonly value?: A
    readonly problem?: Problem
  }>({ key })
  const [turn, setTurn] = useState(0)
  const seen = revision.value
  const sent = token.value
  useEffect(() => {
    if (key === undefined) return undefined
    let isCurrent = true
    const read = async () => {
      try {
        const value = await load()
        if (isCurrent) setState({ key, value })
      } catch (error) {
        const problem = problemFrom(error)
        if (isCurrent) setState((before) => (before.key === key ? { ...before, problem } : { key, problem }))
      }
    }
    void read()
    return () => void (isCurrent = false)
  }, [key, turn, seen, sent])
  useEffect(() => {
    if (every === undefined) return undefined
    const timer = setInterval(() => {
      if (!document.hidden && !isHeld.peek()) setTurn((n) => n + 1)
    }, every)
    return () => clearInterval(timer)
  }, [every])
  const current = state.key === key ? state : undefined
  return {
    value: current?.value,
    problem: current?.problem,
    again: () => setTurn((n) => n + 1),
    set: (value) => setState({ key, value })
  }
}
