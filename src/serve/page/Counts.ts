import { effect, signal } from "@preact/signals"
import { ask } from "./Requests.ts"
import { revision } from "./Live.ts"
import { datasource, ofDatasource } from "./Project.ts"
import type { Asked } from "./Types.ts"

/** Relationships that nobody has decided about. */
export const toDecide = signal(0)
/** Questions that nobody has answered. */
export const toAnswer = signal(0)

/** Keeps both up to date, of the database that is shown. They are only hints: where they cannot be read, there are none. */
export const countForever = (): void => {
  effect(() => {
    const id = datasource.value?.id
    void revision.value
    if (id === undefined) return
    type Counted = { readonly counts: { readonly needs_review: number } }
    ask<Counted>(ofDatasource(id, "/relationships?status=needs_review&limit=1")).then(
      ({ counts }) => (toDecide.value = counts.needs_review),
      () => (toDecide.value = 0)
    )
    ask<{ readonly questions: ReadonlyArray<Asked> }>(ofDatasource(id, "/questions?state=open")).then(
      ({ questions }) => (toAnswer.value = questions.length),
      () => (toAnswer.value = 0)
    )
  })
}
