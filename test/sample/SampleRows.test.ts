import { describe, expect, it } from "@effect/vitest"
import { createHash } from "node:crypto"
import { sampleRows } from "../../src/sample/SampleRows.ts"

describe("The sample's rows", () => {
  const checksum = () => createHash("sha256").update(JSON.stringify(sampleRows())).digest("hex").slice(0, 16)

  it("are the same every time", () => {
    expect(checksum()).toBe(checksum())
  })

  it("are those of version 1: whoever changes them makes it another version", () => {
    expect(checksum()).toBe("d839187c825469f4")
  })
})
