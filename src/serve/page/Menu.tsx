import { Side } from "../../report/page/Side.tsx"
import { unended } from "./Live.ts"
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
      { href: href("workflows"), icon: "flow", name: "Workflows", count: unended.value.size },
      { href: href("database"), icon: "tables", name: "Database" },
      { href: href("review"), icon: "check", name: "Review", count: toDecide.value, warn: true },
      { href: href("questions"), icon: "ask", name: "Questions", count: toAnswer.value },
      { href: href("servers"), icon: "server", name: "Servers" }
    ]}
    here={href(route.value.page === "workflow" ? "workflows" : route.value.page)}
    onSearch={onSearch}
    after={<Choices />}
  />
)

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
