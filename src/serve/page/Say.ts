import { signal } from "@preact/signals"
import { type Problem, problemFrom } from "./Requests.ts"
import { readAgain } from "./Live.ts"

/** What is told at the head of the page, until something else is, or one goes elsewhere. */
export interface Saying {
  readonly tone: "done" | "bad" | "busy"
  readonly title: string
  readonly detail: string
  /** What can be done about it. */
  readonly action?: { readonly name: string; readonly key?: string; readonly run: () => void }
}

/** @see Saying */
export const said = signal<Saying | undefined>(undefined)

/** Milliseconds for which what is told survives that one goes elsewhere: it may be what led there. */
const FRESH = 1_500
let saidAt = 0
said.subscribe(() => (saidAt = performance.now()))

/** Forgets what was told, where one goes elsewhere. */
export const unsay = (): void => {
  if (said.value?.tone !== "busy" && performance.now() - saidAt > FRESH) said.value = undefined
}

/** Tells that something was done. */
export const say = (title: string, detail = "", action?: Saying["action"]): void => {
  said.value = { tone: "done", title, detail, ...(action === undefined ? {} : { action }) }
}

/** Tells what is being done, until what has come of it is told. */
export const sayBusy = (title: string, detail: string): void => {
  said.value = { tone: "busy", title, detail }
}

/** Tells what went wrong. */
export const sayProblem = ({ detail, title }: Problem): void => {
  said.value = { tone: "bad", title: `${title}.`, detail }
}

/** Does something, tells when it has failed, and has what is shown read again. */
export const attempt = async <A>(what: () => Promise<A>): Promise<A | undefined> => {
  try {
    const made = await what()
    readAgain()
    return made
  } catch (error) {
    sayProblem(problemFrom(error))
    return undefined
  }
}
