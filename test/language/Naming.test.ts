import { describe, expect, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { atOnce } from "../../src/steps/Steps.ts"
import * as Naming from "../../src/language/Naming.ts"
import { NAMES } from "./names.ts"

const make = (tables: ReadonlyArray<Naming.NamedTable>) => atOnce(Naming.make(tables))

const schema = (tables: Record<string, ReadonlyArray<string>>) =>
  make(Object.entries(tables).map(([table, columns]) => ({ table, columns })))

/** The name of a table in a schema of these tables. */
const named = (table: string, ...others: ReadonlyArray<string>) =>
  schema(Object.fromEntries([table, ...others].map((name) => [name, ["id"]]))).table(table)

describe("the name of a table", () => {
  it("is what a person calls one of its rows", () => {
    expect(named("customers")).toBe("Customer")
    expect(named("order_items")).toBe("Order Item")
    expect(named("OrderDetails")).toBe("Order Detail")
    expect(named("orderdetails")).toBe("Order Detail")
    expect(named("people")).toBe("Person")
    expect(named("Product Categories")).toBe("Product Category")
    expect(named("employees_territories")).toBe("Employee Territory")
  })

  it("leaves out what all tables begin with, also where columns are called so", () => {
    const tables = ["job", "task", "event", "model", "timer"].map((name) => `act_${name}`)
    expect(schema(Object.fromEntries(tables.map((name) => [name, ["id", "act_id"]]))).table("act_job")).toBe("Job")
  })

  it("takes what several tables begin with for no beginning of another word", () => {
    const tables = { ksef_batch: ["id", "ksef_id"], ksef_item: ["id"], ksefinvoicesubjects: ["id"], orders: ["id"] }
    expect(schema(tables).table("ksef_batch")).not.toContain("subject")
  })

  it("leaves out letters without a separator that all tables, or all columns of a table, begin with", () => {
    const naming = schema({
      sbcustomer: ["sbcustid", "sbcustname", "sbcustcity", "sbcustjoindate"],
      sbtransaction: ["sbtxid", "sbtxcustid", "sbtxdatetime", "sbtxamount", "sbtxstatus"],
      sbticker: ["sbtickerid", "sbtickersymbol", "sbtickertype"]
    })
    expect(["sbcustomer", "sbtransaction", "sbticker"].map(naming.table)).toEqual(["Customer", "Transaction", "Ticker"])
    expect(naming.column("sbcustomer", "sbcustname")).toBe("name")
    expect(naming.column("sbtransaction", "sbtxamount")).toBe("amount")
    const other = schema({ zqinvoice: ["zqinvdate", "zqinvtotal", "zqinvstatus"], zqorder: ["id"], zqproduct: ["id"] })
    expect(other.table("zqinvoice")).toBe("Invoice")
    expect(other.column("zqinvoice", "zqinvtotal")).toBe("total")
    // A word that columns begin with says something.
    const ship = schema({ deliveries: ["shipname", "shipcity", "shipdate"], shops: ["id"], shoes: ["id"] })
    expect(ship.column("deliveries", "shipcity")).toBe("ship city")
    expect([ship.table("shops"), ship.table("shoes")]).toEqual(["Shop", "Shoe"])
  })

  it("cuts no plural off what is a part of something", () => {
    const tables = { products: ["id"], productsubcategory: ["id", "productsubcategoryid"], projectsubtask: ["id"] }
    const naming = schema({ ...tables, projects: ["id"] })
    expect(naming.table("productsubcategory")).toBe("Product Subcategory")
    expect(naming.table("projectsubtask")).toBe("Project Subtask")
  })

  it("keeps ordinals whole, and takes words with a number for words", () => {
    const naming = schema({ results: ["rank_1st", "score2nd", "line1"], big1: ["id"] })
    expect(naming.column("results", "rank_1st")).toBe("rank 1st")
    expect(naming.column("results", "score2nd")).toBe("score 2nd")
    expect(naming.column("results", "line1")).toBe("line 1")
    expect(naming.table("big1")).toBe("Big 1")
  })

  it("leaves out what only says that it is a table", () => {
    expect(named("tbl_customers")).toBe("Customer")
    expect(named("t_customer")).toBe("Customer")
    expect(named("customer_tbl")).toBe("Customer")
    expect(named("dim_customer", "dim_product", "fact_sale")).toBe("Customer")
    expect(named("time_dim", "date_dim")).toBe("Time")
    expect(named("fact_sheet", "customer")).toBe("Fact Sheet")
    expect(named("CUST_MST")).toBe("Customer")
  })

  it("is a code where it is one, as old systems have them", () => {
    expect(named("T001")).toBe("T001")
    expect(named("kna1")).toBe("KNA1")
    expect(named("t001w", "customers")).toBe("T001W")
    expect(named("log2")).toBe("Log 2")
    expect(named("emp2")).toBe("Employee 2")
  })

  it("leaves out a prefix that nearly all tables share", () => {
    const tables = ["wp_posts", "wp_users", "wp_links", "wp_terms", "wp_options"] as const
    expect(named(...tables)).toBe("Post")
    expect(schema(Object.fromEntries(tables.map((table) => [table, ["id"]]))).aliases("wp_posts")).toEqual(["WP Post"])
  })

  it("leaves out a single letter that several tables begin with, unless another table is called so", () => {
    expect(named("d_customer", "d_product")).toBe("Customer")
    expect(named("d_customer", "d_product", "customers")).toBe("D Customer")
    expect(named("e_bike", "products")).toBe("E Bike")
  })

  it("keeps a shared prefix that is a thing itself", () => {
    expect(named("order_items", "orders", "order_notes", "order_taxes", "order_states", "order_parcels")).toBe(
      "Order Item"
    )
    const keyed = schema({
      film_reels: ["film_id"],
      film_posters: ["film_id"],
      film_actors: ["film_id"],
      film_texts: ["film_id"],
      film_prints: ["film_id"]
    })
    expect(keyed.table("film_reels")).toBe("Film Reel")
  })

  it("is whole: nothing is cut inside of a word, and nothing is expanded that only has its letters", () => {
    const called = (tables: ReadonlyArray<string>, table: string, columns: ReadonlyArray<string> = ["id"]) =>
      schema(Object.fromEntries(tables.map((each) => [each, columns]))).table(table)
    expect(called(["ellipsoid", "datum"], "ellipsoid", ["ellipsoid_id", "code"])).toBe("Ellipsoid")
    expect(called(["unitofmeasure", "item"], "unitofmeasure")).toBe("Unit of Measure")
    expect(called(["stock_serialmove", "serial", "move"], "stock_serialmove")).toBe("Stock Serial Move")
    expect(called(["ipaddress"], "ipaddress")).toBe("IP Address")
    expect(called(["crs", "obs"], "obs")).toBe("Obs")
    expect(called(["crs", "obs"], "crs")).toBe("CRS")
    expect(called(["CustomerCRMs", "SKUs"], "CustomerCRMs")).toBe("Customer CRM")
    expect(called(["vlan", "virtualization", "asn", "association"], "vlan", ["vlan_id", "asn_id"])).toBe("Vlan")
    expect(called(["tpt", "template"], "tpt", ["tpt_id"])).toBe("TPT")
  })

  it("is without what a program calls its parts", () => {
    const tables = [
      "dcim_rack",
      "dcim_site",
      "dcim_cable",
      "acc_vlan",
      "acc_prefix",
      "order",
      "order_note",
      "stock_move",
      "stock_item"
    ]
    const { table } = schema(Object.fromEntries(tables.map((each) => [each, ["id"]])))
    expect(tables.map(table)).toEqual([
      "Rack",
      "Site",
      "Cable",
      "Vlan",
      "Prefix",
      "Order",
      "Order Note",
      "Stock Move",
      "Stock Item"
    ])
  })

  it("spells out abbreviations everybody uses", () => {
    expect(named("cust_addr")).toBe("Customer Address")
    expect(named("dept")).toBe("Department")
    expect(named("tbl_inv_lines")).toBe("Invoice Line")
    expect(named("txns")).toBe("Transaction")
  })

  it("lets the schema say which word an abbreviation stands for", () => {
    expect(named("inv_lines", "invoices")).toBe("Invoice Line")
    expect(named("inv_lines", "inventory")).toBe("Inventory Line")
    expect(named("inv_lines", "invoices", "inventory")).toBe("Inv Line")
    expect(named("prod_cat", "categories")).toBe("Product Category")
    expect(named("cats")).toBe("Cat")
  })

  it("learns the schema's own abbreviations", () => {
    expect(schema({ warr_skills: ["warr_id"], warriors: ["id"] }).table("warr_skills")).toBe("Warrior Skill")
    expect(schema({ shpmnt_items: ["id"], shipments: ["id"] }).table("shpmnt_items")).toBe("Shipment Item")
  })

  it("takes no word for the abbreviation of another", () => {
    expect(schema({ form_fields: ["form_id"], formats: ["id"], forms: ["id"] }).table("form_fields")).toBe("Form Field")
    expect(schema({ item_notes: ["id"], itemisations: ["id"] }).table("item_notes")).toBe("Item Note")
    expect(schema({ party_roles: ["id"], parts: ["part_id"], parties: ["id"] }).table("parts")).toBe("Part")
  })

  it("says a repeated word once, and writes acronyms in capitals", () => {
    expect(named("party_party")).toBe("Party")
    expect(named("http_logs")).toBe("HTTP Log")
    expect(named("tcp_ports")).toBe("TCP Port")
  })

  it("keeps words that look like a plural and are none", () => {
    for (const [table, name] of [
      ["species", "Species"],
      ["addresses", "Address"],
      ["order_statuses", "Order Status"],
      ["sales_orders", "Sales Order"],
      ["analysis_results", "Analysis Result"],
      ["news", "News"]
    ] as const) {
      expect(named(table)).toBe(name)
    }
  })

  const identifier = fc.oneof(
    fc.string({ minLength: 1, maxLength: 12 }),
    fc.string({ unit: fc.constantFrom(..."abcinorst_sIS1"), minLength: 1, maxLength: 14 })
  )
  const tables = fc.uniqueArray(fc.record({ table: identifier, columns: fc.array(identifier, { maxLength: 4 }) }), {
    maxLength: 8,
    selector: ({ table }) => table
  })

  it.prop("is never empty, nor is a column's", { tables }, ({ tables }) => {
    const naming = make(tables)
    for (const { table, columns } of tables) {
      expect(naming.table(table)).not.toBe("")
      for (const column of columns) expect(naming.column(table, column)).not.toBe("")
    }
  })

  it.prop("does not depend on the order of tables and columns", { tables }, ({ tables }) => {
    const said = (all: ReadonlyArray<Naming.NamedTable>) => {
      const naming = make(all)
      return Object.fromEntries(
        all.map(({ table, columns }) => [
          table,
          [
            naming.table(table),
            naming.aliases(table),
            [...columns].sort().map((column) => [naming.column(table, column), naming.role(table, column, table)])
          ]
        ])
      )
    }
    const reversed = [...tables].reverse().map(({ table, columns }) => ({ table, columns: [...columns].reverse() }))
    expect(said(reversed)).toEqual(said(tables))
  })

  it.prop(
    "is the name of a table that is called by it",
    { word: fc.constantFrom("customer", "species", "address", "index", "person", "bus", "invoice_line", "data") },
    ({ word }) => {
      const name = named(word)
      expect(named(name)).toBe(name)
    }
  )
})

describe("the name of a column", () => {
  const naming = schema({
    lineitem: ["l_orderkey", "l_qty", "l_shipdate", "l_tax"],
    product: ["product_id", "unit_prc", "logo_url", "model_no", "is_active"]
  })

  it("is said in words, without the table's column prefix", () => {
    expect(naming.column("lineitem", "l_qty")).toBe("quantity")
    expect(naming.column("lineitem", "l_shipdate")).toBe("ship date")
    expect(naming.column("product", "unit_prc")).toBe("unit price")
    expect(naming.column("product", "product_id")).toBe("product ID")
    expect(naming.column("product", "logo_url")).toBe("logo URL")
    expect(naming.column("product", "model_no")).toBe("model number")
  })
})

describe("what a column says", () => {
  const naming = schema({ pairs: ["item_id_1", "item_id_2", "address_1"], items: ["item_id"] })

  it("is a key where a number follows the key word", () => {
    expect([naming.columnWords("pairs", "item_id_2"), naming.keyWord("pairs", "item_id_2")]).toEqual([
      ["item", "2"],
      "id"
    ])
    expect(naming.role("pairs", "item_id_2", "items")).toBe("2")
    expect(naming.keyWord("pairs", "address_1")).toBe("")
  })
})

describe("the role of a column that refers to a table", () => {
  const naming = schema({
    orders: ["order_id", "customer_id", "shipping_address_id", "billing_addr_id", "order_contact_id"],
    employees: ["id", "manager_id", "reports_to", "dept_no"],
    addresses: ["id"],
    customers: ["id"],
    contacts: ["id"],
    departments: ["dept_no"],
    animal_species: ["id", "evolved_from_species_id"]
  })

  it("is what the column says besides naming the table", () => {
    expect(naming.role("orders", "shipping_address_id", "addresses")).toBe("shipping")
    expect(naming.role("orders", "billing_addr_id", "addresses")).toBe("billing")
    expect(naming.role("employees", "manager_id", "employees")).toBe("manager")
    expect(naming.role("employees", "reports_to", "employees")).toBe("reports to")
    expect(naming.role("animal_species", "evolved_from_species_id", "animal_species")).toBe("evolved from")
  })

  it("is nothing where the column only says which one", () => {
    expect(naming.role("orders", "customer_id", "customers")).toBe("")
    expect(naming.role("employees", "dept_no", "departments")).toBe("")
  })

  it("does not repeat the name of the table that refers", () => {
    expect(naming.role("orders", "order_contact_id", "contacts")).toBe("")
  })
})

/** Share of the names that have to be right. */
const RIGHT = 0.95

describe("names that programs everywhere have", () => {
  it("are what a person would call them, and no two tables of one schema are called the same", () => {
    const wrong: Array<string> = []
    let all = 0
    for (const [kind, { columns, tables }] of Object.entries(NAMES)) {
      const byTable = new Map(Object.keys(tables).map((table) => [table, ["id"]]))
      for (const name of Object.keys(columns)) {
        const [table = "", column = ""] = name.split(".")
        byTable.get(table)?.push(column)
      }
      const naming = schema(Object.fromEntries(byTable))
      const said = [
        ...Object.entries(tables).map(([table, name]) => [name, naming.table(table)] as const),
        ...Object.entries(columns).map(([name, called]) => {
          const [table = "", column = ""] = name.split(".")
          return [called, naming.column(table, column)] as const
        })
      ]
      all += said.length
      wrong.push(...said.flatMap(([right, name]) => (right === name ? [] : [`${kind}: ${name} instead of ${right}`])))
      const names = Object.keys(tables).map(naming.table)
      expect(new Set(names).size).toBe(names.length)
    }
    expect(all).toBeGreaterThan(150)
    // What is wrong beyond the share that may be.
    expect(wrong.slice(Math.floor((1 - RIGHT) * all))).toEqual([])
  })
})
