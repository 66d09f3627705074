import { describe, expect, it } from "@effect/vitest"
import { codesInComment, saysMore } from "../../src/ontology/CommentCodes.ts"

const codes = (comment: string, ...values: ReadonlyArray<string>) => Object.fromEntries(codesInComment(comment, values))

describe("codes in a comment", () => {
  it.each([
    "1 = Pending. 2 = In work. 3 = Closed.",
    "State of the ticket. 1 = Pending, 2 = In work, 3 = Closed",
    "1: Pending; 2: In work; 3: Closed",
    "1 - Pending, 2 - In work, 3 - Closed",
    "1 (Pending), 2 (In work) or 3 (Closed)",
    "One of: '1' = 'Pending', '2' = 'In work', '3' = 'Closed'",
    "1=Pending 2=In work 3=Closed",
    "1=>Pending|2=>In work|3=>Closed",
    "1 means Pending, 2 means In work, 3 means Closed",
    "enum: 1 Pending, 2 In work, 3 Closed"
  ])("%s", (comment) => {
    expect(codes(comment, "1", "2", "3")).toEqual({ 1: "Pending", 2: "In work", 3: "Closed" })
  })
  it("letters and words", () => {
    expect(codes("S=single, M=married", "S", "M")).toEqual({ S: "single", M: "married" })
    expect(codes("in_tr -> in transit; dlv -> delivered", "in_tr", "dlv")).toEqual({
      in_tr: "in transit",
      dlv: "delivered"
    })
  })
  it("no code is found within another word or number", () => {
    expect(codes("11 = eleven", "1")).toEqual({})
    expect(codes("Ratio = part of the whole", "io")).toEqual({})
  })
  it("one colon or dash is a sentence, no definition", () => {
    expect(codes("Step 1: read the manual", "1")).toEqual({})
    expect(codes("Since version 2 - see the handbook", "2", "3")).toEqual({})
  })
  it("a bracket of the meaning's own belongs to it", () => {
    expect(codes("A = amount (net, in euros), R = return (negative)", "A", "R")).toEqual({
      A: "amount (net, in euros)",
      R: "return (negative)"
    })
    expect(codes("State (1 = open, 2 = closed)", "1", "2")).toEqual({ 1: "open", 2: "closed" })
    expect(codes("State (1 (open), 2 (closed, paid))", "1", "2")).toEqual({ 1: "open", 2: "closed" })
  })
  it("numbers in prose are no codes", () => {
    expect(codes("Takes 1 to 3 days, at most 2 weeks", "1", "2", "3")).toEqual({})
  })
  it("values are no patterns", () => {
    expect(codes("* = any, . = none", "*", ".")).toEqual({ "*": "any", ".": "none" })
  })
})

it("a comment says more than its codes where a word of it is new", () => {
  const column = {
    name: "pay_state",
    label: "pay state",
    values: [{ value: "1", label: "no-show", count: 3 }]
  }
  expect(saysMore("The pay state: 1 = no-show", column)).toBe(false)
  expect(saysMore("1 = no-show, as the driver saw it", column)).toBe(true)
})
