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

/** Schemas of an invented kind for every convention, by what it is. */
export const CONVENTIONS: Readonly<Record<string, Tables>> = {
  "prefixed columns": LIBRARY,
  "folded names": OBSERVATORY,
  "columns called as tables": VINEYARD,
  "chains of subtypes": ZOO,
  "natural keys of several columns": HALLS
}
