import { counted } from "../../report/page/Text.ts"
import { ofDatasource } from "./Project.ts"
import { ask } from "./Requests.ts"
import type { Changes } from "./Types.ts"
import { useResource } from "./useResource.ts"
import { moment } from "./Words.ts"

/** Changes that are shown at once. */
const SHOWN = 8
const HOW = { added: "new", gone: "gone", changed: "now" } as const

/** What the newest build says otherwise than the one before: what came of answers and decisions. */
export const Changed = ({
  datasourceId,
  isAnswered
}: {
  readonly datasourceId: string
  /** Whether anything was answered. */
  readonly isAnswered: boolean
}) => {
  const { value } = useResource(datasourceId, () =>
    ask<{ readonly changes: Changes | null }>(ofDatasource(datasourceId, "/changes"))
  )
  if (value === undefined) return null
  if (value.changes === null) {
    return !isAnswered ? null : (
      <p class="card changed soft">
        The newest build says nothing else of tables, columns and relationships than the one before. What was answered
        stands in the ontology and in the page for language models as it was said.
      </p>
    )
  }
  const { changes, since } = value.changes
  const line = ({ detail, how, name }: (typeof changes)[number]) => (
    <li key={`${how} ${name} ${detail}`}>
      <span class="chip">{HOW[how]}</span> <code>{name}</code> {detail}
    </li>
  )
  return (
    <section class="card changed" aria-labelledby="changed">
      <h2 id="changed">What answers and decisions changed</h2>
      <p class="soft small">
        {counted(changes.length, "thing")} the newest build says otherwise than the one of {moment(since)}.
      </p>
      <ul>{changes.slice(0, SHOWN).map(line)}</ul>
      {changes.length <= SHOWN ? null : (
        <details>
          <summary>and {changes.length - SHOWN} more</summary>
          <ul>{changes.slice(SHOWN).map(line)}</ul>
        </details>
      )}
    </section>
  )
}
