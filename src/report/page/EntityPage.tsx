import { address } from "./Address.ts"
import { Fragment } from "preact"
import { type Book, domainHref, tableHref } from "./Book.ts"
import { Columns, PersonalChip } from "./Columns.tsx"
import { Icon } from "./Icon.tsx"
import { Neighbourhood } from "./Neighbourhood.tsx"
import { QuestionRow, Section, Sql, Top } from "./Parts.tsx"
import { RelationshipLink, RelationshipRow } from "./Relationship.tsx"
import { figure, keyOrigin, plurals } from "./Text.ts"

const KINDS = { entity: "Entity", lookup: "Lookup list", link: "Link table", log: "Log" } as const
/** Queries that a page shows: they are examples, in a column of the width of half a page. */
const EXAMPLES = 4

/** A table: its neighbours, its columns, what it refers to and why, what is not known. */
export const EntityPage = ({ book, me }: { readonly book: Book; readonly me: number }) => {
  const table = book.table(me)
  const { examples, questions, report } = { ...book.report, report: book.report }
  const domain = report.domains[table.domain]
  const outgoing = book.refersTo(me)
  const refers = outgoing.filter(({ standing }) => standing !== "rejected")
  const rejected = outgoing.filter(({ standing }) => standing === "rejected")
  const referred = book.referredBy(me).filter(({ from }) => from !== me)
  const open = questions.filter(
    ({ affects, category }) =>
      category !== "relationship" &&
      category !== "orphans" &&
      affects.some((place) => place.table === table.table && place.schema === table.schema)
  )
  const asked = examples
    .filter(({ tables }) => tables[0] === me || (tables.length > 1 && tables.includes(me)))
    .slice(0, EXAMPLES)
  const personal = table.columns.filter(({ personal }) => personal !== undefined).length
  return (
    <>
      <Top
        path={[
          [report.database, address("overview")],
          ...(domain === undefined ? [] : [[domain.name, domainHref(domain)] as const]),
          [table.name]
        ]}
      />
      <h1 class="eh">
        {table.name}{" "}
        <span class="chip">
          <Icon name={table.kind} />
          {KINDS[table.kind]}
        </span>
      </h1>
      <div class="meta">
        <span>
          <code>
            {table.schema}.{table.table}
          </code>
        </span>
        <span>
          {table.rows === null ? (
            "not read"
          ) : (
            <>
              {table.sampled ? "about " : ""}
              {figure(table.rows)} <span class="k">{table.rows === 1 ? "row" : "rows"}</span>
            </>
          )}
        </span>
        <span>
          {table.key.length === 0 ? (
            <span class="k">no key</span>
          ) : (
            <>
              <span class="k">key</span> <code>{table.key.join(", ")}</code>
              {table.keyDeclared ? null : <span class="k"> ({keyOrigin(table)})</span>}
            </>
          )}
        </span>
        {table.pairs === undefined ? null : <span>{table.pairs}</span>}
        {table.synonyms.length === 0 ? null : (
          <span>
            <span class="k">also called</span> {table.synonyms.join(", ")}
          </span>
        )}
        {personal === 0 ? null : <PersonalChip reason={`${personal} ${personal === 1 ? "column" : "columns"}`} />}
      </div>
      <p class="quote">
        {table.comment === undefined ? (
          <About book={book} me={me} />
        ) : (
          <>
            “{table.comment}” <small>the database’s own comment</small>
          </>
        )}
      </p>
      {table.notes.map((note) => (
        <p key={note} class="note">
          <Icon name="warning" />
          {note}
        </p>
      ))}
      <div class="sec">
        <Neighbourhood book={book} me={me} />
      </div>
      <Section title="Columns" detail={String(table.columns.length)}>
        <Columns book={book} me={me} />
      </Section>
      {refers.length === 0 ? null : (
        <Section title="Refers to" detail="open one to see why">
          <div class="card rels">
            {refers.map((each) => (
              <RelationshipRow
                key={each.id}
                book={book}
                each={each}
                open={each.standing === "review" && refers.length < 8}
              />
            ))}
          </div>
        </Section>
      )}
      {referred.length === 0 ? null : (
        <Section title="Referred to by">
          <div class="card rels">
            {referred.map((each) => (
              <RelationshipLink key={`${each.from} ${each.id}`} book={book} each={each} />
            ))}
          </div>
        </Section>
      )}
      {rejected.length === 0 ? null : (
        <Section title="Considered, and rejected">
          <div class="card rels">
            {rejected.map((each) => (
              <RelationshipRow key={each.id} book={book} each={each} />
            ))}
          </div>
        </Section>
      )}
      {open.length === 0 ? null : (
        <Section title="Open questions">
          <div class="card">
            {open.map((question) => (
              <QuestionRow key={question.id} book={book} question={question} />
            ))}
          </div>
        </Section>
      )}
      {asked.length === 0 ? null : (
        <Section title="What one can ask">
          <div class="card">
            {asked.map(({ question, sql }) => (
              <details key={question} class="ask">
                <summary>
                  <Icon name="right" />
                  {question}
                </summary>
                <Sql text={sql} />
              </details>
            ))}
          </div>
        </Section>
      )}
    </>
  )
}

/** Tables that a sentence names: it stays within two lines; the others are in the diagram above it. */
const NAMED = 5

const Names = ({
  book,
  me,
  tables,
  many = false
}: {
  readonly book: Book
  readonly me: number
  readonly tables: ReadonlyArray<number>
  readonly many?: boolean
}) => (
  <>
    {tables.slice(0, NAMED).map((at, place) => {
      const table = book.table(at)
      const last = place === Math.min(tables.length, NAMED) - 1 && tables.length <= NAMED
      return (
        <Fragment key={at}>
          {place === 0 ? "" : last ? " and " : ", "}
          {many ? "" : at === me ? "another " : "one "}
          <a class="link" href={tableHref(table)}>
            {many ? plurals(table.name) : table.name}
          </a>
        </Fragment>
      )
    })}
    {tables.length > NAMED ? ` and ${tables.length - NAMED} more` : ""}
  </>
)

/** What a row is, where nobody has written it down: from what it refers to and what refers to it. */
const About = ({ book, me }: { readonly book: Book; readonly me: number }) => {
  const table = book.table(me)
  const certain = book.refersTo(me).filter(({ standing }) => standing === "declared" || standing === "inferred")
  const always = certain.filter(({ parentOptional, when }) => !parentOptional && when === undefined)
  const must = [...new Set(always.map(({ to }) => to))]
  const may = [...new Set(certain.map(({ to }) => to))].filter((to) => !must.includes(to))
  const by = [
    ...new Set(
      book
        .referredBy(me)
        .flatMap(({ from, standing }) =>
          from === me || (standing !== "declared" && standing !== "inferred") ? [] : [from]
        )
    )
  ]
  if (table.kind === "link" && must.length > 1)
    return (
      <>
        Each row says that <Names book={book} me={me} tables={must} /> belong together.
      </>
    )
  return (
    <>
      Each row is one {table.name}.
      {must.length + may.length === 0 ? null : (
        <>
          {" "}
          It{" "}
          {must.length === 0 ? null : (
            <>
              belongs to <Names book={book} me={me} tables={must} />
            </>
          )}
          {must.length > 0 && may.length > 0 ? ", and " : null}
          {may.length === 0 ? null : (
            <>
              may refer to <Names book={book} me={me} tables={may} />
            </>
          )}
          .
        </>
      )}
      {by.length === 0 ? null : (
        <>
          {" "}
          <Names book={book} me={me} tables={by} many={true} /> refer to it.
        </>
      )}
    </>
  )
}
