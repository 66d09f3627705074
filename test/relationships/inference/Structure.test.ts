import { describe, expect, it } from "vitest"
import { infer, numbers, of, picked, type TestTable } from "../schema.ts"

/** What the schema as a whole decides, where a name and its values alone do not. */
describe("inference by the structure of a schema", () => {
  it("accepts a composite key of one tenant by its names, where no combination of values is surprising", () => {
    const docks = ["d1", "d2", "d3", "d4", "d5"]
    const one = (count: number) => numbers(count).map(() => 1)
    const tables: ReadonlyArray<TestTable> = [
      { name: "import", key: ["import_no"], columns: { import_no: [1], loaded: ["monday"] } },
      { name: "docks", key: ["import_no", "dock_id"], columns: { import_no: one(5), dock_id: docks } },
      {
        name: "cranes",
        key: ["import_no", "crane_id"],
        columns: { import_no: one(8), crane_id: numbers(8).map((n) => `c${n}`), dock_id: picked(docks, 8) }
      },
      {
        name: "routes",
        key: ["import_no", "from_dock_id", "to_dock_id"],
        columns: { import_no: one(3), from_dock_id: ["d1", "d1", "d2"], to_dock_id: ["d2", "d3", "d5"] }
      }
    ]
    expect(of(infer(tables), "accepted")).toEqual(
      expect.arrayContaining([
        "cranes(import_no,dock_id) docks(import_no,dock_id)",
        "routes(import_no,from_dock_id) docks(import_no,dock_id)",
        "routes(import_no,to_dock_id) docks(import_no,dock_id)"
      ])
    )
  })

  it("takes the smaller of two tables with one key that has all values, where it is a kind of the other", () => {
    const ids = numbers(4000)
    const clerks = numbers(60, 5, 60)
    const tables: ReadonlyArray<TestTable> = [
      { name: "party", key: ["party_id"], columns: { party_id: ids, town: ids.map((id) => `town ${id % 90}`) } },
      { name: "clerk", key: ["party_id"], columns: { party_id: clerks, desk: clerks.map((id) => `desk ${id}`) } },
      { name: "address", key: ["id"], columns: { id: numbers(900), party_id: picked(ids, 900) } },
      { name: "shift", key: ["id"], columns: { id: numbers(300), party_id: picked(clerks, 300) } }
    ]
    expect(of(infer(tables), "accepted")).toEqual([
      "address(party_id) party(party_id)",
      "clerk(party_id) party(party_id)",
      "shift(party_id) clerk(party_id)"
    ])
  })

  it("takes no other unique column of a table for a reference to the table itself", () => {
    const ids = numbers(40)
    const genes: TestTable = {
      name: "gene",
      key: ["gene_id"],
      uniques: [["hgnc_gene_id"]],
      columns: { gene_id: ids, hgnc_gene_id: [...ids.slice(1, 38).toReversed(), null, null, null] }
    }
    const parts = ["exon", "intron", "probe"].map((name): TestTable => ({
      name,
      key: [`${name}_id`],
      columns: { [`${name}_id`]: numbers(90), gene_id: picked(ids, 90) }
    }))
    expect(of(infer([genes, ...parts]), "accepted").filter((each) => each.startsWith("gene("))).toEqual([])
  })

  it("doubts a name that says its target loosely, where a type beside it says what is meant row by row", () => {
    const members: TestTable = {
      name: "folder_members",
      key: ["id"],
      also: { member_type: { type: "member_kind", typeClass: "other", enumLabels: ["file", "link", "note"] } },
      columns: { id: numbers(3), member_id: [1, 2, 1], member_type: ["file", "link", "note"] }
    }
    const users: TestTable = { name: "users", key: ["id"], columns: { id: [1, 2], login: ["ada", "bob"] } }
    expect(of(infer([members, users]), "accepted")).toEqual([])
  })

  it("reads initials within a name", () => {
    const groups: TestTable = {
      name: "cost_center_group",
      key: ["id"],
      columns: { id: numbers(9), label: numbers(9).map((n) => `group ${n}`) }
    }
    const others: TestTable = {
      name: "item_group",
      key: ["id"],
      columns: { id: numbers(9), label: numbers(9).map((n) => `items ${n}`) }
    }
    const budgets: TestTable = {
      name: "budget",
      key: ["id"],
      columns: { id: numbers(40), cc_group_id: picked(numbers(9), 40) }
    }
    expect(of(infer([groups, others, budgets]), "accepted")).toEqual(["budget(cc_group_id) cost_center_group(id)"])
  })
})
