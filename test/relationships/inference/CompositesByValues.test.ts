import { describe, expect, it } from "@effect/vitest"
import { infer, numbers, of, picked, type TestTable } from "../schema.ts"

const codes = numbers(30).map((i) => `C${i * 7}`)
const countryOf = (i: number) => codes[i % 30] ?? null
const cities = numbers(300)
const cityName = (i: number) => `Town ${i * 37} of ${i % 9}`
const CITIES: TestTable = {
  name: "city",
  key: ["name", "country"],
  columns: { name: cities.map(cityName), country: cities.map(countryOf), people: picked(numbers(90), 300) }
}
const COUNTRIES: TestTable = {
  name: "country",
  key: ["code"],
  columns: {
    code: codes,
    name: codes.map((code) => `Land ${code}`),
    capital: codes.map((_, i) => cityName(i + 30))
  }
}

/** A tree for each menu, whose nodes have ids within it. */
const nodes = numbers(120)
const menuOf = (i: number) => `menu ${i % 3}`
const nodeOf = (i: number) => `node ${i * 31}`
const TREES: TestTable = {
  name: "menu_items",
  key: ["menu", "item"],
  columns: {
    menu: nodes.map(menuOf),
    item: nodes.map(nodeOf),
    above: nodes.map((i) => (i <= 24 ? null : nodeOf(((i - 1) % 24) + 1)))
  }
}

const renamed = (table: TestTable, name: string, columns: Readonly<Record<string, string>>): TestTable => ({
  name,
  key: (table.key ?? []).map((column) => columns[column] ?? column),
  columns: Object.fromEntries(
    Object.entries(table.columns).map(([column, values]) => [columns[column] ?? column, values])
  )
})

describe("references of several columns by their values", () => {
  it("finds one whose columns are what the key's refer to, and hold its names", () => {
    const accepted = of(infer([COUNTRIES, CITIES]), "accepted")
    expect(accepted).toContain("country(capital,code) city(name,country)")
    expect(accepted).toContain("city(country) country(code)")
  })

  it("finds it where no name says anything", () => {
    const accepted = of(
      infer([
        renamed(COUNTRIES, "wug", { code: "blick", name: "dax", capital: "fep" }),
        renamed(CITIES, "toma", { name: "gazz", country: "zorp", people: "lun" })
      ]),
      "accepted"
    )
    expect(accepted).toContain("wug(fep,blick) toma(gazz,zorp)")
  })

  it("finds a tree in each of which rows refer to one above", () => {
    expect(of(infer([TREES]), "accepted")).toEqual(["menu_items(menu,above) menu_items(menu,item)"])
  })

  it("asks nobody about columns of a table that has a row for each combination", () => {
    const forms = numbers(80, 1000, 3)
    const stats = numbers(5)
    const each = forms.flatMap((form) => stats.map((stat) => ({ form, stat })))
    const grid: TestTable = {
      name: "form_stats",
      key: ["form_id", "stat_id"],
      columns: {
        form_id: each.map(({ form }) => form),
        stat_id: each.map(({ stat }) => stat),
        base_stat: each.map((_, i) => stats[(i * 7 + (i % 11)) % 5] ?? 1)
      }
    }
    const named = (name: string, id: ReadonlyArray<number>): TestTable => ({
      name,
      key: ["id"],
      columns: { id, label: id.map((n) => `${name} ${n * 31}`) }
    })
    const found = infer([grid, named("form", forms), named("stat", stats)])
    const asked = of(found, "needs_review").filter((ends) => ends.includes(","))
    expect(asked).toEqual([])
  })

  it("finds none where a combination is not there, although each value is", () => {
    const mixed = { ...COUNTRIES.columns, capital: codes.map((_, i) => cityName(i + 31)) }
    expect(of(infer([{ ...COUNTRIES, columns: mixed }, CITIES]), "accepted")).toEqual(["city(country) country(code)"])
  })
})

describe("a key that links other tables", () => {
  const players = numbers(40, 11, 3)
  const seasons = numbers(20, 1990)
  const pairs = numbers(200).map((i) => ({ player: players[(i * 7) % 40] ?? 0, season: seasons[(i * 3) % 20] ?? 0 }))
  const squads: TestTable = {
    name: "squad_players",
    key: ["season_id", "player_id"],
    columns: { season_id: pairs.map(({ season }) => season), player_id: pairs.map(({ player }) => player) }
  }
  const tables = (goals: ReadonlyArray<(typeof pairs)[number]>): ReadonlyArray<TestTable> => [
    { name: "players", key: ["id"], columns: { id: players, name: players.map((id) => `P ${id}`) } },
    { name: "seasons", key: ["id"], columns: { id: seasons, motto: seasons.map((id) => `S ${id}`) } },
    squads,
    {
      name: "goals",
      key: ["id"],
      columns: {
        id: numbers(goals.length),
        season_id: goals.map(({ season }) => season),
        player_id: goals.map(({ player }) => player)
      }
    }
  ]
  const link = "goals(season_id,player_id) squad_players(season_id,player_id)"

  it("is referred to where every row is in it, and left to a person where some are not", () => {
    expect(of(infer(tables(pairs.slice(0, 90))), "accepted")).toContain(link)
    const strays = numbers(3).map((i) => ({ player: players[i] ?? 0, season: 1990 + ((i * 5) % 20) }))
    const found = infer(tables([...pairs.slice(0, 90), ...strays]))
    expect(of(found, "accepted")).not.toContain(link)
    expect(of(found, "needs_review")).toContain(link)
  })
})
