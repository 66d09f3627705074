import { any, type InventedTable, ref, serial, text, word } from "./invented.ts"

type Tables = Readonly<Record<string, InventedTable>>

const name = text("n")
const id = serial()
const KEY = ["id"]

/** A museum's program of several apps, each with kinds of its own; firms are lenders and suppliers, and things vary others. */
const MUSEUM: Tables = {
  trade_company: { rows: 18, key: KEY, columns: { id, name } },
  art_kind: { rows: 5, key: KEY, columns: { id, name } },
  shop_kind: { rows: 6, key: KEY, columns: { id, name } },
  art_piece: {
    rows: 40,
    key: KEY,
    columns: {
      id,
      name,
      kind_id: ref("art_kind.id", { nulls: 0.3 }),
      lender_id: ref("trade_company.id", { nulls: 0.5 }),
      copied_from_id: ref("art_piece.id", { nulls: 0.6, share: 0.5 })
    }
  },
  shop_article: {
    rows: 90,
    key: KEY,
    columns: {
      id,
      name,
      kind_id: ref("shop_kind.id", { nulls: 0.1 }),
      supplier_id: ref("trade_company.id", { share: 0.6 }),
      variant_of_id: ref("shop_article.id", { nulls: 0.8, share: 0.3 })
    }
  }
}

/** A seed bank: the same with states, parties, and lots that come from others. */
const SEEDS: Tables = {
  dealer_party: { rows: 14, key: KEY, columns: { id, name } },
  lot_state: { rows: 4, key: KEY, columns: { id, name } },
  parcel_state: { rows: 6, key: KEY, columns: { id, name } },
  lot_lot: {
    rows: 70,
    key: KEY,
    columns: {
      id,
      state_id: ref("lot_state.id"),
      producer_id: ref("dealer_party.id"),
      derived_from_id: ref("lot_lot.id", { nulls: 0.7, share: 0.5 })
    }
  },
  parcel_parcel: {
    rows: 120,
    key: KEY,
    columns: {
      id,
      state_id: ref("parcel_state.id"),
      lot_id: ref("lot_lot.id"),
      carrier_id: ref("dealer_party.id", { share: 0.5 })
    }
  }
}

/** A dictionary: a table of pairs, whose columns only say which end they are, and a role written together with what it is a role of. */
const DICTIONARY: Tables = {
  glossary: { rows: 5, key: ["glossary_id"], columns: { glossary_id: id, name } },
  lemma: { rows: 800, key: ["lemma_id"], columns: { lemma_id: id, glossary_id: ref("glossary.glossary_id"), name } },
  lemma_relationship: {
    rows: 600,
    key: ["lemma_relationship_id"],
    columns: {
      lemma_relationship_id: id,
      subject_id: ref("lemma.lemma_id"),
      object_id: ref("lemma.lemma_id"),
      rank: any(0, 3)
    }
  },
  quotation: {
    rows: 700,
    key: ["quotation_id"],
    columns: { quotation_id: id, lemma_id: ref("lemma.lemma_id"), srclemma_id: ref("lemma.lemma_id", { share: 0.1 }) }
  }
}

/** An orchard: the same for grafts. */
const ORCHARD: Tables = {
  row: { rows: 9, key: ["row_id"], columns: { row_id: id, name } },
  apple: { rows: 300, key: ["apple_id"], columns: { apple_id: id, row_id: ref("row.row_id"), name } },
  apple_graft: {
    rows: 250,
    key: ["apple_graft_id"],
    columns: {
      apple_graft_id: id,
      source_id: ref("apple.apple_id"),
      target_id: ref("apple.apple_id"),
      worked: word("y", "n")
    }
  },
  harvest: {
    rows: 500,
    key: ["harvest_id"],
    columns: { harvest_id: id, kilos: any(1, 90), subapple_id: ref("apple.apple_id", { share: 0.2 }) }
  }
}

/** A surgery: patients are persons, and have no name of their own. */
const SURGERY: Tables = {
  users: { rows: 4, key: ["user_id"], columns: { user_id: id, username: name, password: name } },
  person: {
    rows: 40,
    key: ["person_id"],
    columns: { person_id: id, sex: word("m", "f"), creator: ref("users.user_id", { share: 0.5 }) }
  },
  patient: {
    rows: 20,
    key: ["patient_id"],
    columns: {
      patient_id: { to: "person.person_id", fill: (at) => at + 15 },
      allergy: any(1, 3),
      creator: ref("users.user_id", { share: 0.5 })
    }
  },
  visit: {
    rows: 30,
    key: ["visit_id"],
    columns: { visit_id: id, patient_id: ref("patient.patient_id"), creator: ref("users.user_id", { share: 0.5 }) }
  }
}

/** A school: the same with students. */
const SCHOOL: Tables = {
  individual: { rows: 200, key: ["individual_id"], columns: { individual_id: serial(500), born: any(1950, 2010) } },
  student: {
    rows: 90,
    key: ["student_id"],
    columns: { student_id: { to: "individual.individual_id", fill: (at) => 501 + at * 2 }, form: any(1, 9) }
  },
  absence: {
    rows: 400,
    key: ["absence_id"],
    columns: { absence_id: id, student_id: ref("student.student_id"), hours: any(1, 8) }
  }
}

/** A workshop in German: persons by what they do. */
const WERKSTATT: Tables = {
  mitarbeiter: {
    rows: 35,
    key: ["mitarbeiter_nr"],
    columns: { mitarbeiter_nr: serial(100), vorname: name, nachname: name }
  },
  fahrzeuge: {
    rows: 120,
    key: ["fahrzeug_nr"],
    columns: { fahrzeug_nr: serial(1000), betreuer_nr: ref("mitarbeiter.mitarbeiter_nr", { share: 0.5 }) }
  },
  reparaturen: {
    rows: 500,
    key: ["reparatur_nr"],
    columns: {
      reparatur_nr: serial(5000),
      fahrzeug_nr: ref("fahrzeuge.fahrzeug_nr"),
      bearbeiter_nr: ref("mitarbeiter.mitarbeiter_nr", { share: 0.4 })
    }
  }
}

/** A shop in French, whose names have no accents. */
const MAGASIN: Tables = {
  employe: {
    rows: 20,
    key: ["id_employe"],
    columns: {
      id_employe: id,
      nom: name,
      prenom: name,
      id_responsable: ref("employe.id_employe", { nulls: 0.2, share: 0.3 })
    }
  },
  commande: {
    rows: 400,
    key: ["num_commande"],
    columns: { num_commande: serial(10_000), id_vendeur: ref("employe.id_employe", { share: 0.6 }) }
  }
}

/** A hotel: tables of two words, of which columns say the beginnings. */
const HOTEL: Tables = {
  guest_address: { rows: 200, key: ["address_sk"], columns: { address_sk: id, street: name } },
  guest_preferences: { rows: 150, key: ["pref_sk"], columns: { pref_sk: id, pillow: any(1, 5) } },
  guest: {
    rows: 350,
    key: ["guest_sk"],
    columns: { guest_sk: id, name, current_addr_sk: ref("guest_address.address_sk") }
  },
  stay: {
    rows: 4000,
    columns: { guest_sk: ref("guest.guest_sk"), gpref_sk: ref("guest_preferences.pref_sk"), nights: any(1, 20) }
  }
}

/** A marina: the same, and a table whose name has the words of another and of what it holds in the other order. */
const MARINA: Tables = {
  boat_insurance: { rows: 130, key: ["policy_no"], columns: { policy_no: id, premium: any(100, 900) } },
  contract_loan: { rows: 12, key: KEY, columns: { id, name } },
  contract_lease: { rows: 15, key: KEY, columns: { id, name } },
  boat: { rows: 160, key: ["boat_no"], columns: { boat_no: id, name, binsurance_no: ref("boat_insurance.policy_no") } },
  loan: { rows: 40, key: KEY, columns: { id, boat_no: ref("boat.boat_no"), contract_id: ref("contract_loan.id") } },
  lease: { rows: 60, key: KEY, columns: { id, boat_no: ref("boat.boat_no"), contract_id: ref("contract_lease.id") } }
}

/** An office: users have a user above them, and those on leave are told apart by the same name. */
const OFFICE: Tables = {
  of_user: {
    rows: 9,
    key: ["rowid"],
    columns: { rowid: id, login: name, pass: name, fk_user: ref("of_user.rowid", { nulls: 0.5, share: 0.3 }) }
  },
  of_leave_users: {
    rows: 7,
    key: ["fk_user"],
    columns: { fk_user: { to: "of_user.rowid", fill: (at) => at + 1 }, days: any(1, 40) }
  },
  of_notice: { rows: 46, key: ["rowid"], columns: { rowid: id, fk_user: ref("of_user.rowid", { share: 0.3 }) } },
  of_setting: {
    rows: 30,
    key: ["rowid"],
    columns: { rowid: id, value: name, fk_user: ref("of_user.rowid", { share: 0.2 }) }
  }
}

/** A workshop: the same with machines. */
const MACHINES: Tables = {
  machine: {
    rows: 25,
    key: KEY,
    columns: { id, name, machine_id: ref("machine.id", { nulls: 0.6, share: 0.4 }) }
  },
  rented_machines: {
    rows: 12,
    key: ["machine_id"],
    columns: { machine_id: { to: "machine.id", fill: (at) => at + 1 }, until: any(1, 365) }
  },
  job: { rows: 60, key: KEY, columns: { id, machine_id: ref("machine.id", { share: 0.4 }), hours: any(1, 9) } }
}

/** Schemas of an invented kind whose columns say a role, or say a table only where they stand. */
export const ROLES: Readonly<Record<string, Tables>> = {
  "a user above each user, and users who are something more": OFFICE,
  "a machine above each machine, and machines that are something more": MACHINES,
  "kinds for every app": MUSEUM,
  "states for every app": SEEDS,
  "pairs of a dictionary": DICTIONARY,
  "pairs of an orchard": ORCHARD,
  "patients, who are persons": SURGERY,
  "students, who are individuals": SCHOOL,
  "persons by what they do, in German": WERKSTATT,
  "persons by what they do, in French": MAGASIN,
  "beginnings of two words": HOTEL,
  "words in another order": MARINA
}
