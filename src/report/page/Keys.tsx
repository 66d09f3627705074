import { useEffect, useRef } from "preact/hooks"
import { isTyping } from "./Figure.tsx"
import { pages, type Route, routeHref } from "./Route.ts"
import { toggleTheme } from "./Theme.ts"
import type { Book } from "./Book.ts"

/** Milliseconds between "g" and the letter of a page: a slow typist's two keys; after that a letter means itself again. */
const CHORD = 900
const CHORDS: Readonly<Record<string, string>> = {
  o: "#/overview",
  e: "#/tables",
  r: "#/relationships",
  d: "#/decide",
  q: "#/questions"
}

/** What keys do on every page. */
export interface KeyActions {
  readonly search: () => void
  readonly help: () => void
}

/** Listens to the keys of every page. */
export const useKeys = (book: Book, route: Route, { help, search }: KeyActions): void => {
  const pressed = useRef(0)
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key === "k") {
        event.preventDefault()
        return search()
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return
      const chord = performance.now() - pressed.current < CHORD ? CHORDS[event.key] : undefined
      pressed.current = 0
      const action =
        chord === undefined ? actions(book, route, { help, search })[event.key] : () => void (location.hash = chord)
      if (event.key === "g") pressed.current = performance.now()
      if (action === undefined) return
      event.preventDefault()
      action()
    }
    addEventListener("keydown", press)
    return () => removeEventListener("keydown", press)
  })
}

const actions = (book: Book, route: Route, { help, search }: KeyActions): Readonly<Record<string, () => void>> => ({
  "/": search,
  "?": help,
  t: toggleTheme,
  "]": () => page(book, route, 1),
  "[": () => page(book, route, -1),
  j: () => row(1),
  k: () => row(-1)
})

const page = (book: Book, route: Route, step: number) => {
  const all = pages(book)
  const next = all[all.indexOf(routeHref(route)) + step]
  if (next !== undefined) location.hash = next
}

const row = (step: number) => {
  const rows = [
    ...document.querySelectorAll<HTMLElement>("main summary, main .relrow, main .needs a, main .names, main .dom")
  ].filter((each) => each.offsetParent !== null)
  const next =
    rows[Math.max(0, Math.min(rows.length - 1, rows.findIndex((each) => each === document.activeElement) + step))]
  next?.focus()
  next?.scrollIntoView({ block: "nearest" })
}

/** The keys, told. */
export const KeyHelp = ({ onClose }: { readonly onClose: () => void }) => {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog
      class="dialog keys"
      aria-label="Keys"
      ref={dialog}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && dialog.current?.close()}
    >
      <h2>Keys</h2>
      <dl>
        <dt>
          <kbd>/</kbd>
        </dt>
        <dd>search</dd>
        <dt>
          <kbd>j</kbd> <kbd>k</kbd>
        </dt>
        <dd>next and previous row</dd>
        <dt>
          <kbd>[</kbd> <kbd>]</kbd>
        </dt>
        <dd>previous and next page</dd>
        <dt>
          <kbd>+</kbd> <kbd>−</kbd> <kbd>0</kbd>
        </dt>
        <dd>diagram larger, smaller, fitted</dd>
        <dt>
          <kbd>g</kbd> then <kbd>o</kbd> <kbd>e</kbd> <kbd>r</kbd> <kbd>d</kbd> <kbd>q</kbd>
        </dt>
        <dd>overview, tables, relationships, to decide, questions</dd>
        <dt>
          <kbd>t</kbd>
        </dt>
        <dd>light or dark</dd>
        <dt>
          <kbd>?</kbd>
        </dt>
        <dd>this</dd>
      </dl>
    </dialog>
  )
}
