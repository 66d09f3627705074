import type { ComponentChildren } from "preact"
import { type Shown, WORDS } from "./Words.ts"

/** A shape of its own for each state, in 16 × 16: nobody has to tell colours apart. */
const SHAPES: Readonly<Record<Shown, ComponentChildren>> = {
  pending: <circle class="o" cx="8" cy="8" r="5.5" stroke-dasharray="2.4 2.2" />,
  running: (
    <>
      <circle class="o" cx="8" cy="8" r="5.5" opacity=".45" />
      <path class="o thick" d="M8 2.5A5.5 5.5 0 0 1 13.5 8" />
      <circle cx="8" cy="8" r="2" />
    </>
  ),
  retrying: <path class="o" d="M13 8a5 5 0 1 1-1.6-3.7M13 2.2V5.2h-3" />,
  completed: (
    <>
      <circle cx="8" cy="8" r="6.3" />
      <path class="cut" d="M5 8.3 7.2 10.5 11 5.9" />
    </>
  ),
  failed: (
    <>
      <path d="M8 1 15 8 8 15 1 8z" />
      <path class="cut" d="M6 6l4 4M10 6l-4 4" />
    </>
  ),
  paused: <path class="o bars" d="M5.3 3.5v9M10.7 3.5v9" />,
  cancelled: (
    <>
      <circle class="o" cx="8" cy="8" r="5.5" />
      <path class="o" d="M4.2 11.8l7.6-7.6" />
    </>
  ),
  awaiting: <path class="o" d="M2.5 3.5h11v7H8l-3 2.7v-2.7H2.5zM5.5 7h.01M8 7h.01M10.5 7h.01" />,
  unknown: <path class="o" d="M6 6a2.2 2.2 0 1 1 3.2 2c-.8.4-1.2.8-1.2 1.6M8 12.4v.01" />
}

/** The shape of a state, for eyes only. */
export const StateMark = ({ of, size = 14 }: { readonly of: Shown; readonly size?: number }) => (
  <svg class={`st ${of}`} width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
    {SHAPES[of]}
  </svg>
)

/** A state, as a shape and a word. */
export const State = ({ of, text = WORDS[of] }: { readonly of: Shown; readonly text?: string }) => (
  <span class="state">
    <StateMark of={of} />
    <span>{text}</span>
  </span>
)
