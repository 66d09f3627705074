import type { ComponentChildren } from "preact"
import { useEffect, useRef, useState } from "preact/hooks"
import { Icon } from "./Icon.tsx"
import { End, LineSample } from "./Lines.tsx"

/**
 * The smallest scale, 1 being the size as laid out: labels of 11 CSS pixels become 8, which is just legible, and below that the picture scrolls
 * instead. On phones it is held closer, and scrolls anyway.
 */
const SMALLEST = { wide: 0.72, narrow: 0.82 }
/** Narrower windows, in CSS pixels, have no menu beside the page: the same width as in the style sheet. */
const PHONE = 860
/** What a press of + or − multiplies the scale by: four presses double it. */
const STEP = 1.2
/** The scales that people can reach: a diagram of 40 tables whole on a screen, and twice the size for weak eyes. */
const LIMITS = { smallest: 0.3, largest: 2.4 }
/** The padding of the view, both sides together, in CSS pixels: as in the style sheet. */
const PADDING = 36

/** A picture in a frame: fitted to the width, made larger and smaller by buttons and by + − 0, scrolled where it is cut. */
export const Figure = ({
  children,
  name,
  width
}: {
  readonly name: string
  readonly width: number
  readonly children: (scale: number) => ComponentChildren
}) => {
  const view = useRef<HTMLDivElement>(null)
  const [room, setRoom] = useState(0)
  const [chosen, setChosen] = useState<number | undefined>(undefined)
  const smallest = innerWidth < PHONE ? SMALLEST.narrow : SMALLEST.wide
  const scale = chosen ?? Math.max(smallest, Math.min(1, (room - PADDING) / width))
  const [cut, setCut] = useState(false)
  const look = () => {
    const { current } = view
    if (current !== null) setCut(current.scrollWidth - current.clientWidth - current.scrollLeft > 4)
  }
  const zoom = (factor: number) =>
    setChosen(factor === 0 ? undefined : Math.max(LIMITS.smallest, Math.min(LIMITS.largest, scale * factor)))
  useEffect(() => {
    const { current } = view
    if (current === null) return undefined
    const observer = new ResizeObserver(() => setRoom(current.clientWidth))
    observer.observe(current)
    setRoom(current.clientWidth)
    return () => observer.disconnect()
  }, [])
  useEffect(look, [scale, room])
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const factor = { "+": STEP, "=": STEP, "-": 1 / STEP, "0": 0 }[event.key]
      if (factor === undefined || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return
      event.preventDefault()
      zoom(factor)
    }
    addEventListener("keydown", press)
    return () => removeEventListener("keydown", press)
  })
  return (
    <figure class="card fig">
      <div class={cut ? "view cut" : "view"} ref={view} onScroll={look} tabIndex={0} role="region" aria-label={name}>
        {room === 0 ? null : children(scale)}
      </div>
      <div class="figft">
        <Legend />
        <div class="tools">
          <button type="button" class="btn ghost icon" aria-label="Smaller" onClick={() => zoom(1 / STEP)}>
            <Icon name="minus" />
          </button>
          <button type="button" class="btn ghost icon" aria-label="Larger" onClick={() => zoom(STEP)}>
            <Icon name="plus" />
          </button>
          <button type="button" class="btn ghost icon" aria-label="Fit the width" onClick={() => zoom(0)}>
            <Icon name="fit" />
          </button>
        </div>
      </div>
    </figure>
  )
}

/** Whether keys are text just now. */
export const isTyping = ({ target }: Event): boolean =>
  (target instanceof Element && /^(?:INPUT|SELECT|TEXTAREA)$/.test(target.tagName)) ||
  document.querySelector("dialog[open]") !== null

const EndSample = ({ many, none, text }: { readonly many: boolean; readonly none: boolean; readonly text: string }) => (
  <span>
    <svg class="lno declared" width="26" height="12" viewBox="0 0 26 12" aria-hidden="true">
      <path class="ln" d="M0 6h26" />
      <End at={{ x: 26, y: 6 }} side={1} many={many} none={none} />
    </svg>
    {text}
  </span>
)

const Legend = () => (
  <div class="legend">
    <span>
      <LineSample standing="declared" />
      declared
    </span>
    <span>
      <LineSample standing="inferred" />
      inferred from the data
    </span>
    <span>
      <LineSample standing="review" />
      to decide
    </span>
    <span>
      <LineSample standing="named" />
      by name only
    </span>
    <EndSample many={false} none={false} text="exactly one" />
    <EndSample many={false} none={true} text="one or none" />
    <EndSample many={true} none={false} text="one or more" />
    <EndSample many={true} none={true} text="any number" />
    <span>
      <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true" class="orphan">
        <circle cx="7" cy="7" r="7" />
        <path d="M7 3.5v4M7 10v.1" />
      </svg>
      rows that refer to nothing
    </span>
  </div>
)
