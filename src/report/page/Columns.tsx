import { Fragment } from "preact"
import type { ReportColumn } from "../Report.ts"
import { type Book, tableHref } from "./Book.ts"
import { Icon } from "./Icon.tsx"
import { Spread } from "./Spread.tsx"
import { meaning, percent } from "./Text.ts"

/** The reason of what is no personal data, but a password or a key. */
const SECRET = "a secret"

/** The columns of a table: what they are, what they mean, how their values are spread, how many rows have none. */
export const Columns = ({ book, me }: { readonly book: Book; readonly me: number }) => {
  const { columns, name } = book.table(me)
  return (
    <div class="card cols" role="table" aria-label={`Columns of ${name}`}>
      <div class="colr h" role="row">
        <div role="columnheader">
          <span class="vh">Mark</span>
        </div>
        <div role="columnheader">Column</div>
        <div role="columnheader">Meaning</div>
        <div role="columnheader">Values</div>
        <div role="columnheader" class="num">
          Empty
        </div>
      </div>
      {columns.map((column) => (
        <ColumnRow key={column.name} book={book} me={me} column={column} />
      ))}
    </div>
  )
}

const ColumnRow = ({
  book,
  column,
  me
}: {
  readonly book: Book
  readonly me: number
  readonly column: ReportColumn
}) => {
  const table = book.table(me)
  const references = book
    .refersTo(me)
    .filter(
      ({ columns, standing }) => (standing === "declared" || standing === "inferred") && columns.includes(column.name)
    )
  const single = references.find(({ columns }) => columns.length === 1)
  const primary = table.key.includes(column.name)
  return (
    <div class="colr" role="row" data-at={column.name} tabIndex={-1}>
      <div class="mk" role="cell">
        {primary ? (
          <>
            <Icon name="key" className="pk" />
            <span class="vh">key</span>
          </>
        ) : null}
        {!primary && references.length > 0 ? (
          <>
            <Icon name="reference" />
            <span class="vh">reference</span>
          </>
        ) : null}
      </div>
      <div class="nm" role="rowheader">
        <code>{column.name}</code>
        <span class="ty mono">{column.type}</span>
      </div>
      <div class="me" role="cell">
        {references.map(({ id, to, when }) => (
          <Fragment key={id}>
            →{" "}
            <a class="link" href={tableHref(book.table(to))}>
              {book.table(to).name}
            </a>
            {when === undefined ? null : <span class="muted"> if {when}</span>}
            <br />
          </Fragment>
        ))}
        {column.comment ?? (references.length > 0 ? null : meaning(column))}
        <Tags column={column} primary={primary} />
      </div>
      <div class="ds" role="cell">
        <Spread book={book} table={table} column={column} reference={single} />
      </div>
      <div class="nu" role="cell">
        {column.empty === 0 || table.rows === 0 ? (
          <>
            <span aria-hidden="true">—</span>
            <span class="vh">never</span>
          </>
        ) : (
          <>
            {percent(column.empty)}
            <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
              <rect class="all" width="100" height="4" />
              <rect class="part" width={column.empty * 100} height="4" />
            </svg>
          </>
        )}
      </div>
    </div>
  )
}

const Tags = ({ column, primary }: { readonly column: ReportColumn; readonly primary: boolean }) => {
  const { aggregation, allowed, key, personal, role } = column
  const measure = role === "measure" && aggregation !== undefined
  if (!measure && (key !== "unique" || primary) && personal === undefined && allowed === undefined) return null
  return (
    <div class="tg">
      {measure ? <span class="chip">{aggregation === "sum" ? "adds up" : "average, no sum"}</span> : null}
      {key === "unique" && !primary ? <span class="chip">unique</span> : null}
      {allowed === undefined ? null : <span class="chip long">{allowed}</span>}
      {personal === undefined ? null : <PersonalChip reason={personal} />}
    </div>
  )
}

/** That a column is about people, or a secret, and why. */
export const PersonalChip = ({ reason }: { readonly reason: string }) => (
  <span class="chip personal">
    <Icon name="person" />
    {reason === SECRET ? "secret" : `personal: ${reason}`}
  </span>
)
