import type { ComponentChildren } from "preact"
import { useEffect, useRef } from "preact/hooks"
import { isTyping } from "./Figure.tsx"

/** Milliseconds between "g" and the letter of a page: a slow typist's two keys; after that a letter means itself again. */
const CHORD = 900

/** What keys do: each by itself, and letters after "g". */
export interface Keys {
  readonly actions: Readonly<Record<string, () => void>>
  /** The addresses of pages. */
  readonly pages: Readonly<Record<string, string>>
}

/** Listens to keys; Ctrl-K is "/". Those that are typed into a field, or while a dialog is open, are not for the page. */
export const useKeys = ({ actions, pages }: Keys): void => {
  const pressed = useRef(0)
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const take = (action: (() => void) | undefined) => {
        if (action === undefined) return
        event.preventDefault()
        action()
      }
      if ((event.ctrlKey || event.metaKey) && event.key === "k") return take(actions["/"])
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return
      const page = performance.now() - pressed.current < CHORD ? pages[event.key] : undefined
      pressed.current = event.key === "g" ? performance.now() : 0
      take(page === undefined ? actions[event.key] : () => void (location.hash = page))
    }
    addEventListener("keydown", press)
    return () => removeEventListener("keydown", press)
  })
}

/** Moves the focus to the next or the one before of what is shown. */
export const step = (selector: string, by: number): void => {
  const rows = [...document.querySelectorAll<HTMLElement>(selector)].filter((each) => each.offsetParent !== null)
  const at = rows.indexOf(rows.find((each) => each === document.activeElement) ?? document.body)
  const next = rows[Math.max(0, Math.min(rows.length - 1, at + by))]
  next?.focus()
  next?.scrollIntoView({ block: "nearest" })
}

/** The keys, told: which, and what they do. */
export const KeyHelp = ({
  keys,
  onClose
}: {
  readonly keys: ReadonlyArray<readonly [keys: ComponentChildren, what: string]>
  readonly onClose: () => void
}) => {
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
        {keys.map(([names, what]) => (
          <>
            <dt>{names}</dt>
            <dd>{what}</dd>
          </>
        ))}
      </dl>
    </dialog>
  )
}

/** Keys by their names, one after the other. */
export const Names = ({ of }: { readonly of: ReadonlyArray<string> }) => (
  <>
    {of.map((name) => (
      <>{name === "then" ? name : <kbd>{name}</kbd>} </>
    ))}
  </>
)
