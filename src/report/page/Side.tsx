import type { ComponentChildren, RefObject } from "preact"
import { useState } from "preact/hooks"
import { Icon, type IconName, Mark } from "./Icon.tsx"
import { figure } from "./Text.ts"

/** A page that the side leads to. */
export interface SideItem {
  readonly href: string
  readonly icon: IconName
  readonly name: string
  /** How many stand there; none are not told. */
  readonly count?: number | undefined
  /** Whether `count` is a lower bound: "500+" is shown. */
  readonly isMore?: boolean
  /** Whether they want somebody. */
  readonly warn?: boolean
}

/** The side of a page: whose it is, the search, where one can go. On a phone it folds into a line. */
export const Side = ({
  after,
  children,
  here,
  home,
  items,
  label,
  name,
  onSearch,
  what
}: {
  readonly home: string
  readonly name: string
  /** What it is the page of, in a few words. */
  readonly what: string
  /** What the places are called for whoever does not see them. */
  readonly label: string
  readonly items: ReadonlyArray<SideItem>
  /** The `href` of where one is. */
  readonly here: string
  readonly onSearch: () => void
  /** Further links, below the fixed ones. */
  readonly children?: ComponentChildren
  /** What stands below them: other choices, other places. */
  readonly after?: ComponentChildren
}) => {
  const [open, setOpen] = useState(false)
  return (
    <header class={open ? "side open" : "side"}>
      <div class="sidehead">
        <a class="brand" href={home}>
          <Mark />
          <span>
            <b>{name}</b>
            <small>{what}</small>
          </span>
        </a>
        <button type="button" class="searchbtn" aria-label="Search" onClick={onSearch}>
          <Icon name="search" />
          <span>Search</span>
          <kbd>/</kbd>
        </button>
        <button
          type="button"
          class="btn icon menu"
          aria-label="Menu"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          <Icon name="menu" />
        </button>
      </div>
      <div class="fold" onClick={({ target }) => target instanceof Element && target.closest("a") && setOpen(false)}>
        <nav class="nav" aria-label={label}>
          {items.map(({ count = 0, href, icon, isMore = false, name: text, warn = false }) => (
            <a key={href} href={href} aria-current={here === href ? "page" : undefined}>
              <Icon name={icon} />
              <span class="t">{text}</span>
              {count === 0 ? null : <span class={warn ? "n warn" : "n"}>{`${figure(count)}${isMore ? "+" : ""}`}</span>}
            </a>
          ))}
          {children}
        </nav>
        {after}
      </div>
    </header>
  )
}

/** Leads past the side, for whoever goes by keys. */
export const Skip = ({ to }: { readonly to: RefObject<HTMLElement | null> }) => (
  <a
    class="skip"
    href="#main"
    onClick={(event) => {
      event.preventDefault()
      to.current?.focus()
    }}
  >
    Skip to the content
  </a>
)
