import { any, type InventedTable, ref, sameAs, serial, text, word } from "./invented.ts"

type Tables = Readonly<Record<string, InventedTable>>

const name = text("n")

/** A library: every column carries its table's letters, keys end in a word of their own. */
const LIBRARY: Tables = {
  day: { rows: 900, key: ["dy_day_nr"], columns: { dy_day_nr: serial(40_000), dy_month: any(1, 12) } },
  book: {
    rows: 700,
    key: ["bk_book_nr"],
    columns: { bk_book_nr: serial(), bk_title: name, bk_pages: any(40, 900) }
  },
  reader: {
    rows: 300,
    key: ["rd_reader_nr"],
    columns: { rd_reader_nr: serial(), rd_name: name, rd_joined_day_nr: ref("day.dy_day_nr", { share: 0.4 }) }
  },
  loan: {
    rows: 3000,
    key: ["ln_loan_nr"],
    columns: {
      ln_loan_nr: serial(),
      ln_book_nr: ref("book.bk_book_nr"),
      ln_reader_nr: ref("reader.rd_reader_nr"),
      ln_lent_day_nr: ref("day.dy_day_nr", { share: 0.8 }),
      ln_back_day_nr: ref("day.dy_day_nr", { nulls: 0.1 })
    }
  }
}

/** An observatory: names without separators, roles in front of the key's name or behind it. */
const OBSERVATORY: Tables = {
  ranks: { rows: 6, key: ["rankid"], columns: { rankid: serial(), name } },
  observers: {
    rows: 60,
    key: ["observerid"],
    columns: { observerid: serial(4), observername: name, rankid: ref("ranks.rankid") }
  },
  telescopes: {
    rows: 40,
    key: ["telescopeid"],
    columns: {
      telescopeid: serial(500),
      dome: name,
      spare_telescopeid: ref("telescopes.telescopeid", { nulls: 0.6, share: 0.3 })
    }
  },
  nights: { rows: 400, key: ["nightid"], columns: { nightid: serial(9000), clouds: any(0, 8) } },
  exposures: {
    rows: 2500,
    key: ["exposureid"],
    columns: {
      exposureid: serial(70_000),
      telescopeid: ref("telescopes.telescopeid"),
      nightid: ref("nights.nightid"),
      observerid: ref("observers.observerid"),
      observerid_second: ref("observers.observerid", { nulls: 0.5 }),
      seconds: any(1, 3600)
    }
  }
}

/** A vineyard: columns are called as the table that they refer to, and nothing says key. */
const VINEYARD: Tables = {
  grape: { rows: 30, key: ["id"], columns: { id: serial(2, 3), name } },
  parcel: {
    rows: 200,
    key: ["id"],
    columns: { id: serial(5, 7), name, grape: ref("grape.id"), hectares: any(1, 9) }
  },
  cork: { rows: 8, key: ["id"], columns: { id: serial(), name } },
  bottling: {
    rows: 900,
    key: ["id"],
    columns: {
      id: serial(11, 4),
      parcel: ref("parcel.id"),
      cork: ref("cork.id", { nulls: 0.2 }),
      bottles: any(90, 900)
    }
  },
  taster: { rows: 80, key: ["id"], columns: { id: serial(3, 9), name } },
  tasting: {
    rows: 1200,
    key: ["id"],
    columns: { id: serial(1, 2), bottling: ref("bottling.id"), taster: ref("taster.id"), points: any(50, 100) }
  }
}

/** A zoo: kinds of kinds, and others that refer to one of them by what it is called. */
const ZOO: Tables = {
  being: { rows: 900, key: ["beingid"], columns: { beingid: serial(), noted: text("2019-") } },
  animal: {
    rows: 700,
    key: ["beingid"],
    columns: { beingid: sameAs("being.beingid"), species: name, weight: any(1, 4000) }
  },
  bird: {
    rows: 90,
    key: ["beingid"],
    columns: { beingid: { to: "animal.beingid", fill: (at) => 600 + at }, wingspan: any(10, 300) }
  },
  keeper: {
    rows: 50,
    key: ["beingid"],
    columns: { beingid: { to: "being.beingid", fill: (at) => 801 + at }, pay: any(2000, 5000) }
  },
  feeding: {
    rows: 3000,
    key: ["feedingid"],
    columns: {
      feedingid: serial(),
      animalid: ref("animal.beingid"),
      keeperid: ref("keeper.beingid"),
      grams: any(10, 9000)
    }
  },
  nest: { rows: 60, key: ["nestid"], columns: { nestid: serial(), birdid: ref("bird.beingid"), eggs: any(0, 6) } }
}

/** A concert hall: natural keys, called by letters within what they lie in. */
const HALLS: Tables = {
  hall: { rows: 40, key: ["code"], columns: { code: text("H"), name } },
  bench: {
    rows: 900,
    key: ["hall", "letter"],
    columns: { hall: ref("hall.code"), letter: text("b"), width: any(6, 40) }
  },
  subscription: {
    rows: 1500,
    key: ["subscription_no"],
    together: [{ table: "bench", columns: { hall: "hall", bench_letter: "letter" } }],
    columns: { subscription_no: serial(100), seat: any(1, 40), kind: word("full", "half") }
  }
}

/** A clinic that hardly anybody has used: who did what refers to accounts, of which there are few, and not to the other people. */
const CLINIC: Tables = {
  human: { rows: 14, key: ["human_id"], columns: { human_id: serial(), first_name: name, last_name: name } },
  account: {
    rows: 4,
    key: ["account_id"],
    columns: {
      account_id: serial(),
      username: name,
      password_hash: name,
      creator: ref("account.account_id", { share: 0.25 })
    }
  },
  ward: {
    rows: 6,
    key: ["ward_id"],
    columns: { ward_id: serial(), name, creator: ref("account.account_id", { share: 0.25 }) }
  },
  referral: {
    rows: 5,
    key: ["referral_id"],
    columns: {
      referral_id: serial(),
      human_id: ref("human.human_id"),
      ward_id: ref("ward.ward_id"),
      creator: ref("account.account_id", { share: 0.25 }),
      voided_by: ref("account.account_id", { share: 0.5 })
    }
  },
  kinship: {
    rows: 9,
    key: ["kinship_id"],
    columns: {
      kinship_id: serial(),
      human_a: ref("human.human_id"),
      human_b: ref("human.human_id"),
      changed_by: ref("account.account_id", { share: 0.5 })
    }
  }
}

/** A register of rocks: everything is known by who has named it and how, and others refer to both in a role. */
const ROCKS: Tables = {
  colour_scale: {
    rows: 40,
    key: ["namer", "code"],
    columns: { namer: word("GSA", "BGS"), code: any(1, 30), title: text() }
  },
  mineral: {
    rows: 300,
    key: ["namer", "code"],
    columns: { namer: word("IMA", "GSA"), code: any(500, 900), title: text() }
  },
  stone: {
    rows: 500,
    key: ["namer", "code"],
    columns: { namer: word("GSA", "BGS"), code: any(2000, 3000), title: text() },
    together: [
      { table: "mineral", columns: { mineral_namer: "namer", mineral_code: "code" } },
      { table: "mineral", columns: { minor_mineral_namer: "namer", minor_mineral_code: "code" }, nulls: 0.4 },
      { table: "colour_scale", columns: { scale_namer: "namer", scale_code: "code" }, nulls: 0.2 }
    ]
  }
}

/** A cup: who qualified for which round, and matches that name team and round and thereby both. */
const CUP: Tables = {
  rounds: { rows: 20, key: ["round_id"], columns: { round_id: text("R-"), title: text() } },
  clubs: { rows: 80, key: ["club_id"], columns: { club_id: text("C-"), title: text() } },
  qualified_clubs: {
    rows: 500,
    key: ["round_id", "club_id"],
    columns: { round_id: ref("rounds.round_id"), club_id: ref("clubs.club_id"), seed: any(1, 8) }
  },
  penalties: {
    rows: 900,
    key: ["penalty_id"],
    together: [{ table: "qualified_clubs", columns: { round_id: "round_id", club_id: "club_id" } }],
    columns: { penalty_id: serial(), minute: any(1, 120) }
  }
}

/** A Spanish shop: the key word comes first, then the thing, then its role. */
const TIENDA: Tables = {
  oficina: { rows: 12, key: ["codigo_oficina"], columns: { codigo_oficina: text("OF"), ciudad: name } },
  empleado: {
    rows: 90,
    key: ["codigo_empleado"],
    columns: {
      codigo_empleado: serial(),
      nombre: name,
      apellido1: name,
      codigo_oficina: ref("oficina.codigo_oficina"),
      codigo_jefe: ref("empleado.codigo_empleado", { nulls: 0.1, share: 0.3 })
    }
  },
  cliente: {
    rows: 300,
    key: ["codigo_cliente"],
    columns: {
      codigo_cliente: serial(),
      nombre_cliente: name,
      codigo_empleado_ventas: ref("empleado.codigo_empleado", { share: 0.6 })
    }
  },
  pago: {
    rows: 900,
    key: ["id_transaccion"],
    columns: { id_transaccion: text("ak"), codigo_cliente: ref("cliente.codigo_cliente"), total: any(10, 9000) }
  },
  producto: { rows: 120, key: ["id_producto"], columns: { id_producto: serial(300), nombre: name } },
  // Nothing but key words in front: they are no prefix of the table's.
  entrega: {
    rows: 400,
    key: ["id_entrega"],
    columns: {
      id_entrega: serial(9000),
      id_producto: ref("producto.id_producto"),
      id_producto_sustituto: ref("producto.id_producto", { share: 0.7 })
    }
  }
}

/** A bank's program: letters in front of its tables, and things that are called code. */
const BRANCHES: Tables = {
  m_code: { rows: 40, key: ["id"], columns: { id: serial(), name } },
  m_code_value: { rows: 400, key: ["id"], columns: { id: serial(50), code_id: ref("m_code.id"), value: name } },
  m_branch: {
    rows: 30,
    key: ["id"],
    columns: { id: serial(), name, parent_branch: ref("m_branch.id", { nulls: 0.2, share: 0.5 }) }
  },
  m_appuser: { rows: 25, key: ["id"], columns: { id: serial(), username: name, branch_id: ref("m_branch.id") } },
  m_staff: {
    rows: 60,
    key: ["id"],
    columns: { id: serial(), first_name: name, last_name: name, branch_id: ref("m_branch.id") }
  },
  m_saving_plan: { rows: 15, key: ["id"], columns: { id: serial(), name, can_approve: any(0, 1) } },
  m_deposit: {
    rows: 900,
    key: ["id"],
    columns: {
      id: serial(1000),
      plan_saving_id: ref("m_saving_plan.id"),
      approved_by: ref("m_appuser.id", { nulls: 0.1 }),
      submittedon_userid: ref("m_appuser.id"),
      staff_id: ref("m_staff.id")
    }
  }
}

/** Schemas of an invented kind for every convention, by what it is. */
export const CONVENTIONS: Readonly<Record<string, Tables>> = {
  "prefixed columns": LIBRARY,
  "folded names": OBSERVATORY,
  "columns called as tables": VINEYARD,
  "chains of subtypes": ZOO,
  "natural keys of several columns": HALLS,
  "those who act, in thin data": CLINIC,
  "pairs in roles": ROCKS,
  "references that lie in larger ones": CUP,
  "key words in front": TIENDA,
  "letters in front of tables": BRANCHES
}
