const PATHS = {
  home: "M2.5 7 8 2.5 13.5 7v6.5h-4v-4h-3v4h-4z",
  tables: "M2.5 2.5h4.5v4.5H2.5zM9 2.5h4.5v4.5H9zM2.5 9h4.5v4.5H2.5zM9 9h4.5v4.5H9z",
  relationships: "M4.5 4.5h3v3h-3zM11 10.5v-2a2 2 0 0 0-2-2H7.5M9.5 11h3v2.5h-3z",
  ask: "M5.8 6a2.2 2.2 0 1 1 3.2 2c-.7.4-1 .8-1 1.6M8 12v.01M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0z",
  broken: "M6.5 9.5 3.9 12a2.3 2.3 0 0 1-3-3.2M9.5 6.5 12 4a2.3 2.3 0 0 1 3 3.2M5 2.5V4M2.5 5H4M11 13.5V12M13.5 11H12",
  entity: "M2.5 4.5a2 2 0 0 1 2-2h7a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2h-7a2 2 0 0 1-2-2z",
  lookup: "M2.5 4h11M2.5 8h8M2.5 12h5",
  link: "M8 2.5 13.5 8 8 13.5 2.5 8z",
  log: "M4 2.5h8v11H4zM6 5.5h4M6 8h4M6 10.5h2",
  unread: "M2 8s2.2-4 6-4 6 4 6 4-2.2 4-6 4-6-4-6-4zM3 13 13 3",
  search: "M11 11l3 3M12.5 7.25a5.25 5.25 0 1 1-10.5 0 5.25 5.25 0 0 1 10.5 0z",
  theme:
    "M8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9M10.8 8a2.8 2.8 0 1 1-5.6 0 2.8 2.8 0 0 1 5.6 0z",
  menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
  key: "M9.2 6.8 14 2M12 4l1.5 1.5M10 9.5a3 3 0 1 1-6 0 3 3 0 0 1 6 0z",
  reference: "M3 8h9M8.5 4.5 12 8l-3.5 3.5",
  person: "M8 8a2.6 2.6 0 1 0 0-5.2A2.6 2.6 0 0 0 8 8zM3 13.5c.4-2.4 2.3-3.7 5-3.7s4.6 1.3 5 3.7",
  right: "M6 3.5 10.5 8 6 12.5",
  plus: "M8 3.5v9M3.5 8h9",
  minus: "M3.5 8h9",
  fit: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  warning: "M8 2.5 14.5 13.5h-13zM8 6.5v3.2M8 11.6v.01",
  check: "M3 8.5 6.5 12 13 4.5",
  flow: "M2.5 4h6M6 8h7.5M4 12h5",
  server: "M2.5 3h11v4h-11zM2.5 9h11v4h-11zM5 5v.01M5 11v.01",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  play: "M5 3l7.5 5L5 13z",
  retry: "M13 8a5 5 0 1 1-1.6-3.7M13 2.5V5h-2.5",
  cross: "M4 4l8 8M12 4l-8 8",
  later: "M8 4.5V8l2.5 1.5M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0z",
  undo: "M3 6.5h6.5a3.5 3.5 0 0 1 0 7H6M3 6.5 6 3.5M3 6.5l3 3",
  plug: "M6 2v3M10 2v3M4.5 5h7v2.5a3.5 3.5 0 0 1-7 0zM8 11v3"
}
/** The name of a drawing. */
export type IconName = keyof typeof PATHS

/** A drawing of 16 × 16, for eyes only: words say the same. */
export const Icon = ({ className, name }: { readonly name: IconName; readonly className?: string }) => (
  <svg class={className === undefined ? "i" : `i ${className}`} viewBox="0 0 16 16" aria-hidden="true">
    <path d={PATHS[name]} />
  </svg>
)

/** The mark of the program. */
export const Mark = () => (
  <svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
    <rect x="1" y="1" width="22" height="22" rx="6" fill="currentColor" />
    <g fill="none" stroke="var(--accent-ink)" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round">
      <path d="M6.5 8h4.5M6.5 8v8h4.5M14 8h3.5M14 16h3.5" />
      <circle cx="12.3" cy="8" r="1.5" fill="var(--accent-ink)" />
      <circle cx="12.3" cy="16" r="1.5" />
    </g>
  </svg>
)
