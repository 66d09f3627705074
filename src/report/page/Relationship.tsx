import type { ReportRelationship } from "../Report.ts"
import { type Book, columnsText, HOW, orphanRows, relationshipHref } from "./Book.ts"
import { Icon } from "./Icon.tsx"
import { LineSample } from "./Lines.tsx"
import { Signals } from "./Signals.tsx"
import { counted, figure, percent, plurals, sure } from "./Text.ts"

/** What a relationship says of rows, in words: "Exactly one Customer; any number of Web Orders". */
const sayOf = (
  book: Book,
  { cardinality, childOptional, from, parentOptional, standing, to }: ReportRelationship
): string => {
  const [child, parent] = [book.table(from).name, book.table(to).name]
  if (standing === "rejected") return `Lost: not the ${parent} it refers to`
  const one = (none: boolean, name: string) => `${none ? "at most one" : "exactly one"} ${name}`
  const many = (none: boolean, name: string) => `${none ? "any number of" : "one or more"} ${plurals(name)}`
  const target =
    cardinality === "N:1" || cardinality === "1:1" ? one(parentOptional, parent) : many(parentOptional, parent)
  const source = cardinality === "N:1" || cardinality === "N:M" ? many(childOptional, child) : one(childOptional, child)
  return `${target.charAt(0).toUpperCase()}${target.slice(1)}; ${source}`
}

const Cells = ({ book, each }: { readonly book: Book; readonly each: ReportRelationship }) => {
  const orphans = orphanRows(each)
  return (
    <>
      <LineSample standing={each.standing} />
      <span class="pair">
        {columnsText(book.table(each.from), each.columns)} <span class="ar">→</span>{" "}
        {columnsText(book.table(each.to), each.toColumns)}
        {each.when === undefined ? null : <span class="ar"> where {each.when}</span>}
        {each.compared === undefined ? null : <span class="ar"> ({each.compared})</span>}
      </span>
      <span class="say">
        {sayOf(book, each)}
        {orphans === 0 ? null : (
          <>
            {" "}
            <span class="chip review">
              <Icon name="warning" />
              {counted(orphans, "orphan")}
            </span>
          </>
        )}
      </span>
      <span class={`how ${each.standing}`}>
        {each.byPerson === true ? `${HOW[each.standing]}, by a person` : HOW[each.standing]}
      </span>
      <span class="cf">{each.standing === "declared" ? "" : sure(each)}</span>
      <Icon name="right" />
    </>
  )
}

/** A row that leads to the evidence, which stands once: with the table that holds the columns. */
export const RelationshipLink = ({ book, each }: { readonly book: Book; readonly each: ReportRelationship }) => (
  <a class="rel relrow" href={relationshipHref(book, each)}>
    <Cells book={book} each={each} />
  </a>
)

/** A row that opens to why. */
export const RelationshipRow = ({
  book,
  each,
  open = false
}: {
  readonly book: Book
  readonly each: ReportRelationship
  readonly open?: boolean
}) => (
  <details class="rel" data-at={each.id} open={open}>
    <summary>
      <Cells book={book} each={each} />
    </summary>
    <div class="why">
      {each.standing === "declared" ? (
        <p class="soft small">
          The schema declares it as a foreign key, so nothing had to be weighed.
          {each.join === undefined ? null : " The data were looked at all the same."}
        </p>
      ) : (
        <Signals each={each} />
      )}
      <Facts each={each} book={book} />
    </div>
  </details>
)

const Facts = ({ book, each }: { readonly book: Book; readonly each: ReportRelationship }) => {
  const { join } = each
  if (join === undefined)
    return <p class="soft small">No values to compare: one of the two tables has no rows, or was not read.</p>
  const facts: ReadonlyArray<readonly [string, string]> = [
    ["Rows with a value", figure(join.rows)],
    ["Different values", figure(join.distinct)],
    ["of them found", join.matched === join.distinct ? "all" : figure(join.matched)],
    ["Keys referred to", `${figure(join.matched)} of ${figure(join.targetDistinct)}`],
    ["Most rows for one", figure(join.maxFrom)],
    ["Rows without a value", percent(emptyOf(book, each))],
    ["Refer to nothing", figure(join.orphanRows)],
    ["Read", join.sampled ? "a sample" : "every row"]
  ]
  return (
    <dl class="kv">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

const emptyOf = (book: Book, { columns, from }: ReportRelationship): number =>
  Math.max(0, ...book.table(from).columns.flatMap(({ empty, name }) => (columns.includes(name) ? [empty] : [])))
