import type { ReportRelationship } from "../Report.ts"
import { type Book, columnsText, orphanRows, tableHref } from "./Book.ts"
import { PersonalChip } from "./Columns.tsx"
import { Icon } from "./Icon.tsx"
import { QuestionRow, Section, Sql } from "./Parts.tsx"
import { counted, figure, percent } from "./Text.ts"
import { type PageOf, Title } from "./Title.tsx"

const quoted = (name: string): string => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`)

/** The query that shows the rows that refer to nothing; undefined where values are converted first. */
const orphanQuery = (
  book: Book,
  { columns, compared, from, to, toColumns, when }: ReportRelationship
): string | undefined => {
  if (compared !== undefined || when !== undefined) return undefined
  const [source, target] = [book.table(from), book.table(to)]
  const name = ({ schema, table }: typeof source) => `${quoted(schema)}.${quoted(table)}`
  const pairs = columns.map((column, at) => `f.${quoted(column)} = t.${quoted(toColumns[at] ?? "")}`)
  const filled = columns.map((column) => `f.${quoted(column)} IS NOT NULL`)
  return `SELECT f.* FROM ${name(source)} f LEFT JOIN ${name(target)} t ON ${pairs.join(" AND ")} WHERE ${filled.join(" AND ")} AND t.${quoted(toColumns[0] ?? "")} IS NULL`
}

/** Rows that refer to something that is not there. */
export const Orphans = ({ book }: PageOf) => (
  <>
    <Title book={book} name="Orphans">
      {book.orphans.length === 0
        ? "Every reference leads somewhere."
        : "Rows that refer to something that is not there. A join drops them without a word."}
    </Title>
    {book.orphans.length === 0 ? null : (
      <div class="card sec">
        {book.orphans.map((each) => (
          <Orphan key={`${each.from} ${each.id}`} book={book} each={each} />
        ))}
      </div>
    )}
  </>
)

const Orphan = ({ book, each }: PageOf & { readonly each: ReportRelationship }) => {
  const { join } = each
  const [from, to] = [book.table(each.from), book.table(each.to)]
  if (join === undefined) return null
  const secret = from.columns.some(({ name, personal }) => personal !== undefined && each.columns.includes(name))
  const sql = orphanQuery(book, each)
  const values = secret ? [] : join.orphans
  return (
    <div class="q">
      <Icon name="broken" />
      <div>
        <b>
          {join.sampled ? "about " : ""}
          {figure(orphanRows(each))} of {counted(join.rows, "row")} of{" "}
          <a class="link" href={tableHref(from, each.id)}>
            {from.name}
          </a>{" "}
          ({percent(orphanRows(each) / Math.max(1, join.rows))})
        </b>
        <p>
          <code>{columnsText(from, each.columns)}</code>
          {each.when === undefined ? "" : ` where ${each.when}`} has {counted(join.distinct - join.matched, "value")}{" "}
          that {join.distinct - join.matched === 1 ? "is" : "are"} not in <code>{columnsText(to, each.toColumns)}</code>
          {values.length === 0 ? "" : values.length < join.distinct - join.matched ? ", among them" : ""}
        </p>
        {values.length === 0 ? null : (
          <div class="orow">
            {values.map((value) => (
              <code key={value}>{value}</code>
            ))}
          </div>
        )}
        {sql === undefined ? null : <Sql text={sql} />}
      </div>
    </div>
  )
}

/** What only the owner knows. */
export const Questions = ({ book }: PageOf) => {
  const { answers, asked, questions } = book.report
  return (
    <>
      <Title book={book} name="Questions">
        {questions.length === 0
          ? "Nothing is open."
          : "No value in the database answers these. Ask somebody who knows, the first ones first: they change most."}
      </Title>
      {questions.length === 0 ? null : (
        <div class="card sec">
          {questions.slice(0, asked).map((question) => (
            <QuestionRow key={question.id} book={book} question={question} />
          ))}
        </div>
      )}
      {answers.length === 0 ? null : (
        <Section title="Answered">
          <div class="card">
            {answers.map(({ answer, question }) => (
              <div key={question} class="q">
                <Icon name="check" />
                <div>
                  <b>{question}</b>
                  <p>{answer}</p>
                </div>
              </div>
            ))}
          </div>
        </Section>
      )}
      {questions.length <= asked ? null : (
        <Section title="Further questions" detail={`${figure(questions.length - asked)}, whose answers change less`}>
          <div class="card">
            {questions.slice(asked).map((question) => (
              <QuestionRow key={question.id} book={book} question={question} />
            ))}
          </div>
        </Section>
      )}
    </>
  )
}

/** Columns about people, and secrets. */
export const Personal = ({ book }: PageOf) => {
  const columns = book.report.tables.flatMap((table) =>
    table.columns.flatMap((column) =>
      column.personal === undefined ? [] : [{ table, column, reason: column.personal }]
    )
  )
  return (
    <>
      <Title book={book} name="Personal data">
        {columns.length === 0
          ? "No column looks as if it were about people."
          : "Columns about people, and secrets, found by name, type and shape. Their values are in none of the files."}
      </Title>
      {columns.length === 0 ? null : (
        <div class="card scroll sec" tabIndex={0} role="region" aria-label="Columns with personal data">
          <table class="tbl">
            <thead>
              <tr>
                <th>Column</th>
                <th>What</th>
                <th class="opt">Type</th>
                <th class="num">Rows with a value</th>
              </tr>
            </thead>
            <tbody>
              {columns.map(({ column, reason, table }) => (
                <tr key={`${table.id} ${column.name}`}>
                  <td>
                    <a class="link" href={tableHref(table, column.name)}>
                      <code>
                        {table.table}.{column.name}
                      </code>
                    </a>
                  </td>
                  <td>
                    <PersonalChip reason={reason} />
                  </td>
                  <td class="opt">
                    <code class="muted">{column.type}</code>
                  </td>
                  <td class="num">
                    {table.rows === null ? "not read" : figure(Math.round(table.rows * (1 - column.empty)))}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  )
}

/** What could not be read, and what limits the figures. */
export const Unread = ({ book }: PageOf) => {
  const { notRead, tables } = book.report
  const noted = tables.filter(({ notes }) => notes.length > 0)
  return (
    <>
      <Title book={book} name="Not read">
        {notRead.length + noted.length === 0
          ? "Everything was read."
          : "What this login could not see. Figures elsewhere do not cover it."}
      </Title>
      {notRead.length === 0 ? null : (
        <div class="card scroll sec" tabIndex={0} role="region" aria-label="Tables that were not read">
          <table class="tbl">
            <thead>
              <tr>
                <th>Table</th>
                <th>Why</th>
              </tr>
            </thead>
            <tbody>
              {notRead.map(({ reason, what }) => (
                <tr key={`${what} ${reason}`}>
                  <td>
                    <code>{what}</code>
                  </td>
                  <td class="soft">{reason}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {noted.length === 0 ? null : (
        <Section title="To know before you count">
          <div class="card">
            {noted.map((table) => (
              <div key={table.id} class="q">
                <Icon name="warning" />
                <div>
                  <b>
                    <a class="link" href={tableHref(table)}>
                      {table.name}
                    </a>
                  </b>
                  {table.notes.map((note) => (
                    <p key={note}>{note}</p>
                  ))}
                </div>
              </div>
            ))}
          </div>
        </Section>
      )}
    </>
  )
}
