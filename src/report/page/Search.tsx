import { useEffect, useMemo, useRef, useState } from "preact/hooks"
import { find, type Hit } from "./Finder.ts"
import { Icon } from "./Icon.tsx"

/** Finds one of `index`, by keyboard or pointer. `what` says what there is to find. */
export const Search = ({
  go: follow,
  index,
  note,
  onClose,
  what
}: {
  readonly index: ReadonlyArray<Hit>
  readonly what: string
  /** Says what the search leaves out, below the hits. */
  readonly note?: string | undefined
  readonly go: (href: string) => void
  readonly onClose: () => void
}) => {
  const dialog = useRef<HTMLDialogElement>(null)
  const [query, setQuery] = useState("")
  const [at, setAt] = useState(0)
  const hits = useMemo(() => find(index, query), [index, query])
  useEffect(() => dialog.current?.showModal(), [])
  useEffect(() => document.getElementById(`hit${at}`)?.scrollIntoView({ block: "nearest" }), [at])
  const go = (href: string | undefined) => {
    if (href === undefined) return
    dialog.current?.close()
    follow(href)
  }
  const press = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined && hits.length > 0) setAt((at + step + hits.length) % hits.length)
    else if (event.key === "Enter") go(hits[at]?.href)
    else return
    event.preventDefault()
  }
  return (
    <dialog
      class="dialog find"
      aria-label="Search"
      ref={dialog}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && dialog.current?.close()}
    >
      <input
        type="text"
        role="combobox"
        aria-expanded={hits.length > 0}
        aria-controls="results"
        aria-autocomplete="list"
        aria-activedescendant={hits.length > 0 ? `hit${at}` : undefined}
        aria-label={`Search: ${what}`}
        placeholder={`${what} …`}
        autocomplete="off"
        spellcheck={false}
        value={query}
        onInput={({ currentTarget }) => {
          setQuery(currentTarget.value)
          setAt(0)
        }}
        onKeyDown={press}
      />
      <ul id="results" role="listbox" aria-label="Found">
        {hits.map(({ context, href, icon, kind, name }, place) => (
          <li
            key={`${href} ${name}`}
            id={`hit${place}`}
            role="option"
            aria-selected={place === at}
            onClick={() => go(href)}
          >
            <Icon name={icon} />
            <b>
              <Marked text={name} query={query.trim()} />
            </b>
            <span class="c">
              <Marked text={context} query={query.trim()} />
            </span>
            <span class="k">{kind}</span>
          </li>
        ))}
      </ul>
      {note === undefined ? null : (
        <p class="none" role="status">
          {note}
        </p>
      )}
      {hits.length === 0 && note === undefined ? <p class="none">Nothing is called “{query}”.</p> : null}
      <div class="ft">
        <span>
          <kbd>↑</kbd> <kbd>↓</kbd> choose
        </span>
        <span>
          <kbd>↵</kbd> open
        </span>
        <span>
          <kbd>Esc</kbd> close
        </span>
        <span class="n" aria-live="polite">
          {query === "" ? "" : `${hits.length} found`}
        </span>
      </div>
    </dialog>
  )
}

const Marked = ({ query, text }: { readonly text: string; readonly query: string }) => {
  const at = query === "" ? -1 : text.toLowerCase().indexOf(query.toLowerCase())
  if (at < 0) return <>{text}</>
  return (
    <>
      {text.slice(0, at)}
      <mark>{text.slice(at, at + query.length)}</mark>
      {text.slice(at + query.length)}
    </>
  )
}
