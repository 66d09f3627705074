import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks"
import { KeyHelp, Names, step, useKeys } from "../../report/page/Keys.tsx"
import { ROWS as REPORT_ROWS } from "../../report/page/ReportKeys.tsx"
import { Skip } from "../../report/page/Side.tsx"
import { toggleTheme } from "../../report/page/Theme.ts"
import { isTokenWanted, problemFrom, token, type Problem } from "./Requests.ts"
import { DatabasePage } from "./Database.tsx"
import { hold, revision, standing } from "./Live.ts"
import { Menu } from "./Menu.tsx"
import { Banner, Loading, ProblemCard, Said } from "./Parts.tsx"
import { datasources, isGone, loadDatasources, loadProjects, project, projects } from "./Project.ts"
import { QuestionsPage } from "./Questions.tsx"
import { placeShown } from "./Report.ts"
import { ReviewPage } from "./Review.tsx"
import { href, type PageName, route } from "./Route.ts"
import { unsay } from "./Say.ts"
import { Search } from "./Search.tsx"
import { ServersPage } from "./Servers.tsx"
import { TokenForm } from "./TokenForm.tsx"
import { WorkflowPage } from "./Workflow.tsx"
import { WorkflowsPage } from "./Workflows.tsx"

const ROWS = `main [data-row], ${REPORT_ROWS}`
const HELP = [
  [<Names of={["/"]} />, "search"],
  [<Names of={["j", "k"]} />, "next and previous row, or candidate"],
  [<Names of={["p"]} />, "hold the page still, and go on"],
  [<Names of={["a", "r", "l", "u"]} />, "in Review: accept, reject, later, undo"],
  [<Names of={["g", "then", "w", "d", "r", "q", "s"]} />, "workflows, database, review, questions, servers"],
  [<Names of={["t"]} />, "light or dark"],
  [<Names of={["?"]} />, "this"]
] as const

/** The page of `serve`: the side, and what the address says. */
export const App = () => {
  const [dialog, setDialog] = useState<"search" | "help" | undefined>(undefined)
  const main = useRef<HTMLElement>(null)
  const isFirst = useRef(true)
  const { page, rest } = route.value
  const problem = useStart()
  // Before the page is drawn: a key that is pressed right after it must not lose the row that it has gone to.
  useLayoutEffect(() => {
    document.title = `${page.charAt(0).toUpperCase()}${page.slice(1)} · workflow-infra`
    if (!isFirst.current) {
      unsay()
      // Of the report, a place within the page may be shown.
      if (page !== "database" || placeShown() === undefined) {
        scrollTo(0, 0)
        main.current?.focus({ preventScroll: true })
      }
    }
    isFirst.current = false
  }, [page, rest])
  const search = () => setDialog("search")
  useKeys({
    pages: {
      w: href("workflows"),
      d: href("database"),
      r: href("review"),
      q: href("questions"),
      s: href("servers")
    },
    actions: {
      "/": search,
      "?": () => setDialog("help"),
      t: toggleTheme,
      p: hold,
      ...(page === "review" ? {} : { j: () => step(ROWS, 1), k: () => step(ROWS, -1) })
    }
  })
  const close = () => setDialog(undefined)
  return (
    <>
      <Skip to={main} />
      <div class="frame">
        <Menu onSearch={search} />
        <main class="page serve" id="main" tabIndex={-1} ref={main}>
          <div>
            <Banner />
            <Said />
            {isTokenWanted.value ? (
              <TokenForm />
            ) : datasources.value === undefined ? (
              <>
                <h1>workflow-infra</h1>
                {problem === undefined || standing.value.is === "lost" ? (
                  <Loading what="what there is" />
                ) : standing.value.is === "refused" ? null : (
                  <ProblemCard problem={problem} />
                )}
                <Elsewhere
                  what="project"
                  places={
                    problem?.status === 404
                      ? (projects.value ?? []).map(({ name }) => [name, { project: name, datasource: undefined }])
                      : []
                  }
                />
              </>
            ) : isGone.value && ABOUT.has(page) ? (
              <>
                <h1>There is no such database</h1>
                <p class="lead">It was removed, or the address is of another server.</p>
                <Elsewhere
                  what="database"
                  places={datasources.value.map(({ id, name }) => [name, { datasource: id }])}
                />
              </>
            ) : (
              <Content />
            )}
          </div>
        </main>
      </div>
      {dialog === "search" ? <Search onClose={close} /> : null}
      {dialog === "help" ? <KeyHelp keys={HELP} onClose={close} /> : null}
    </>
  )
}

/** The pages that are about one database. */
const ABOUT: ReadonlySet<PageName> = new Set(["database", "review", "questions"])

/** Where one can go instead. */
const Elsewhere = ({
  places,
  what
}: {
  readonly what: string
  readonly places: ReadonlyArray<readonly [string, Readonly<Record<string, string | undefined>>]>
}) =>
  places.length === 0 ? null : (
    <nav class="elsewhere" aria-label={`Every ${what}`}>
      {places.map(([name, params]) => (
        <a key={name} class="btn" href={href(what === "project" ? "workflows" : "database", { params })}>
          {name}
        </a>
      ))}
    </nav>
  )

const Content = () => {
  const { id, page } = route.value
  switch (page) {
    case "workflows":
      return <WorkflowsPage />
    case "workflow":
      return id === undefined ? <WorkflowsPage /> : <WorkflowPage key={id} id={id} />
    case "servers":
      return <ServersPage />
    case "database":
      return <DatabasePage />
    case "review":
      return <ReviewPage />
    case "questions":
      return <QuestionsPage />
  }
}

/** Milliseconds between two attempts to read what the page begins with. */
const AGAIN = 2_000

/** Reads the projects, and the databases of the one that is shown. */
const useStart = (): Problem | undefined => {
  const [problem, setProblem] = useState<Problem | undefined>(undefined)
  const [turn, setTurn] = useState(0)
  const name = project.value
  const [seen, sent] = [revision.value, token.value]
  const shown = useRef(name)
  useEffect(() => {
    // What is another project's is not shown as this one's.
    if (shown.current !== name) datasources.value = undefined
    shown.current = name
    let timer: ReturnType<typeof setTimeout> | undefined
    const load = async () => {
      try {
        if (projects.value === undefined) await loadProjects()
        if (project.value !== undefined) await loadDatasources()
        setProblem(undefined)
      } catch (error) {
        const failed = problemFrom(error)
        setProblem(failed)
        if (failed.status !== 401) timer = setTimeout(() => setTurn((n) => n + 1), AGAIN)
      }
    }
    void load()
    return () => clearTimeout(timer)
  }, [name, seen, sent, turn])
  return problem
}
