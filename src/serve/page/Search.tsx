import { useMemo } from "preact/hooks"
import type { Hit } from "../../report/page/Finder.ts"
import { Search as Finder } from "../../report/page/Search.tsx"
import { unended } from "./Live.ts"
import { datasource } from "./Project.ts"
import { loadOntology } from "./Relationships.ts"
import { reportHref } from "./Report.ts"
import { href } from "./Route.ts"
import type { Ontology, Workflow } from "./Types.ts"
import { useResource } from "./useResource.ts"
import { kindName, stateOf, subject, WORDS } from "./Words.ts"

/** Finds pages, workflows that run, tables and columns of the database that is shown, and questions about it. */
export const Search = ({ onClose }: { readonly onClose: () => void }) => {
  const at = datasource.value
  const { value } = useResource(at?.id, () => loadOntology(at?.id ?? ""))
  const running = unended.value
  const index = useMemo(
    () => [...pages(), ...[...running.values()].map(workflowHit), ...(at === undefined ? [] : hits(at.id, value))],
    [at?.id, value, running]
  )
  const go = (to: string) => {
    if (to.startsWith("#")) location.hash = to
    else open(to, "_blank", "noopener")
  }
  return <Finder index={index} what="A table, a column, a workflow, a question" go={go} onClose={onClose} />
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

const workflowHit = (workflow: Workflow): Hit => ({
  name: `${kindName(workflow.kind)} · ${subject(workflow)}`,
  context: `${WORDS[stateOf(workflow)]} ${workflow.id}`,
  kind: "workflow",
  icon: "flow",
  href: href("workflow", { id: workflow.id }),
  weight: 0.6
})

const hits = (id: string, ontology: Ontology | undefined): ReadonlyArray<Hit> =>
  ontology === undefined
    ? []
    : [
        ...ontology.entities.flatMap((entity): ReadonlyArray<Hit> => [
          {
            name: entity.name,
            context: [`${entity.schema}.${entity.table}`, ...entity.synonyms].join(", "),
            kind: entity.kind,
            icon: entity.kind,
            href: reportHref(id, ontology, entity),
            weight: 1
          },
          ...entity.columns.map((column): Hit => ({
            name: `${entity.table}.${column.name}`,
            context: [
              column.label,
              column.comment ?? "",
              ...(column.values ?? []).slice(0, 20).map(({ value }) => value)
            ]
              .filter((text) => text !== "")
              .join(", "),
            kind: "column",
            icon: column.primaryKey ? "key" : "lookup",
            href: reportHref(id, ontology, entity, column.name),
            weight: 0
          }))
        ]),
        ...ontology.questions.map(({ question, why }): Hit => ({
          name: question,
          context: why,
          kind: "question",
          icon: "ask",
          href: href("questions"),
          weight: -0.5
        }))
      ]
