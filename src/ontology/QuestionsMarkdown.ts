import { code, prose } from "./Markdown.ts"
import type { Ontology, Question } from "./Ontology.ts"
import { counted } from "./Text.ts"

/** Questions that the owner is asked: nobody answers more. */
export const MOST_ASKED = 10

/** The questions whose answers change most. */
export const asked = (questions: ReadonlyArray<Question>): ReadonlyArray<Question> => questions.slice(0, MOST_ASKED)

/** The questions for the owner of the database, to be sent to them: Markdown, with why each is asked, the id by which it is answered, and room for the answer. */
export const questionsToMarkdown = ({ domain, questions }: Ontology): string => {
  const shown = asked(questions)
  const left = questions.length - shown.length
  const sections = [
    `# Questions about ${prose(domain.database)}`,
    questions.length === 0
      ? "Nothing is open: the values in the database answer what there is to ask."
      : "No value in the database answers these. The first ones change most.",
    ...shown.map(
      ({ id, question, why }, at) => `## ${at + 1}. ${prose(question)}\n\n${prose(why)}\n\n${code(id)}\n\nAnswer:`
    ),
    ...(left === 0
      ? []
      : [
          `${counted(left, "further question")}, whose ${left === 1 ? "answer changes" : "answers change"} less, ${left === 1 ? "is" : "are"} in report.html.`
        ])
  ]
  return `${sections.join("\n\n")}\n`
}
