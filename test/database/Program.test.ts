import { expect, it } from "vitest"
import { programAt } from "../../src/database/Program.ts"

it("messages name the command that is there: the package's where it is installed, npm's script in a checkout", () => {
  expect([
    programAt("file:///home/app/node_modules/workflow-infra/dist/database/Program.js"),
    programAt(
      "file:///home/app/node_modules/.pnpm/workflow-infra@1.0.0/node_modules/workflow-infra/dist/workflow-infra.js"
    ),
    programAt("file:///home/me/workflow-infra/dist/workflow-infra.js")
  ]).toEqual(["npx workflow-infra", "npx workflow-infra", "npm start --"])
})
