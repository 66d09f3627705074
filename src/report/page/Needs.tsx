import { address } from "./Address.ts"
import type { ComponentChildren } from "preact"
import { type Book, columnsText, orphanRows, unreadCount } from "./Book.ts"
import { Icon, type IconName } from "./Icon.tsx"
import { Section } from "./Parts.tsx"
import { withArticle } from "../../language/withArticle.ts"
import { counted, figure, percent, plurals } from "./Text.ts"

/** Rows of one kind that need a person at most, so that every kind is on the first screen; further ones are behind a link. */
const NEEDS = 4

interface Need {
  readonly icon: IconName
  readonly href: string
  readonly title: ComponentChildren
  readonly detail: ComponentChildren
  readonly chip: string
}

/** What only a person can settle; nothing where there is nothing. */
export const Needs = ({ book }: { readonly book: Book }) => {
  const needs = needsOf(book)
  if (needs.length === 0) return null
  return (
    <Section title="Needs you">
      <div class="card needs">
        {needs.map(({ chip, detail, href, icon, title }, at) => (
          <a key={at} href={href}>
            <Icon name={icon} />
            <span>
              <b>{title}</b>
              <small>{detail}</small>
            </span>
            <span class={chip === "questions" ? "chip" : "chip review"}>{chip}</span>
            <Icon name="right" />
          </a>
        ))}
      </div>
    </Section>
  )
}

/** What only a person can settle, of each kind the weightiest. */
const needsOf = (book: Book): ReadonlyArray<Need> => {
  const { asked, notRead, questions } = book.report
  const review = book.toDecide
  const { orphans } = book
  const others = questions.filter(({ category }) => category !== "relationship" && category !== "orphans")
  const more = (count: number, href: string, icon: IconName, chip: string, what: string): ReadonlyArray<Need> =>
    count <= 0 ? [] : [{ icon, href, chip, title: `${figure(count)} more ${what}`, detail: "the list has them all" }]
  return [
    ...(notRead.length === 0
      ? []
      : [
          {
            icon: "unread" as const,
            href: address("unread"),
            chip: "not read",
            title: `${counted(unreadCount(book), "table")} ${unreadCount(book) === 1 ? "was" : "were"} not read`,
            detail: notRead[0]?.reason ?? ""
          }
        ]),
    ...review.slice(0, NEEDS).map((each): Need => {
      const [from, to] = [book.table(each.from), book.table(each.to)]
      const why = [...(each.lines ?? [])]
        .sort((a, b) => b.points - a.points)
        .slice(0, 2)
        .map(({ why }) => why)
      return {
        icon: "ask",
        href: address("decide"),
        chip: "to decide",
        title: (
          <>
            Does <code>{columnsText(from, each.columns)}</code> refer to <code>{to.table}</code>?
          </>
        ),
        detail: why.join("; ")
      }
    }),
    ...more(review.length - NEEDS, address("decide"), "ask", "to decide", "that the data alone do not settle"),
    ...orphans.slice(0, NEEDS).map((each): Need => {
      const [from, to] = [book.table(each.from), book.table(each.to)]
      const rows = orphanRows(each)
      return {
        icon: "broken",
        href: address("orphans"),
        chip: "orphans",
        title: `${figure(rows)} ${rows === 1 ? from.name : plurals(from.name)} refer to ${withArticle(to.name)} that is not there`,
        detail: (
          <>
            A join on <code>{columnsText(from, each.columns)}</code> drops{" "}
            {rows === each.join?.rows ? "all rows" : `${percent(rows / (each.join?.rows ?? 1))} of the rows`}
          </>
        )
      }
    }),
    ...more(
      orphans.length - NEEDS,
      address("orphans"),
      "broken",
      "orphans",
      "relationships with rows that refer to nothing"
    ),
    ...(others.length === 0
      ? []
      : [
          {
            icon: "ask" as const,
            href: address("questions"),
            chip: "questions",
            title: `${counted(Math.min(asked, others.length), others.length < questions.length ? "more question" : "question")} that only somebody who knows the business can answer`,
            detail: others[0]?.question ?? ""
          }
        ])
  ]
}
