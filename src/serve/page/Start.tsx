import { useState } from "preact/hooks"
import { Icon } from "../../report/page/Icon.tsx"
import { counted } from "../../report/page/Text.ts"
import { ask, type Problem, problemFrom } from "./Requests.ts"
import { isConnected, readAgain } from "./Live.ts"
import { Empty } from "./Parts.tsx"
import { datasource, loadDatasources, ofDatasource, path } from "./Project.ts"
import { go, href } from "./Route.ts"
import { say, sayProblem } from "./Say.ts"
import type { Added } from "./Types.ts"

/** Starts a discovery, and goes to it; where one runs already, to that one. */
const discover = async (id: string): Promise<void> => {
  try {
    const started = await ask<{ readonly workflowId: string }>(ofDatasource(id, "/discoveries"), {
      method: "POST",
      body: {}
    })
    go(href("workflow", { id: started.workflowId, params: { datasource: id } }))
  } catch (error) {
    const problem = problemFrom(error)
    if (problem.workflowId === undefined) throw error
    go(href("workflow", { id: problem.workflowId, params: { datasource: id } }))
    say("It runs already.", "This is the one.")
  }
  readAgain()
}

/** Starts a discovery of the database that is shown. */
export const StartButton = () => {
  const at = datasource.value
  if (at === undefined) {
    return (
      <a class="btn primary" href={href("database")}>
        <Icon name="plus" />
        Add a database
      </a>
    )
  }
  return (
    <button
      type="button"
      class="btn primary"
      aria-disabled={!isConnected.value}
      onClick={() => discover(at.id).catch((error: unknown) => sayProblem(problemFrom(error)))}
    >
      <Icon name="play" />
      Start a discovery
    </button>
  )
}

/** What the page begins with, where nothing is there. */
export const FirstStart = () => (
  <div class="card emptyc first">
    <svg class="art" width="220" height="84" viewBox="0 0 220 84" aria-hidden="true">
      <path class="rules" d="M10 22h200M10 42h200M10 62h200" />
      <rect class="done" x="18" y="14" width="52" height="16" rx="4" />
      <rect class="run" x="58" y="34" width="70" height="16" rx="4" />
      <rect class="ghost" x="104.5" y="54.5" width="44" height="15" rx="4" />
      <rect class="ghost" x="154.5" y="54.5" width="34" height="15" rx="4" />
      <path class="at" d="M128 6v72" />
    </svg>
    <h2>Nothing has run here yet</h2>
    <p>Give a PostgreSQL database to read. A login that may only read is enough, and nothing is written there.</p>
    <AddForm withSample />
  </div>
)

/** A page that shows something of a database, where there is none; `what` stands there otherwise. */
export const NoDatabase = ({ what }: { readonly what: string }) => (
  <Empty title="There is no database yet">
    <p>{what} stand here when one was read.</p>
    <AddForm withSample />
  </Empty>
)

/** Adds a database, and starts its discovery. */
export const AddForm = ({ withSample = false }: { readonly withSample?: boolean }) => {
  const [url, setUrl] = useState("")
  const [doing, setDoing] = useState<string | undefined>(undefined)
  const [problem, setProblem] = useState<Problem | undefined>(undefined)
  const add = async (what: string, rest: string, body: unknown) => {
    setDoing(what)
    setProblem(undefined)
    try {
      const added = await ask<Added>(path(rest), { method: "POST", body })
      await loadDatasources()
      await discover(added.id)
      say(`${added.name} was added: ${counted(added.tables, "table")} to read.`, added.warning ?? "")
    } catch (error) {
      setProblem(problemFrom(error))
    } finally {
      setDoing(undefined)
    }
  }
  return (
    <>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (url.trim() !== "" && doing === undefined)
            void add("Trying the connection …", "/datasources", { url: url.trim() })
        }}
      >
        <input
          class="field"
          type="text"
          aria-label="Address of the database"
          placeholder="postgres://user:password@host:5432/database"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          value={url}
          onInput={({ currentTarget }) => setUrl(currentTarget.value)}
        />
        <button type="submit" class="btn primary" aria-disabled={doing !== undefined}>
          <Icon name="play" />
          Read it
        </button>
      </form>
      <p class="or" role="status">
        {doing ?? "The connection is tried first. The password is stored encrypted."}
      </p>
      {withSample ? (
        <p class="or">
          Or{" "}
          <button
            type="button"
            class="link"
            aria-disabled={doing !== undefined}
            onClick={() => {
              if (doing === undefined) void add("Making the sample …", "/datasources/sample", undefined)
            }}
          >
            try the sample
          </button>
          : a chain of bike shops, 20 tables.
        </p>
      ) : null}
      {problem === undefined ? null : (
        <p class="bad" role="alert">
          <b>{problem.title}.</b> {problem.detail}
        </p>
      )}
    </>
  )
}
