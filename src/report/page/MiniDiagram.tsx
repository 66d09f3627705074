import { shown } from "../layout/Labels.ts"
import type { Picture } from "../layout/Picture.ts"
import type { Book } from "./Book.ts"
import { standingOf } from "./DiagramParts.tsx"
import { curve } from "./Lines.tsx"

/** A small picture of a domain, for eyes only: names, and what refers to what. */
export const MiniDiagram = ({ book, picture }: { readonly book: Book; readonly picture: Picture }) => (
  <svg
    class="mini"
    viewBox={`0 0 ${picture.width} ${picture.height}`}
    style={{ maxWidth: `${picture.width}px` }}
    aria-hidden="true"
  >
    {picture.lines.map(({ of, points }, at) => (
      <path
        key={at}
        class={`ln ${standingOf(of.flatMap((place) => book.report.relationships[place] ?? []))}`}
        d={curve(points.flatMap((x, place) => (place % 2 === 1 ? [] : [{ x, y: points[place + 1] ?? 0 }])))}
      />
    ))}
    {picture.boxes.map(({ at: [left, top, width, height], of }) => (
      <g key={of}>
        <rect class={book.table(of).kind} x={left} y={top} width={width} height={height} rx="6" />
        <text x={left + width / 2} y={top + height / 2 + 4} text-anchor="middle">
          {shown(book.table(of).name)}
        </text>
      </g>
    ))}
  </svg>
)
