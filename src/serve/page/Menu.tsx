import { useState } from "preact/hooks"
import { Icon, type IconName, Mark } from "../../report/page/Icon.tsx"
import { figure } from "../../report/page/Text.ts"
import { unended } from "./Live.ts"
import { datasource, datasources, project, projects } from "./Project.ts"
import { go, href, type PageName, route } from "./Route.ts"
import { toDecide, toAnswer } from "./Counts.ts"

interface Item {
  readonly page: PageName
  readonly icon: IconName
  readonly name: string
  readonly count?: number | undefined
  readonly warn?: boolean
}

/** The side: the project, its databases, the pages. */
export const Menu = ({ onSearch }: { readonly onSearch: () => void }) => {
  const [open, setOpen] = useState(false)
  const here = route.value.page === "workflow" ? "workflows" : route.value.page
  const items: ReadonlyArray<Item> = [
    { page: "workflows", icon: "flow", name: "Workflows", count: unended.value.size },
    { page: "database", icon: "tables", name: "Database" },
    { page: "review", icon: "check", name: "Review", count: toDecide.value, warn: true },
    { page: "questions", icon: "ask", name: "Questions", count: toAnswer.value },
    { page: "servers", icon: "server", name: "Servers" }
  ]
  return (
    <header class={open ? "side open" : "side"}>
      <div class="sidehead">
        <a class="brand" href={href("workflows")}>
          <Mark />
          <span>
            <b>workflow-infra</b>
            <small>project: {project.value ?? "…"}</small>
          </span>
        </a>
        <button type="button" class="searchbtn" aria-label="Search" onClick={onSearch}>
          <Icon name="search" />
          <span>Search</span>
          <kbd>/</kbd>
        </button>
        <button
          type="button"
          class="btn icon menu"
          aria-label="Menu"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          <Icon name="menu" />
        </button>
      </div>
      <div class="fold">
        <nav class="nav" aria-label="Main" onClick={() => setOpen(false)}>
          {items.map(({ count = 0, icon, name, page, warn = false }) => (
            <a key={page} href={href(page)} aria-current={here === page ? "page" : undefined}>
              <Icon name={icon} />
              <span class="t">{name}</span>
              {count === 0 ? null : <span class={warn ? "n warn" : "n"}>{figure(count)}</span>}
            </a>
          ))}
        </nav>
        <Choices />
      </div>
    </header>
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
