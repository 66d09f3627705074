import { describe, expect, it } from "@effect/vitest"
import { changesToMarkdown } from "../../src/findings/ChangesText.ts"
import { type Findings, NO_FINDINGS } from "../../src/findings/Findings.ts"
import * as Summary from "../../src/cli/Summary.ts"
import { plain } from "../../src/cli/Text.ts"
import { atOnce } from "../../src/steps/Steps.ts"

const decided = { version: 1, by: "ann", at: new Date("2026-11-27T08:00:00Z") }
const findings: Findings = {
  ...NO_FINDINGS,
  database: "shop",
  withoutEffect: [
    {
      decision: {
        ...decided,
        kind: "relationship",
        subject: "pair",
        action: "reject",
        answer: null,
        about: {
          from: { schema: "public", table: "orders", columns: ["seller"] },
          to: { schema: "hr", table: "staff", columns: ["id"] }
        }
      },
      missing: ["public.orders.seller"]
    },
    {
      decision: {
        ...decided,
        kind: "question",
        subject: "orphans:public.a(b)->public.c",
        action: "answer",
        answer: "Sold.",
        about: { question: "?", affects: [] }
      },
      missing: ["public.a.b"]
    }
  ]
}

describe("A decision about what is gone", () => {
  it("is told with what becomes of it, and with the command that forgets it", () => {
    expect(changesToMarkdown(findings)?.replaceAll("\\", "")).toBe(
      [
        "# shop: what changed",
        "## Decisions without effect",
        "They are kept, and hold again when what they are about is back.",
        [
          "- orders.seller → hr.staff.id, rejected by ann on 2026-11-27: there is no public.orders.seller any more; forget it with `npm start -- undo orders.seller hr.staff.id`",
          "- the answer to orphans:public.a(b)->public.c, by ann on 2026-11-27: there is no public.a.b any more; forget it with `npm start -- undo 'orphans:public.a(b)->public.c'`"
        ].join("\n"),
        ""
      ]
        .join("\n\n")
        .replace(/\n\n$/, "\n")
    )
    const summary = atOnce(Summary.render(findings, { width: 80, style: plain, elapsedMillis: 1, files: [] }))
    expect(summary.replaceAll(/\s+/g, " ")).toContain(
      "Decisions without effect They are kept, and hold again when what they are abou… " +
        "orders.seller → hr.staff.id, rejected by ann on 2026-11-27: there is no public.orders.seller any more; npm start -- undo orders.seller hr.staff.id " +
        "the answer to orphans:public.a(b)->public.c, by ann on 2026-11-27: there is no public.a.b any more; npm start -- undo 'orphans:public.a(b)->public.c'"
    )
  })
  it("is not told where there is none, nor a change where there is none", () => {
    expect(changesToMarkdown({ ...findings, withoutEffect: [] })).toBeNull()
  })
})
