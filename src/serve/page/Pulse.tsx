import { counted, figure } from "../../report/page/Text.ts"
import { path, project } from "./Project.ts"
import { ask } from "./Requests.ts"
import type { Throughput } from "./Types.ts"
import { useResource } from "./useResource.ts"
import { minute } from "./Words.ts"

/** Milliseconds between two reads: half of the width of a bar. */
const EVERY = 30_000
const MINUTE = 60_000
const MINUTES = 60
/** The height of the picture, and the width of a minute in it, in its own units. */
const [HEIGHT, WIDTH] = [40, 10]

/** How many workflows ended in the last hour, by the minute; nothing where none did. */
export const Pulse = () => {
  const { value } = useResource(project.value, () => ask<Throughput>(path(`/throughput?minutes=${MINUTES}`)), EVERY)
  if (value === undefined || value.minutes.length === 0) return null
  const completed = value.minutes.reduce((sum, each) => sum + each.completed, 0)
  const failed = value.minutes.reduce((sum, each) => sum + each.failed, 0)
  const first = Date.parse(value.to) - (MINUTES - 1) * MINUTE
  const most = Math.max(...value.minutes.map((each) => each.completed + each.failed))
  const total = counted(completed + failed, "workflow")
  const isCut = Date.parse(value.from) > first
  const said = `${total} ended ${isCut ? `since ${minute(Date.parse(value.from))}` : "in the last hour"}, ${failed === 0 ? "none of them failed" : `${figure(failed)} of them failed`}`
  return (
    <div class="card pulse">
      <p>
        <b>{total}</b> {said.slice(total.length + 1)}
      </p>
      <div>
        <svg
          viewBox={`0 0 ${MINUTES * WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`${said}; the most in a minute: ${figure(most)}`}
        >
          {value.minutes.map((each) => {
            const x = ((Date.parse(each.at) - first) / MINUTE) * WIDTH + 1
            const high = (count: number) => (count === 0 ? 0 : Math.max(1.5, (count / most) * (HEIGHT - 4)))
            const [c, f] = [high(each.completed), high(each.failed)]
            return (
              <g key={each.at}>
                <rect class="c" x={x} y={HEIGHT - 1 - c} width={WIDTH - 2} height={c} />
                <rect class="f" x={x} y={HEIGHT - 1 - c - f} width={WIDTH - 2} height={f} />
              </g>
            )
          })}
          <path class="ax" d={`M0 ${HEIGHT - 0.5}h${MINUTES * WIDTH}`} vector-effect="non-scaling-stroke" />
        </svg>
        <div class="ends">
          <span>{minute(first)}</span>
          <span>{minute(Date.parse(value.to))}</span>
        </div>
      </div>
    </div>
  )
}
