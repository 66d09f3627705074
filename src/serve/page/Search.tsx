import { useMemo } from "preact/hooks"
import { type Hit, indexOf } from "../../report/page/Finder.ts"
import { Search as Finder } from "../../report/page/Search.tsx"
import { unended } from "./Live.ts"
import { datasource, datasources, path } from "./Project.ts"
import { useBook } from "./Report.ts"
import { ask } from "./Requests.ts"
import { go, href } from "./Route.ts"
import type { Workflow } from "./Types.ts"
import { useResource } from "./useResource.ts"
import { kindName, stateOf, subject, WORDS } from "./Words.ts"

/** Ended workflows that are searched: the newest; the list's filters find older ones. */
const NEWEST = 200

/**
 * Finds pages, databases, workflows, and of the database that is shown what its report finds: domains, tables, columns with their values,
 * relationships, questions.
 */
export const Search = ({ onClose }: { readonly onClose: () => void }) => {
  const { problem, value: book } = useBook()
  const { value: newest } = useResource("newest", async () => {
    const page = await ask<{ readonly workflows: ReadonlyArray<Workflow> }>(path(`/workflows?limit=${NEWEST}`))
    return page.workflows
  })
  const open = unended.value
  const index = useMemo(
    () => [
      ...pages(),
      ...databases(),
      ...[...new Map([...(newest ?? []).map((each) => [each.id, each] as const), ...open]).values()].map(workflowHit),
      ...(book === undefined || book === "nothing" ? [] : indexOf(book))
    ],
    [book, newest, open]
  )
  const name = datasource.value?.name
  return (
    <Finder
      index={index}
      what="A table, a column, a value, a workflow, a question"
      note={
        problem !== undefined
          ? `${problem.title}: what is in ${name} is not searched.`
          : book === undefined && name !== undefined
            ? `Reading what is in ${name} …`
            : undefined
      }
      go={go}
      onClose={onClose}
    />
  )
}

const pages = (): ReadonlyArray<Hit> =>
  (
    [
      ["workflows", "Workflows", "flow"],
      ["database", "Database", "tables"],
      ["review", "Review", "check"],
      ["questions", "Questions", "ask"],
      ["servers", "Servers", "server"]
    ] as const
  ).map(([page, name, icon]) => ({ name, context: "", kind: "page", icon, href: href(page), weight: 0.7 }))

const databases = (): ReadonlyArray<Hit> =>
  (datasources.value ?? []).map(({ id, name }) => ({
    name,
    context: "",
    kind: "database",
    icon: "tables",
    href: href("database", { params: { datasource: id } }),
    weight: 0.4
  }))

const workflowHit = (workflow: Workflow): Hit => ({
  name: `${kindName(workflow.kind)} · ${subject(workflow)}`,
  context: `${WORDS[stateOf(workflow)]} ${workflow.id}`,
  kind: "workflow",
  icon: "flow",
  href: href("workflow", { id: workflow.id }),
  weight: 0.4
})
