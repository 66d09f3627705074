import { signal } from "@preact/signals"

/** An error as the API tells it (RFC 9457); `status` 0: no answer came. */
export interface Problem {
  readonly status: number
  readonly title: string
  readonly detail: string
  /** The kind of the error, without its prefix: `stale`. */
  readonly kind: string
  /** Where the server's log says more. */
  readonly reference?: string
  /** Of a decision that came too late: who has decided. */
  readonly by?: string
  /** Of what runs already: its id. */
  readonly workflowId?: string
}

/** A request that failed. */
export class RequestFailed extends Error {
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.detail)
    this.problem = problem
  }
}

const KEY = "token"

/** The token that is sent, where the server wants one. It is kept until the tab is closed. */
export const token = signal(stored())
/** Whether the server wants a token, or another one. */
export const isTokenWanted = signal(false)
/** How far the server's clock is ahead of ours, in milliseconds, to a second. */
export const ahead = signal(0)

function stored(): string {
  try {
    return sessionStorage.getItem(KEY) ?? ""
  } catch {
    return ""
  }
}

/** Uses a token from now on. */
export const setToken = (text: string): void => {
  token.value = text
  isTokenWanted.value = false
  try {
    sessionStorage.setItem(KEY, text)
  } catch {
    // It holds until the page is loaded again.
  }
}

/** What a request may have. */
export interface Sending {
  readonly method?: "GET" | "POST" | "PATCH" | "PUT" | "DELETE"
  /** Sent as JSON. */
  readonly body?: unknown
  /** The version that was seen. */
  readonly version?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** Sends a request to our own server; rejects with `RequestFailed`. */
export const send = async (path: string, { body, headers, method = "GET", signal: abort, version }: Sending = {}) => {
  const sent = new Headers(headers)
  if (token.value !== "") sent.set("authorization", `Bearer ${token.value}`)
  if (body !== undefined) sent.set("content-type", "application/json")
  if (version !== undefined) sent.set("if-match", `"${version}"`)
  const response = await fetch(path, {
    method,
    headers: sent,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(abort === undefined ? {} : { signal: abort })
  }).catch((cause: unknown) => {
    if (abort?.aborted === true) throw cause
    throw new RequestFailed({
      status: 0,
      kind: "no-answer",
      title: "The server does not answer",
      detail: "It may be starting again, or the network is gone. Workflows go on without this page."
    })
  })
  const date = Date.parse(response.headers.get("date") ?? "")
  if (Number.isFinite(date) && Math.abs(date - Date.now() - ahead.peek()) > 2_000) ahead.value = date - Date.now()
  if (response.ok) return response
  if (response.status === 401) isTokenWanted.value = true
  throw new RequestFailed(await problemOf(response))
}

/** The same, for an answer in JSON. */
export const ask = async <A>(path: string, options: Sending = {}): Promise<A> => {
  const value: A = await (await send(path, { ...options, headers: { accept: "application/json" } })).json()
  return value
}

const problemOf = async (response: Response): Promise<Problem> => {
  const { status, statusText } = response
  const given: Partial<Record<string, unknown>> = await response.json().catch(() => ({}))
  const text = (name: string) => (typeof given[name] === "string" ? { [name]: given[name] } : {})
  return {
    status,
    kind: String(given["type"] ?? "").replace(/^.*:/, ""),
    title: String(given["title"] ?? statusText),
    detail: String(given["detail"] ?? ""),
    ...text("reference"),
    ...text("by"),
    ...text("workflowId")
  }
}

/** What went wrong, as a problem. */
export const problemFrom = (error: unknown): Problem =>
  error instanceof RequestFailed
    ? error.problem
    : { status: 0, kind: "page", title: "The page has failed", detail: error instanceof Error ? error.message : "" }

/** Whether what was asked for is not there (yet). */
export const isMissing = (error: unknown): boolean => error instanceof RequestFailed && error.problem.status === 404
