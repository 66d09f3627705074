import { describe, expect, it } from "@effect/vitest"
import { infer, numbers, of, picked, type TestTable } from "../schema.ts"

const thing = (name: string, count: number, more: TestTable["columns"] = {}): TestTable => ({
  name,
  key: ["id"],
  columns: { id: numbers(count), title: numbers(count).map((i) => `${name} ${i}`), ...more }
})

describe("how a name says a table", () => {
  it("says it more surely the more of its words it says, also where one value is all there is", () => {
    const penalties = thing("standing_penalties", 20)
    const cards = (column: string) => thing("cards", 90, { [column]: numbers(90).map(() => 1) })
    expect(of(infer([penalties, cards("standing_penalty")]), "accepted")).toEqual([
      "cards(standing_penalty) standing_penalties(id)"
    ])
    expect(of(infer([thing("penalties", 20), cards("penalty")]), "accepted")).toEqual([])
  })

  it("says the column that is called as its table, although that has an id as well", () => {
    const kinds = ["CO", "TI", "VO", "IS", "PA", "FO", "RE", "ME"]
    const types: TestTable = {
      name: "hold_types",
      columns: { id: numbers(8), hold_type: kinds, rank: picked([1, 2], 8) }
    }
    const requests = thing("requests", 60, { hold_type: picked(kinds.slice(0, 5), 60) })
    expect(of(infer([types, requests]), "accepted")).toEqual(["requests(hold_type) hold_types(hold_type)"])
  })

  it("says a table at the end of a word of one piece, as Germanic languages build them", () => {
    const places = thing("ortschaft", 30)
    const trips = thing("trips", 90, { abfahrtsortschaft_id: picked(numbers(12), 90), titel_id: numbers(90, 500) })
    expect(of(infer([places, trips]), "accepted")).toEqual(["trips(abfahrtsortschaft_id) ortschaft(id)"])
  })

  it("says a key that begins with a key word before a role as well", () => {
    const kinds: TestTable = {
      name: "estados",
      key: ["idestado"],
      columns: { idestado: numbers(9), nombre: numbers(9).map((i) => `estado ${i}`) }
    }
    const notes = thing("notas", 90, { idestado_previo: picked(numbers(7), 90) })
    expect(of(infer([kinds, notes]), "accepted")).toEqual(["notas(idestado_previo) estados(idestado)"])
  })

  it("says an account where it says who did something, in whatever words", () => {
    const users = thing("users", 30, { login: numbers(30).map((i) => `u${i}`) })
    const gifts = thing("gifts", 90, {
      redeemer_id: picked(numbers(20), 90),
      verpackt_von: picked(numbers(18), 90),
      gueltig_von: picked(numbers(18), 90)
    })
    expect(of(infer([users, gifts]), "accepted")).toEqual([
      "gifts(redeemer_id) users(id)",
      "gifts(verpackt_von) users(id)"
    ])
  })

  it("says the one table whose key is such a key word, if others have it too", () => {
    const accounts: TestTable = {
      name: "accounts",
      key: ["uid"],
      columns: { uid: numbers(25).map((i) => `ab${i}x`), label: numbers(25).map((i) => `label ${i}`) }
    }
    const others = ["visits", "wishes", "scores"].map((name) =>
      thing(name, 60, { uid: picked(numbers(15), 60).map((i) => `ab${i}x`) })
    )
    expect(of(infer([accounts, ...others]), "accepted")).toEqual([
      "scores(uid) accounts(uid)",
      "visits(uid) accounts(uid)",
      "wishes(uid) accounts(uid)"
    ])
  })

  it("says no table where it says that it is an id of another system", () => {
    const extensions = thing("extensions", 40)
    const rows = ["visits", "wishes", "scores"].map((name) =>
      thing(name, 60, { ext_id: picked(numbers(35), 60), guest_id: picked(numbers(20), 60) })
    )
    expect(of(infer([thing("guests", 20), extensions, ...rows]), "accepted")).toEqual([
      "scores(guest_id) guests(id)",
      "visits(guest_id) guests(id)",
      "wishes(guest_id) guests(id)"
    ])
  })

  it("says no other row of its own table where each would refer to one, and each be referred to", () => {
    const codes = [5763, 91, 3347, 8206, 415, 7702, 1288]
    const kinds: TestTable = {
      name: "kinds",
      key: ["code"],
      columns: { code: codes, old_code: codes.toReversed(), label: codes.map((i) => `kind ${i}`) }
    }
    expect(of(infer([kinds]), "accepted")).toEqual([])
  })

  it("tells a table in a module from one that is called so without it", () => {
    const messages = thing("messages", 40)
    const inModule = ["queues", "tickets", "messages"].map((name) => thing(`rt${name}`, 40))
    const parts = thing("parts", 90, { messageid: picked(numbers(30), 90) })
    const moves = thing("moves", 90, { queueid: picked(numbers(30), 90) })
    expect(of(infer([messages, ...inModule, parts, moves]), "accepted")).toEqual([
      "moves(queueid) rtqueues(id)",
      "parts(messageid) messages(id)"
    ])
  })
})
