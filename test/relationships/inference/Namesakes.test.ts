import { describe, expect, it } from "vitest"
import { infer, numbers, of, picked, type TestTable } from "../schema.ts"

const named = (word: string, ids: ReadonlyArray<number>) => ids.map((id) => `${word} ${id}`)

/** Several tables with a key of one name, or names that one table's and another's longer name end in. */
describe("inference among tables that are called alike", () => {
  it("takes the kind that a table is named as a part of, whatever the word's ending, and not the table that owns the key", () => {
    const people = numbers(20)
    const drivers = numbers(10)
    const tables: ReadonlyArray<TestTable> = [
      {
        name: "zamestnanec",
        key: ["id_zamestnance"],
        columns: { id_zamestnance: people, jmeno: named("jmeno", people) }
      },
      {
        name: "ridicove",
        key: ["id_zamestnance"],
        columns: { id_zamestnance: drivers, prukaz: named("prukaz", drivers) }
      },
      {
        name: "ridicovo_skoleni",
        key: ["id"],
        columns: { id: numbers(20), id_zamestnance: [...drivers, ...drivers], den: numbers(20, 3) }
      },
      {
        name: "dochazka",
        key: ["id"],
        columns: { id: numbers(200), id_zamestnance: picked(people, 200), hodin: numbers(200, 4) }
      },
      {
        name: "mzda",
        key: ["id"],
        columns: { id: numbers(90), id_zamestnance: picked(people, 90), castka: numbers(90, 9000) }
      }
    ]
    expect(of(infer(tables), "accepted")).toEqual([
      "dochazka(id_zamestnance) zamestnanec(id_zamestnance)",
      "mzda(id_zamestnance) zamestnanec(id_zamestnance)",
      "ridicove(id_zamestnance) zamestnanec(id_zamestnance)",
      "ridicovo_skoleni(id_zamestnance) ridicove(id_zamestnance)"
    ])
  })

  it("takes the kind whose name the role in front of the key says", () => {
    const places = numbers(60)
    const [harbours, airfields] = [numbers(20, 1, 3), numbers(20, 2, 3)]
    const tables: ReadonlyArray<TestTable> = [
      { name: "place", key: ["place_id"], columns: { place_id: places, town: named("town", places) } },
      {
        name: "harbour_basin",
        key: ["place_id"],
        columns: { place_id: harbours, depth: named("depth", harbours) }
      },
      {
        name: "airfield_strip",
        key: ["place_id"],
        columns: { place_id: airfields, length: named("length", airfields) }
      },
      {
        name: "transfer",
        key: ["transfer_id"],
        columns: {
          transfer_id: numbers(6),
          harbour_place_id: [1, 4, 7, 1, 4, 7],
          airfield_place_id: [2, 5, 8, 8, 5, 2]
        }
      },
      ...["shop", "school", "bridge", "tower"].map((name): TestTable => ({
        name,
        key: [`${name}_id`],
        columns: { [`${name}_id`]: numbers(50), place_id: picked(places, 50) }
      }))
    ]
    expect(of(infer(tables), "accepted")).toEqual(
      expect.arrayContaining([
        "airfield_strip(place_id) place(place_id)",
        "harbour_basin(place_id) place(place_id)",
        "transfer(airfield_place_id) airfield_strip(place_id)",
        "transfer(harbour_place_id) harbour_basin(place_id)"
      ])
    )
  })

  it("takes the table whose longer name a column's name ends in, and not the one of the last word", () => {
    const [kits, toolKits] = [numbers(9), numbers(4)]
    const tables: ReadonlyArray<TestTable> = [
      { name: "kit", key: ["id"], columns: { id: kits, label: named("kit", kits) } },
      { name: "tool_kit", key: ["id"], columns: { id: toolKits, label: named("tools", toolKits) } },
      {
        name: "workshop",
        key: ["id"],
        columns: { id: [1, 2, 3], kit_id: [1, 2, 7], spare_tool_kit_id: [2, 2, 2] }
      },
      ...["van", "boat", "site", "crew"].map((name): TestTable => ({
        name,
        key: ["id"],
        columns: { id: numbers(40), kit_id: picked(kits, 40), lent_kit_id: picked(kits, 40) }
      }))
    ]
    expect(of(infer(tables), "accepted")).toEqual(
      expect.arrayContaining(["workshop(kit_id) kit(id)", "workshop(spare_tool_kit_id) tool_kit(id)"])
    )
  })

  it("takes a table's ids for another's where all are there, although ids there leave gaps", () => {
    const assets = numbers(60).map((id) => 5 * id + (id % 3))
    const vessels = assets.filter((_, i) => i % 4 === 1)
    const tables: ReadonlyArray<TestTable> = [
      { name: "asset", key: ["id"], columns: { id: assets, label: named("asset", assets) } },
      { name: "vessel", key: ["id"], columns: { id: vessels, flag: named("flag", vessels) } },
      { name: "rent", key: ["id"], columns: { id: numbers(90), asset_id: picked(assets, 90) } }
    ]
    expect(of(infer(tables), "accepted")).toEqual(["rent(asset_id) asset(id)", "vessel(id) asset(id)"])
  })

  it("takes no ids for another table's that just count up, and none of a table that names the other in a column of its own", () => {
    const batches = numbers(60).map((id) => 5 * id + (id % 3))
    const tables: ReadonlyArray<TestTable> = [
      { name: "pump", key: ["id"], columns: { id: numbers(40), label: named("pump", numbers(40)) } },
      { name: "gauge", key: ["id"], columns: { id: numbers(30), pump_id: picked(numbers(40), 30) } },
      { name: "batch", key: ["id"], columns: { id: batches, label: named("batch", batches) } },
      { name: "sample", key: ["id"], columns: { id: batches.slice(0, 50), batch_id: picked(batches, 50) } }
    ]
    expect(of(infer(tables), "accepted")).toEqual(["gauge(pump_id) pump(id)", "sample(batch_id) batch(id)"])
  })
})
