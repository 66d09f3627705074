import { useState } from "preact/hooks"
import type { ReportRelationship } from "../Report.ts"
import { Nothing, Section, TableList } from "./Parts.tsx"
import { RelationshipLink, RelationshipRow } from "./Relationship.tsx"
import { counted, figure } from "./Text.ts"
import { type PageOf, Title } from "./Title.tsx"

/** All tables, the largest first. */
export const Tables = ({ book }: PageOf) => {
  const { others, tables } = book.report
  const sorted = [...tables.keys()].sort((a, b) => (book.table(b).rows ?? -1) - (book.table(a).rows ?? -1))
  return (
    <>
      <Title book={book} name="Tables">
        The largest first
        {others.length === 0
          ? ""
          : `; ${counted(others.length, "technical or empty table")} ${others.length === 1 ? "is" : "are"} on the overview`}
        .
      </Title>
      <div class="sec">
        <TableList book={book} tables={sorted} domains={true} />
      </div>
    </>
  )
}

const STANDINGS = ["review", "inferred", "declared", "named", "rejected"] as const
const NAMES = {
  review: "To decide",
  inferred: "Inferred",
  declared: "Declared",
  named: "By name only",
  rejected: "Rejected"
} as const

/** All relationships, those to decide first, then the least sure. */
export const Relationships = ({ book }: PageOf) => {
  const [only, setOnly] = useState<ReportRelationship["standing"] | undefined>(undefined)
  const { relationships } = book.report
  const count = (standing: ReportRelationship["standing"]) => book.of(standing).length
  const shown = relationships
    .filter(({ standing }) => only === undefined || standing === only)
    .sort(
      (a, b) =>
        STANDINGS.indexOf(a.standing) - STANDINGS.indexOf(b.standing) ||
        (a.standing === "inferred" ? a.confidence - b.confidence : b.confidence - a.confidence)
    )
  return (
    <>
      <Title book={book} name="Relationships">
        {counted(count("declared"), "foreign key")} {count("declared") === 1 ? "stands" : "stand"} in the schema.{" "}
        {figure(count("inferred"))} {count("inferred") === 1 ? "is" : "are"} in no schema: names and values say so. Open
        one to see what speaks for it.
      </Title>
      <svg class="split" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        {STANDINGS.map((standing, at) => {
          const before = STANDINGS.slice(0, at).reduce((sum, one) => sum + count(one), 0)
          const all = Math.max(1, relationships.length)
          return (
            <rect
              key={standing}
              class={standing}
              x={(before / all) * 100}
              width={(count(standing) / all) * 100}
              height="8"
            />
          )
        })}
      </svg>
      <div class="seg" role="group" aria-label="Show">
        <button type="button" aria-pressed={only === undefined} onClick={() => setOnly(undefined)}>
          All <span class="n">{figure(relationships.length)}</span>
        </button>
        {STANDINGS.map((standing) => (
          <button type="button" key={standing} aria-pressed={only === standing} onClick={() => setOnly(standing)}>
            {NAMES[standing]} <span class="n">{figure(count(standing))}</span>
          </button>
        ))}
      </div>
      {shown.length === 0 ? (
        <Nothing>There are none.</Nothing>
      ) : (
        <div class="card rels">
          {shown.map((each) => (
            <RelationshipLink key={`${each.from} ${each.id}`} book={book} each={each} />
          ))}
        </div>
      )}
    </>
  )
}

/** Candidates that are open when the page is: about what fits one screen. */
const OPEN = 3
/** Below this confidence, from 0 to 1, an accepted relationship is worth a look: one in ten of them may be wrong. */
const UNSURE = 0.9

/** What the data alone do not settle. */
export const Decide = ({ book }: PageOf) => {
  const tested = book.toDecide
  const hardly = book.of("review").filter((each) => !tested.includes(each))
  const untested = book.of("named").toSorted((a, b) => b.confidence - a.confidence)
  const unsure = book
    .of("inferred")
    .filter(({ confidence }) => confidence < UNSURE)
    .sort((a, b) => a.confidence - b.confidence)
  return (
    <>
      <Title book={book} name="To decide">
        {tested.length === 0
          ? "Nothing is open that values could settle."
          : "The data alone do not settle these: somebody who knows the business does."}
      </Title>
      {tested.length === 0 ? null : (
        <div class="card sec rels">
          {tested.map((each, at) => (
            <RelationshipRow key={`${each.from} ${each.id}`} book={book} each={each} open={at < OPEN} />
          ))}
        </div>
      )}
      {unsure.length === 0 ? null : (
        <Section title="Accepted, but least sure" detail="below 90 %: worth a look">
          <div class="card rels">
            {unsure.map((each) => (
              <RelationshipLink key={`${each.from} ${each.id}`} book={book} each={each} />
            ))}
          </div>
        </Section>
      )}
      {hardly.length === 0 ? null : (
        <Section title="Hardly" detail="below 5 %: values could be there by chance">
          <div class="card rels">
            {hardly.map((each) => (
              <RelationshipLink key={`${each.from} ${each.id}`} book={book} each={each} />
            ))}
          </div>
        </Section>
      )}
      {untested.length === 0 ? null : (
        <Section
          title="By name only"
          detail={`${counted(untested.length, "relationship")}: one of the two tables has no rows, or was not read`}
        >
          <div class="card rels">
            {untested.map((each) => (
              <RelationshipLink key={`${each.from} ${each.id}`} book={book} each={each} />
            ))}
          </div>
        </Section>
      )}
    </>
  )
}
