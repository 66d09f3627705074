import { DomainItems, fixed } from "../../report/page/Menu.tsx"
import { routeHref } from "../../report/page/Route.ts"
import { Side } from "../../report/page/Side.tsx"
import { figure } from "../../report/page/Text.ts"
import { shown, useBook } from "./Report.ts"
import { isCut, unended } from "./Live.ts"
import { datasource, datasources, project, projects } from "./Project.ts"
import { go, href, route } from "./Route.ts"
import { toDecide, toAnswer } from "./Counts.ts"

/** The side: the project, its databases, the pages. */
export const Menu = ({ onSearch }: { readonly onSearch: () => void }) => (
  <Side
    home={href("workflows")}
    name="workflow-infra"
    what={`project: ${project.value ?? "…"}`}
    label="Main"
    items={[
      { href: href("workflows"), icon: "flow", name: "Workflows", count: unended.value.size, isMore: isCut.value },
      { href: href("database"), icon: "tables", name: "Database" },
      { href: href("review"), icon: "check", name: "Review", count: toDecide.value, warn: true },
      { href: href("questions"), icon: "ask", name: "Questions", count: toAnswer.value },
      { href: href("servers"), icon: "server", name: "Servers" }
    ]}
    here={href(route.value.page === "workflow" ? "workflows" : route.value.page, {
      rest: route.value.page === "database" ? route.value.rest : ""
    })}
    onSearch={onSearch}
    after={
      <>
        <Choices />
        {route.value.page === "database" ? <Pages /> : null}
      </>
    }
  />
)

/** The pages of the database that is shown. */
const Pages = () => {
  const { value: book } = useBook()
  if (book === undefined || book === "nothing") return null
  const report = shown()
  const here = routeHref(report)
  const above = [href("database"), href("review"), href("questions")]
  return (
    <nav class="nav" aria-label={book.report.database}>
      <a class="hd" href={href("database")}>
        <span class="t">{book.report.database}</span>
      </a>
      {fixed(book)
        .filter((item) => !above.includes(item.href))
        .map(({ count = 0, href: to, name, warn = false }) => (
          <a key={to} class="sub" href={to} aria-current={here === to ? "page" : undefined}>
            <span class="t">{name}</span>
            {count === 0 ? null : <span class={warn ? "n warn" : "n"}>{figure(count)}</span>}
          </a>
        ))}
      <DomainItems book={book} route={report} />
    </nav>
  )
}

/** Which project and which database, where there are several. */
const Choices = () => {
  const [all, found] = [projects.value ?? [], datasources.value ?? []]
  const to = (params: Readonly<Record<string, string | undefined>>) =>
    go(href(route.value.page === "workflow" ? "workflows" : route.value.page, { params }))
  return (
    <div class="choices">
      {all.length < 2 ? null : (
        <label>
          Project
          <select
            class="field"
            value={project.value}
            onChange={({ currentTarget }) => to({ project: currentTarget.value, datasource: undefined })}
          >
            {all.map(({ id, name }) => (
              <option key={id} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      {found.length < 2 ? null : (
        <label>
          Database
          <select
            class="field"
            value={datasource.value?.id}
            onChange={({ currentTarget }) => to({ datasource: currentTarget.value })}
          >
            {found.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
    </div>
  )
}
