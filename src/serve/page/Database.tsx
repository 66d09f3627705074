import { useState } from "preact/hooks"
import { Icon } from "../../report/page/Icon.tsx"
import { counted, figure } from "../../report/page/Text.ts"
import { ask, token } from "./Requests.ts"
import { ExportLink } from "./ExportLink.tsx"
import { Empty, Head, Loading, ProblemCard } from "./Parts.tsx"
import { datasource, ofDatasource } from "./Project.ts"
import { loadOntology } from "./Relationships.ts"
import { reportHref } from "./Report.ts"
import { AddForm, StartButton } from "./Start.tsx"
import { useResource } from "./useResource.ts"

interface Format {
  readonly name: string
  readonly file: string
  readonly purpose: string
}

/** What is in the database, in short; the report has the rest. */
export const DatabasePage = () => {
  const at = datasource.value
  const { again, problem, value } = useResource(at?.id, async () => ({
    ontology: await loadOntology(at?.id ?? ""),
    formats: (await ask<{ readonly formats: ReadonlyArray<Format> }>(ofDatasource(at?.id ?? "", "/exports"))).formats
  }))
  const [isAdding, setAdding] = useState(false)
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
  const ontology = value?.ontology
  return (
    <>
      <Head title={at.name}>
        <button type="button" class="btn" aria-expanded={isAdding} onClick={() => setAdding(!isAdding)}>
          <Icon name="plus" />
          Add a database
        </button>
        <StartButton />
      </Head>
      {isAdding ? (
        <Empty title="Another database">
          <AddForm />
        </Empty>
      ) : null}
      {problem === undefined ? null : <ProblemCard problem={problem} again={again} />}
      {value === undefined ? (
        problem === undefined ? (
          <Loading what="what was found" />
        ) : null
      ) : ontology === undefined ? (
        <Empty title="Nothing was found out yet">
          <p>A discovery reads the database and says what is in it. It takes seconds to minutes.</p>
        </Empty>
      ) : (
        <>
          <p class="lead">{ontology.domain.summary}</p>
          <div class="bar1">
            <ExportLink href={reportHref(at.id)} file="report.html" className="btn primary" isLookedAt>
              <Icon name="relationships" />
              {token.value === "" ? "Open the report, with its pictures" : "Save the report, with its pictures"}
            </ExportLink>
            {token.value === "" ? <span class="muted small">in a tab of its own</span> : null}
          </div>
          {ontology.domain.businessDomains.map(({ description, name, tables }) => (
            <section class="sec" key={name}>
              <div class="sech">
                <h2>{name}</h2>
                <span class="muted">{description}</span>
              </div>
              <div class="card scroll" tabIndex={0} role="region" aria-label={`Tables of ${name}`}>
                <table class="tbl even">
                  <thead>
                    <tr>
                      <th>Name</th>
                      <th class="opt">Table</th>
                      <th class="num">Rows</th>
                      <th class="num opt">Columns</th>
                    </tr>
                  </thead>
                  <tbody>
                    {tables.flatMap(({ schema, table }) => {
                      const entity = ontology.entities.find((one) => one.schema === schema && one.table === table)
                      return entity === undefined ? (
                        []
                      ) : (
                        <tr key={`${schema}.${table}`}>
                          <td>
                            <ExportLink
                              className="names"
                              href={reportHref(at.id, ontology, entity)}
                              file="report.html"
                              isLookedAt
                            >
                              <Icon name={entity.kind} />
                              {entity.name}
                            </ExportLink>
                          </td>
                          <td class="opt">
                            <code class="muted">
                              {schema}.{table}
                            </code>
                          </td>
                          <td class="num">{figure(entity.rows ?? 0)}</td>
                          <td class="num opt">{entity.columns.length}</td>
                        </tr>
                      )
                    })}
                  </tbody>
                </table>
              </div>
            </section>
          ))}
          <section class="sec">
            <div class="sech">
              <h2>Files</h2>
              <span class="muted">{counted(value.formats.length, "format")}, made when they are asked for</span>
            </div>
            <ul class="card files">
              {value.formats.map(({ file, name, purpose }) => (
                <li key={name}>
                  <ExportLink href={ofDatasource(at.id, `/exports/${name}`)} file={file} className="link">
                    <code>{file}</code>
                  </ExportLink>
                  <span class="muted">{purpose}</span>
                </li>
              ))}
            </ul>
          </section>
        </>
      )}
    </>
  )
}
