import { useEffect, useState } from "preact/hooks"
import { Icon } from "../../report/page/Icon.tsx"
import { counted, figure } from "../../report/page/Text.ts"
import { Bulk } from "./Bulk.tsx"
import { BETWEEN, databases, isFiltered, localOf, NO_FILTER, SINCE, STATES, statesOf } from "./Filter.ts"
import { isCut, unended } from "./Live.ts"
import { Empty, Head, Loading, ProblemCard } from "./Parts.tsx"
import { datasources } from "./Project.ts"
import { Pulse } from "./Pulse.tsx"
import { href, route, setParams } from "./Route.ts"
import { FirstStart, StartButton } from "./Start.tsx"
import { StateMark } from "./State.tsx"
import { useWorkflows } from "./useWorkflows.ts"
import { kindName, stateOf, WORDS } from "./Words.ts"
import { WorkflowRow } from "./WorkflowRow.tsx"

/** The workflows of the project, live. */
export const WorkflowsPage = () => {
  const { params } = route.value
  const { again, isReading, older, problem, rows } = useWorkflows(params)
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const query = JSON.stringify(params)
  useEffect(() => setSelected(new Set()), [query])
  const filtered = isFiltered(params)
  const isEmpty = rows?.length === 0 && !filtered
  const toggle = (id: string) => {
    const next = new Set(selected)
    if (!next.delete(id)) next.add(id)
    setSelected(next)
  }
  if (isEmpty && datasources.value?.length === 0) {
    return (
      <>
        <Head title="Workflows" live />
        <FirstStart />
      </>
    )
  }
  return (
    <>
      <Head title="Workflows" live>
        <StartButton />
      </Head>
      <Pulse />
      <Filters kinds={[...new Set((rows ?? []).map(({ kind }) => kind))]} />
      {problem === undefined ? null : <ProblemCard problem={problem} again={again} />}
      {rows === undefined ? (
        problem === undefined ? (
          <Loading what="the workflows" />
        ) : null
      ) : rows.length === 0 ? (
        <Empty title={filtered ? "No workflow is like that" : "Nothing has run here yet"}>
          <p>{filtered ? "None passes all of the filters above." : "Start a discovery, and it stands here."}</p>
          {filtered ? (
            <p>
              <a class="btn" href={href("workflows")}>
                Show all workflows
              </a>
            </p>
          ) : null}
        </Empty>
      ) : (
        <div class="card wl">
          <Bulk rows={rows} selected={selected} onDone={() => setSelected(new Set())} />
          <div role="table" aria-label="Workflows">
            <div class="wr h" role="row">
              <span role="columnheader">
                <input
                  type="checkbox"
                  aria-label="Select all that are shown"
                  checked={selected.size > 0 && rows.every(({ id }) => selected.has(id))}
                  onChange={({ currentTarget }) =>
                    setSelected(new Set(currentTarget.checked ? rows.map(({ id }) => id) : []))
                  }
                />
              </span>
              <span role="columnheader">
                <span class="vh">State</span>
              </span>
              <span role="columnheader">Workflow</span>
              <span role="columnheader">Steps</span>
              <span role="columnheader" class="ow">
                Owner
              </span>
              <span role="columnheader" class="tm sta">
                Started
              </span>
              <span role="columnheader" class="tm">
                Took
              </span>
            </div>
            {rows.map((workflow) => (
              <WorkflowRow
                key={workflow.id}
                workflow={workflow}
                isSelected={selected.has(workflow.id)}
                onSelect={toggle}
              />
            ))}
          </div>
          <div class="foot">
            <span role="status">
              {counted(rows.length, "workflow")}, the newest first{isReading ? "; reading …" : ""}
            </span>
            {older === undefined ? null : (
              <button type="button" class="btn" onClick={older}>
                Older
              </button>
            )}
          </div>
        </div>
      )}
    </>
  )
}

const Filters = ({ kinds }: { readonly kinds: ReadonlyArray<string> }) => {
  const { params } = route.value
  const states = statesOf(params)
  const only = states.length === 1 ? states[0] : undefined
  const running = [...unended.value.values()]
  const [key, setKey] = useState(params["key"] ?? "")
  useEffect(() => setKey(params["key"] ?? ""), [params["key"]])
  const kind = params["kind"]
  const isBetween = params["since"] === BETWEEN || params["from"] !== undefined || params["to"] !== undefined
  const all = [
    ...new Set([...kinds, ...running.map((each) => each.kind), ...(kind === undefined ? [] : [kind])])
  ].sort()
  return (
    <>
      <div class="bar1">
        <div class="seg" role="group" aria-label="State">
          <button type="button" aria-pressed={states.length === 0} onClick={() => setParams({ state: undefined })}>
            All
          </button>
          {STATES.map((state) => {
            const shown = stateOf({ state, errorMessage: null })
            const count = running.filter((each) => each.state === state).length
            return (
              <button
                key={state}
                type="button"
                aria-pressed={states.includes(state)}
                onClick={() => setParams({ state: only === state ? undefined : state })}
              >
                <StateMark of={shown} size={12} />
                {WORDS[shown]}
                {count === 0 ? null : <span class="n">{isCut.value ? `${figure(count)}+` : figure(count)}</span>}
              </button>
            )
          })}
        </div>
      </div>
      <div class="bar1">
        <select
          class="field"
          aria-label="Kind"
          value={kind ?? ""}
          onChange={({ currentTarget }) => setParams({ kind: currentTarget.value })}
        >
          <option value="">Every kind</option>
          {all.map((one) => (
            <option key={one} value={one}>
              {kindName(one)}
            </option>
          ))}
        </select>
        <select
          class="field"
          aria-label="Database"
          value={params["of"] ?? ""}
          onChange={({ currentTarget }) => setParams({ of: currentTarget.value })}
        >
          <option value="">Every database</option>
          {databases().map(([id, name]) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
        <select
          class="field"
          aria-label="Started"
          value={isBetween ? BETWEEN : (params["since"] ?? "")}
          onChange={({ currentTarget }) => setParams({ since: currentTarget.value, from: undefined, to: undefined })}
        >
          {SINCE.map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </select>
        {isBetween ? (
          <>
            <Moment name="from" what="Started at or after" />
            <Moment name="to" what="Started before" />
          </>
        ) : null}
        <form
          class="grow"
          onSubmit={(event) => {
            event.preventDefault()
            setParams({ key: key.trim() })
          }}
        >
          <input
            class="field grow"
            type="search"
            aria-label="Key"
            placeholder="The key that it was started with, whole"
            value={key}
            onInput={({ currentTarget }) => setKey(currentTarget.value)}
            onChange={({ currentTarget }) => setParams({ key: currentTarget.value.trim() })}
          />
        </form>
        {isFiltered(params) ? (
          <button type="button" class="btn" onClick={() => setParams(NO_FILTER)}>
            <Icon name="cross" />
            Clear
          </button>
        ) : null}
      </div>
    </>
  )
}

/** A moment of the filter, in the time of whoever looks. */
const Moment = ({ name, what }: { readonly name: "from" | "to"; readonly what: string }) => (
  <input
    class="field"
    type="datetime-local"
    aria-label={what}
    title={what}
    value={localOf(route.value.params[name])}
    onChange={({ currentTarget: { value } }) =>
      setParams({ since: BETWEEN, [name]: value === "" ? undefined : new Date(value).toISOString() })
    }
  />
)
