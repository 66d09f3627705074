import { any, type InventedTable, ref, serial, text, word } from "./invented.ts"

type Tables = Readonly<Record<string, InventedTable>>

const name = text("n")

/** A farm: every column begins with its table's letters, and a reference is its table's letters and then the whole name of the key. */
const FARM: Tables = {
  fm_stable: { rows: 12, key: ["STB_ID_A"], columns: { STB_ID_A: text("s"), STB_DESC: name, STB_BEDS: any(2, 30) } },
  fm_breed: { rows: 25, key: ["BRD_ID_A"], columns: { BRD_ID_A: text("b"), BRD_DESC: name, BRD_MILK: any(1, 90) } },
  fm_cow: {
    rows: 400,
    key: ["COW_ID"],
    columns: {
      COW_ID: serial(),
      COW_NAME: name,
      COW_STB_ID_A: ref("fm_stable.STB_ID_A"),
      COW_BRD_ID_A: ref("fm_breed.BRD_ID_A"),
      COW_OUT_STB_ID_A: ref("fm_stable.STB_ID_A", { nulls: 0.5 })
    }
  },
  fm_milking: {
    rows: 3000,
    key: ["MLK_ID"],
    columns: { MLK_ID: serial(40_000), MLK_COW_ID: ref("fm_cow.COW_ID"), MLK_LITRES: any(4, 30), MLK_NOTE: name }
  }
}

/** A club that hardly anybody has joined: a table that links people with groups has no people as rows, and a mail box is no account. */
const CLUB: Tables = {
  users: {
    rows: 1,
    key: ["id"],
    columns: { id: serial(), login: name, pw: name, first_name: name }
  },
  adherent: { rows: 4, key: ["id"], columns: { id: serial(), login: name, last_name: name } },
  mail_box: { rows: 2, key: ["id"], columns: { id: serial(), login: name, password: name, host: name } },
  groups: {
    rows: 4,
    key: ["id"],
    columns: { id: serial(), name, create_by: ref("users.id"), change_by: ref("users.id") }
  },
  group_user: {
    rows: 4,
    columns: {
      user_id: ref("users.id"),
      group_id: { fill: (at) => at + 1, to: "groups.id" },
      create_by: ref("users.id"),
      change_by: ref("users.id")
    }
  },
  greeting: {
    rows: 3,
    key: ["id"],
    columns: { id: serial(), text: name, create_by: ref("users.id"), fk_user_author: ref("users.id") }
  }
}

/** A school of music: a bare `id` that repeats is another table's, and a key's part is its table's in short. */
const ACADEMY: Tables = {
  teacher: { rows: 60, key: ["id"], columns: { id: text("T"), name } },
  subject: { rows: 150, key: ["subject_id"], columns: { subject_id: text("S"), title: name } },
  section: {
    rows: 300,
    key: ["subject_id", "sec_id", "term", "year"],
    columns: {
      subject_id: ref("subject.subject_id"),
      sec_id: any(1, 3),
      term: word("Spring", "Autumn"),
      year: any(2001, 2010),
      room: name
    }
  },
  teaches: {
    rows: 280,
    key: ["id", "subject_id", "sec_id", "term", "year"],
    together: [
      { table: "section", columns: { subject_id: "subject_id", sec_id: "sec_id", term: "term", year: "year" } }
    ],
    columns: { id: ref("teacher.id") }
  }
}

/** A library's program: names of tables that say in what form they hold things, initials, and roles of places. */
const LENDING: Tables = {
  org_unit: { rows: 40, key: ["id"], columns: { id: serial(), title: name } },
  perm_list: { rows: 90, key: ["id"], columns: { id: serial(), code: name } },
  loan_rule_base: { rows: 30, key: ["id"], columns: { id: serial(), title: name } },
  usr: {
    rows: 300,
    key: ["id"],
    columns: { id: serial(), usrname: name, passwd: name, home_ou: ref("org_unit.id") }
  },
  usr_perm_map: {
    rows: 700,
    key: ["id"],
    columns: { id: serial(), usr: ref("usr.id"), perm: ref("perm_list.id") }
  },
  loan: {
    rows: 2000,
    key: ["id"],
    columns: { id: serial(), loan_rule: ref("loan_rule_base.id"), creator: ref("usr.id") }
  }
}

/** Isles: what a group of them is called is now and then what one of them is called, and no reference for that. */
const ISLES: Tables = {
  isle: {
    rows: 270,
    key: ["name"],
    columns: {
      name: { fill: (at) => `Isle of ${at}` },
      isles: { fill: (at) => (at % 27 === 0 ? `Isle of ${at + 1}` : `Group ${at % 60}`) },
      area: any(1, 9000)
    }
  },
  lake: { rows: 90, key: ["name"], columns: { name: text("Lough "), isle: ref("isle.name") } },
  beach: {
    rows: 120,
    key: ["number"],
    columns: { number: serial(90), isle: ref("isle.name"), sand: word("grey", "white") }
  },
  chapel: { rows: 50, key: ["number"], columns: { number: serial(40), isle: ref("isle.name"), bells: any(1, 3) } },
  ferry: { rows: 200, key: ["number"], columns: { number: serial(), isle: ref("isle.name"), pier: name } },
  lighthouse: {
    rows: 150,
    key: ["number"],
    columns: { number: serial(700), isle: ref("isle.name"), height: any(5, 60) }
  }
}

/** Schemas of an invented kind whose names are shortened in some way, by what it is. */
export const SHORTENED: Readonly<Record<string, Tables>> = {
  "whole names of keys behind letters of tables": FARM,
  "links of people, in thin data": CLUB,
  "parts of keys in short": ACADEMY,
  "forms and initials": LENDING,
  "groups called as one of them": ISLES
}
