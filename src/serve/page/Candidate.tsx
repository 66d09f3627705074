import type { ComponentChildren } from "preact"
import { Icon } from "../../report/page/Icon.tsx"
import { LineSample } from "../../report/page/Lines.tsx"
import { Signals } from "../../report/page/Signals.tsx"
import { ColumnValues, Histogram } from "../../report/page/Spread.tsx"
import { bound, counted, figure, percent, sure } from "../../report/page/Text.ts"
import { isSum } from "../../relationships/isSum.ts"
import { datasource, ofDatasource } from "./Project.ts"
import { chanceOf, described, endText, rivalsOf, standingOf } from "./Relationships.ts"
import { ask } from "./Requests.ts"
import { href } from "./Route.ts"
import type { Candidate, Ontology, RelationshipValues } from "./Types.ts"
import { useResource } from "./useResource.ts"
import { moment } from "./Words.ts"

/** Rivals that are shown. */
const RIVALS = 6

/** A candidate: both columns, what is broken, what speaks for it and against it, what else the columns may refer to. */
export const CandidatePage = ({
  all,
  candidate,
  ontology,
  place
}: {
  readonly candidate: Candidate
  readonly all: ReadonlyArray<Candidate>
  readonly ontology: Ontology | undefined
  readonly place: string | undefined
}) => {
  const { decision, relationship } = candidate
  const { compared, evidence, from, to, when } = relationship
  const standing = standingOf(candidate)
  const at = datasource.value?.id
  const { value: values } = useResource(at === undefined ? undefined : `${at} ${candidate.id}`, () =>
    ask<RelationshipValues>(ofDatasource(at ?? "", `/relationships/${encodeURIComponent(candidate.id)}/values`))
  )
  const { inclusion } = evidence
  const source = described(ontology, from)
  const isPersonal = source.columns.some((column) => column?.personalData === true)
  const rivals = rivalsOf(all, candidate)
  return (
    <article class="cand" aria-label={`${endText(from)} → ${endText(to)}`}>
      <div class="sub first">
        {place === undefined ? null : <span class="muted">{place}</span>}
        <StandingChip candidate={candidate} />
        {decision === null ? null : (
          <span class="soft">
            {decision.action}ed by <b>{decision.by}</b>, {moment(decision.at)}
          </span>
        )}
      </div>
      <h2 class="ask1">
        Does <code class="a">{endText(from)}</code> refer to <code class="b">{endText(to)}</code>?
      </h2>
      {when === undefined ? null : (
        <p class="sub">
          Only the rows where <code>{when.column}</code> is <code>{when.value}</code>.
        </p>
      )}
      {compared === undefined ? null : <p class="sub">Values are compared {compared}.</p>}
      <p class="sub">{evidence.reasons.length === 0 ? "Nobody has said why." : sentence(evidence.reasons)}</p>
      <div class="card both">
        <Side end={from} ontology={ontology} values={values?.from ?? []}>
          {inclusion === null ? null : (
            <>
              <Fact name="Rows with a value" value={figure(inclusion.rows)} />
              <Fact name="Different" value={figure(inclusion.distinct)} />
              <Fact name="Most rows for one" value={figure(inclusion.maxFrom)} />
            </>
          )}
        </Side>
        <div class={inclusion !== null && inclusion.matched === inclusion.distinct ? "mid whole" : "mid"}>
          {inclusion === null ? (
            <span>no values to compare</span>
          ) : (
            <>
              <b>{figure(inclusion.matched)}</b>
              <span>
                of {figure(inclusion.distinct)} {inclusion.distinct === 1 ? "value" : "values"} found
                {inclusion.sampled ? ", in a sample" : ""}
              </span>
            </>
          )}
        </div>
        <Side end={to} ontology={ontology} values={values?.to ?? []}>
          {inclusion === null ? null : (
            <>
              <Fact name="Different" value={figure(inclusion.targetDistinct)} />
              <Fact
                name="Referred to"
                value={inclusion.targetDistinct === 0 ? "—" : percent(inclusion.matched / inclusion.targetDistinct)}
              />
            </>
          )}
        </Side>
      </div>
      <div class="grid2">
        <div class="card blk">
          <h3>Why</h3>
          {standing === "declared" ? (
            <p class="soft small">The schema declares it as a foreign key, so nothing had to be weighed.</p>
          ) : (
            <Signals
              each={{
                confidence: chanceOf(candidate),
                lines: evidence.lines ?? [],
                standing,
                summed: isSum(relationship)
              }}
            />
          )}
        </div>
        <div class="col">
          <div class="card blk">
            <h3>Orphans</h3>
            {inclusion === null || inclusion.orphanRows === 0 ? (
              <p class="soft small">
                {inclusion === null ? "Nothing could be compared." : "No row refers to something that is not there."}
              </p>
            ) : (
              <>
                <p class="small">
                  {counted(inclusion.orphanRows, "row")} of {figure(inclusion.rows)} refer to nothing
                  {isPersonal ? "; their values are personal data, and not shown." : ", such as"}
                </p>
                {isPersonal ? null : (
                  <ul class="orphans">
                    {inclusion.orphans.map((value) => (
                      <li key={value}>
                        <code>{value}</code>
                      </li>
                    ))}
                  </ul>
                )}
              </>
            )}
          </div>
          <div class="card blk">
            <h3>Rivals</h3>
            {rivals.length === 0 ? (
              <p class="soft small">These columns may refer to nothing else.</p>
            ) : (
              <ul class="rivals">
                {rivals.slice(0, RIVALS).map((rival) => (
                  <li key={rival.id}>
                    <a class="link" href={href("review", { id: rival.id })}>
                      <code>
                        {endText(rival.relationship.from)} → {endText(rival.relationship.to)}
                      </code>
                    </a>{" "}
                    <StandingChip candidate={rival} />
                    <p>{rival.relationship.evidence.reasons[0] ?? ""}</p>
                  </li>
                ))}
              </ul>
            )}
            {rivals.length > RIVALS ? <p class="muted small">and {rivals.length - RIVALS} more</p> : null}
          </div>
        </div>
      </div>
    </article>
  )
}

const sentence = (reasons: ReadonlyArray<string>): string => {
  const text = reasons.slice(0, 3).join("; ")
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

const STANDS = {
  declared: "declared",
  inferred: "inferred",
  review: "to decide",
  named: "by name only",
  rejected: "rejected"
} as const

const StandingChip = ({ candidate }: { readonly candidate: Candidate }) => {
  const standing = standingOf(candidate)
  const isByPerson = candidate.relationship.decidedBy === "person"
  return (
    <span class={standing === "review" || standing === "named" ? "chip review" : "chip"}>
      <LineSample standing={standing} />
      {isByPerson ? (standing === "rejected" ? "rejected by a person" : "accepted by a person") : STANDS[standing]}
      {standing === "declared" || isByPerson ? "" : `, ${sure({ confidence: chanceOf(candidate) })}`}
    </span>
  )
}

const Side = ({
  children,
  end,
  ontology,
  values
}: {
  readonly end: Candidate["relationship"]["from"]
  readonly ontology: Ontology | undefined
  readonly values: RelationshipValues["from"]
  readonly children: ComponentChildren
}) => {
  const { columns, entity } = described(ontology, end)
  const [only] = columns
  const empty = Math.max(0, ...columns.map((column) => column?.nullShare ?? 0))
  return (
    <div class="sidec">
      <h3>{endText(end)}</h3>
      <p>
        {entity === undefined ? end.schema : `${entity.name} · ${counted(entity.rows ?? 0, "row")}`}
        {columns.length === 1 && only?.primaryKey === true ? " · key" : ""}
      </p>
      {only?.comment === undefined ? null : <p class="cm">“{only.comment}”</p>}
      <dl>
        <Fact name="Type" value={<code>{columns.map((column) => column?.type ?? "?").join(", ")}</code>} />
        {children}
        {entity === undefined ? null : <Fact name="Empty" value={empty === 0 ? "never" : percent(empty)} />}
      </dl>
      {values.map((column) => (
        <div key={column.name} class="values">
          {values.length === 1 ? null : <h4>{column.name}</h4>}
          {column.personal === undefined ? null : (
            <p class="cm">
              <Icon name="person" /> {column.personal}: no values are shown
            </p>
          )}
          <EndValues column={column} />
        </div>
      ))}
    </div>
  )
}

/** Keys are drawn, too: where what refers and what it refers to are spread alike, they may belong together. */
const EndValues = ({ column }: { readonly column: RelationshipValues["from"][number] }) => {
  const { histogram, personal, values } = column
  return histogram === undefined || personal !== undefined || values !== undefined ? (
    <ColumnValues column={column} />
  ) : (
    <Histogram rows={histogram.rows} low={bound(histogram.low, column)} high={bound(histogram.high, column)} />
  )
}

const Fact = ({ name, value }: { readonly name: string; readonly value: ComponentChildren }) => (
  <div>
    <dt>{name}</dt>
    <dd>{value}</dd>
  </div>
)
