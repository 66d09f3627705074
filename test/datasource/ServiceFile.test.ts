import { describe, expect, it } from "@effect/vitest"
import { Either, FastCheck } from "effect"
import { serviceIn } from "../../src/datasource/ServiceFile.ts"

describe("a service file", () => {
  it("gives the parameters of the service, and of no other", () => {
    const file = "# ours\n[other]\nhost=o\n\n [prod]\r\nhost=h\n# no\n  dbname=shop \n[prod]\nhost=late\n"
    expect(Either.getOrThrow(serviceIn(file, "prod"))).toEqual(
      new Map([
        ["host", "h"],
        ["dbname", "shop"]
      ])
    )
    expect(Either.getOrThrow(serviceIn(file, "Prod"))).toBeUndefined()
  })

  it("says which line it cannot read", () => {
    expect(serviceIn("[prod]\nhost=h\nnonsense", "prod")).toEqual(Either.left(3))
    expect(serviceIn("[prod]\nhost=h\nhost=i", "prod")).toEqual(Either.left(3))
    expect(serviceIn("[prod]\nservice=other", "prod")).toEqual(Either.left(2))
    expect(Either.isRight(serviceIn("[other]\nnonsense\n[prod]\nhost=h", "prod"))).toBe(true)
  })

  it.prop("never fails on any text", [FastCheck.string(), FastCheck.string()], ([text, name]) => {
    expect(serviceIn(text, name)._tag).toMatch(/Left|Right/)
  })
})
