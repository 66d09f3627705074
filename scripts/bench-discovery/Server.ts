import { Effect } from "effect"
import * as Pg from "pg"

/** The URL of a database of a server. */
export const on = (server: string, database: string) => {
  const url = new URL(server)
  url.pathname = `/${database}`
  return url.href
}

/** Runs statements one after the other, in one session, and returns their results. */
export const statements = (url: string, texts: ReadonlyArray<string>) =>
  Effect.acquireUseRelease(
    Effect.promise(async () => {
      // A name of ours: reading must not make room for this.
      const client = new Pg.Client({ connectionString: url, application_name: "workflow-infra bench" })
      await client.connect()
      return client
    }),
    (client) => Effect.forEach(texts, (text) => Effect.promise(() => client.query<Record<string, string>>(text))),
    (client) => Effect.promise(() => client.end())
  )
