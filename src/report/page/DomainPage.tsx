import { address } from "./Address.ts"
import type { ReportDomain } from "../Report.ts"
import type { Book } from "./Book.ts"
import { Diagram } from "./Diagram.tsx"
import { Figure } from "./Figure.tsx"
import { Section, TableList, Top } from "./Parts.tsx"
import { RelationshipLink } from "./Relationship.tsx"
import { counted } from "./Text.ts"

/** A domain: its diagram, its tables, its relationships. */
export const DomainPage = ({ book, domain }: { readonly book: Book; readonly domain: ReportDomain }) => {
  const own = new Set(domain.tables)
  const rows = domain.tables.reduce((sum, at) => sum + (book.table(at).rows ?? 0), 0)
  const near = domain.diagram.boxes.filter(({ kind }) => kind !== "own").length
  const links = new Set(domain.diagram.lines.flatMap(({ link }) => (link !== undefined && own.has(link) ? [link] : [])))
  const drawn = domain.diagram.boxes.length - near + links.size
  const within = book.report.relationships.filter(({ from, standing }) => own.has(from) && standing !== "rejected")
  const name = `Diagram of ${domain.name}`
  return (
    <>
      <Top path={[[book.report.database, address("overview")], [domain.name]]} />
      <h1>{domain.name}</h1>
      <p class="lead">
        {counted(domain.tables.length, "table")} with {counted(rows, "row")}.
        {near === 0 ? "" : " Neighbours from other domains are grey."}
        {domain.tables.length > drawn ? ` The picture has the ${drawn} of them with most relationships.` : ""}
      </p>
      {domain.diagram.lines.length === 0 ? null : (
        <div class="sec">
          <Figure name={name} width={domain.diagram.width}>
            {(scale) => <Diagram book={book} name={name} picture={domain.diagram} scale={scale} />}
          </Figure>
        </div>
      )}
      <Section title="Tables">
        <TableList book={book} tables={domain.tables} domains={false} />
      </Section>
      {within.length === 0 ? null : (
        <Section title="Relationships" detail={`${within.length}, open one to see why`}>
          <div class="card rels">
            {within.map((each) => (
              <RelationshipLink key={`${each.from} ${each.id}`} book={book} each={each} />
            ))}
          </div>
        </Section>
      )}
    </>
  )
}
