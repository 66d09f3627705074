import type { ComponentChildren } from "preact"
import { useEffect, useState } from "preact/hooks"
import { Icon } from "../../report/page/Icon.tsx"
import { Overview } from "../../report/page/Overview.tsx"
import { pageOf, reveal } from "../../report/page/Pages.tsx"
import { routeHref } from "../../report/page/Route.ts"
import { counted } from "../../report/page/Text.ts"
import { ExportLink } from "./ExportLink.tsx"
import { Empty, Head, Loading, ProblemCard } from "./Parts.tsx"
import { datasource, ofDatasource, path } from "./Project.ts"
import { placeShown, shown, useBook } from "./Report.ts"
import { ask, token } from "./Requests.ts"
import { href, route } from "./Route.ts"
import { AddForm, StartButton } from "./Start.tsx"
import type { Workflow } from "./Types.ts"
import { useResource } from "./useResource.ts"

/** What is in the database: the pages of its report, and what can be done with it. */
export const DatabasePage = () => {
  const at = datasource.value
  const { again, problem, value: book } = useBook()
  const place = placeShown()
  useEffect(() => {
    if (place !== undefined) reveal(place)
  }, [place, route.value.rest, book])
  if (at === undefined) {
    return (
      <>
        <Head title="Database" />
        <Empty title="There is no database yet">
          <p>Give a PostgreSQL database to read. A login that may only read is enough, and nothing is written there.</p>
          <AddForm withSample />
        </Empty>
      </>
    )
  }
  const report = shown()
  if (book === undefined || book === "nothing") {
    return (
      <Begun name={at.name}>
        {problem !== undefined ? (
          <ProblemCard problem={problem} again={again} />
        ) : book === undefined ? (
          <Loading what="what was found" />
        ) : (
          <Empty title="Nothing was found out yet">
            <p>A discovery reads the database and says what is in it. It takes seconds to minutes.</p>
            <LastFailure id={at.id} />
          </Empty>
        )}
      </Begun>
    )
  }
  return (
    <>
      {problem === undefined ? null : <ProblemCard problem={problem} again={again} />}
      {report.page === "overview" ? (
        <Adding>
          {(add) => (
            <>
              <Overview book={book}>
                {add}
                <StartButton />
              </Overview>
              <Files id={at.id} />
            </>
          )}
        </Adding>
      ) : (
        <div key={routeHref(report)}>{pageOf(book, report).page}</div>
      )}
    </>
  )
}

const Begun = ({ children, name }: { readonly name: string; readonly children: ComponentChildren }) => (
  <Adding>
    {(add) => (
      <>
        <Head title={name}>
          {add}
          <StartButton />
        </Head>
        {children}
      </>
    )}
  </Adding>
)

/** Why the discovery that was started last has found nothing. */
const LastFailure = ({ id }: { readonly id: string }) => {
  const { value } = useResource(`the last discovery of ${id}`, () =>
    ask<{ readonly workflows: ReadonlyArray<Workflow> }>(path(`/workflows?exclusiveKey=${id}&limit=1`))
  )
  const [last] = value?.workflows ?? []
  if (last?.state !== "failed") return null
  return (
    <p>
      The{" "}
      <a class="link" href={href("workflow", { id: last.id })}>
        last one
      </a>{" "}
      has failed: {last.errorMessage}
    </p>
  )
}

/** A page with a button that opens the form for another database, above it. */
const Adding = ({ children }: { readonly children: (button: ComponentChildren) => ComponentChildren }) => {
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      {isOpen ? (
        <Empty title="Another database">
          <AddForm />
        </Empty>
      ) : null}
      {children(
        <button type="button" class="btn" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <Icon name="plus" />
          Add a database
        </button>
      )}
    </>
  )
}

interface Format {
  readonly name: string
  readonly file: string
  readonly purpose: string
}

/** What can be saved. */
const Files = ({ id }: { readonly id: string }) => {
  const { again, problem, value } = useResource(id, () =>
    ask<{ readonly formats: ReadonlyArray<Format> }>(ofDatasource(id, "/exports"))
  )
  return (
    <section class="sec">
      <div class="sech">
        <h2>Files</h2>
        {value === undefined ? null : (
          <span class="muted">{counted(value.formats.length, "format")}, made when they are asked for</span>
        )}
      </div>
      {problem === undefined ? null : <ProblemCard problem={problem} again={again} />}
      {value === undefined ? (
        problem === undefined ? (
          <Loading what="which files there are" />
        ) : null
      ) : (
        <ul class="card files">
          {value.formats.map(({ file, name, purpose }) => (
            <li key={name}>
              <ExportLink
                href={ofDatasource(id, `/exports/${name}`)}
                file={file}
                className="link"
                isLookedAt={name === "html" && token.value === ""}
              >
                <code>{file}</code>
              </ExportLink>
              <span class="muted">{purpose}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
