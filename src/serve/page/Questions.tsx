import { useState } from "preact/hooks"
import { Icon } from "../../report/page/Icon.tsx"
import { figure } from "../../report/page/Text.ts"
import { Changed } from "./Changed.tsx"
import { ask, problemFrom } from "./Requests.ts"
import { readAgain } from "./Live.ts"
import { Empty, Head, Loading, ProblemCard } from "./Parts.tsx"
import { datasource, ofDatasource } from "./Project.ts"
import { route, setParams } from "./Route.ts"
import { said, say, sayProblem } from "./Say.ts"
import { NoDatabase, StartButton } from "./Start.tsx"
import type { Asked } from "./Types.ts"
import { useResource } from "./useResource.ts"
import { moment } from "./Words.ts"

const VIEWS = [
  ["open", "Open"],
  ["answered", "Answered"]
] as const

/** Columns of a question that are named. */
const NAMED = 8

/** What only somebody who knows the business can answer, and what was answered. */
export const QuestionsPage = () => {
  const at = datasource.value
  const found = useResource(at?.id, () =>
    ask<{ readonly questions: ReadonlyArray<Asked> }>(ofDatasource(at?.id ?? "", "/questions"))
  )
  const view = route.value.params["show"] === "answered" ? "answered" : "open"
  const all = found.value?.questions ?? []
  const of = (which: string) => all.filter(({ decision }) => (decision === null ? "open" : "answered") === which)
  const shown = of(view)
  if (at === undefined) {
    return (
      <>
        <Head title="Questions" />
        <NoDatabase what="Questions" />
      </>
    )
  }
  return (
    <>
      <Head title="Questions" />
      <p class="lead">
        What the data of <b>{at.name}</b> leave open, and somebody who knows the business can say; the weightiest first.
      </p>
      <div class="bar1">
        <div class="seg" role="group" aria-label="Which questions">
          {VIEWS.map(([name, text]) => (
            <button
              key={name}
              type="button"
              aria-pressed={view === name}
              onClick={() => setParams({ show: name === "open" ? undefined : name })}
            >
              {text} <span class="n">{figure(of(name).length)}</span>
            </button>
          ))}
        </div>
      </div>
      {found.problem === undefined ? null : <ProblemCard problem={found.problem} again={found.again} />}
      {view === "answered" ? <Changed datasourceId={at.id} isAnswered={shown.length > 0} /> : null}
      {found.value === undefined ? (
        found.problem === undefined ? (
          <Loading what="the questions" />
        ) : null
      ) : shown.length > 0 ? (
        <ul class="asked">
          {shown.map((question) => (
            <QuestionCard key={question.id} question={question} datasourceId={at.id} />
          ))}
        </ul>
      ) : (
        <Empty title={view === "open" ? "Nothing is left to ask" : "Nothing was answered yet"}>
          {all.length === 0 ? (
            <>
              <p>A discovery reads the database, and asks what it cannot know.</p>
              <p>
                <StartButton />
              </p>
            </>
          ) : (
            <p>{view === "open" ? "Every question has its answer." : "Answers stand here, and can be taken back."}</p>
          )}
        </Empty>
      )}
    </>
  )
}

const PRIORITY = {
  high: "wrong figures without it",
  medium: "worth knowing",
  low: "good to know"
} as const

const QuestionCard = ({ datasourceId, question }: { readonly question: Asked; readonly datasourceId: string }) => {
  const { affects, category, decision, id, priority, version, why } = question
  const [text, setText] = useState("")
  const [isSending, setSending] = useState(false)
  const isYesNo = category === "relationship"
  const place = ofDatasource(datasourceId, `/questions/${encodeURIComponent(id)}/answer`)
  const run = async (what: () => Promise<unknown>, done: string, detail: string, undo?: () => void) => {
    setSending(true)
    try {
      await what()
      say(done, detail, undo === undefined ? undefined : { name: "Undo", run: undo })
      setText("")
    } catch (error) {
      const problem = problemFrom(error)
      if (problem.kind === "stale") {
        said.value = {
          tone: "bad",
          title: `${problem.by ?? "Somebody"} has answered meanwhile.`,
          detail: "Your answer was not written; the question stands as it is now."
        }
      } else sayProblem(problem)
    } finally {
      setSending(false)
      readAgain()
    }
  }
  const takeBack = (seen: number) =>
    run(() => ask(place, { method: "DELETE", version: seen }), "Taken back.", "The question is open again.")
  const answer = (given: string) => {
    if (given.trim() === "" || isSending) return
    void run(
      () => ask(place, { method: "PUT", version, body: { answer: given.trim() } }),
      "Answered.",
      "What depends on it follows within seconds.",
      () => void takeBack(version + 1)
    )
  }
  const names = affects.map(({ column, table }) => (column === null ? table : `${table}.${column}`))
  return (
    <li class="card qa" data-question={id}>
      <Icon name="ask" />
      <div>
        <h2>{question.question}</h2>
        {why === null ? null : <p class="soft small">{why}</p>}
        <p class="cs">
          {priority === null ? <span class="chip">not asked any more</span> : null}
          {priority === null ? null : (
            <span class={priority === "high" ? "chip review" : "chip"}>{PRIORITY[priority]}</span>
          )}
          {names.slice(0, NAMED).map((name) => (
            <code key={name}>{name}</code>
          ))}
          {names.length > NAMED ? <span class="muted tiny">and {names.length - NAMED} more</span> : null}
        </p>
        {decision === null ? null : (
          <div class="answer">
            <p>
              <b>{decision.answer}</b>
            </p>
            <p class="muted small">
              {decision.by}, {moment(decision.at)}
            </p>
            <button type="button" class="btn" aria-disabled={isSending} onClick={() => takeBack(version)}>
              <Icon name="undo" />
              Take it back
            </button>
          </div>
        )}
        {decision !== null ? null : isYesNo ? (
          <div class="acts">
            <button type="button" class="btn" data-row onClick={() => answer("yes")}>
              Yes
            </button>
            <button type="button" class="btn" onClick={() => answer("no")}>
              No
            </button>
          </div>
        ) : (
          <form
            onSubmit={(event) => {
              event.preventDefault()
              answer(text)
            }}
          >
            <input
              class="field"
              type="text"
              data-row
              aria-label={`Answer: ${question.question}`}
              placeholder="The answer, as you would tell a colleague"
              autocomplete="off"
              maxLength={10_000}
              value={text}
              onInput={({ currentTarget }) => setText(currentTarget.value)}
            />
            <button type="submit" class="btn" aria-disabled={isSending || text.trim() === ""}>
              {isSending ? "Writing …" : "Answer"}
            </button>
          </form>
        )}
      </div>
    </li>
  )
}
