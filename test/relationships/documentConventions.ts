import { any, type InventedTable, sameAs, text, word } from "./invented.ts"

type Tables = Readonly<Record<string, InventedTable>>

/** A works: what a document or a partner is stands in a table of "header" or "general data", beside those of its parts and kinds. */
const WORKS: Tables = {
  business_partner_general_data: {
    rows: 30,
    key: ["BusinessPartner"],
    columns: { BusinessPartner: text("P"), FullName: text("n"), CreatedOn: text("d") }
  },
  business_partner_supplier_data: {
    rows: 12,
    key: ["Supplier"],
    columns: { Supplier: sameAs("business_partner_general_data.BusinessPartner"), IsBlocked: word("y", "n") }
  },
  sales_receipt_header_data: {
    rows: 90,
    key: ["SalesReceipt", "FiscalYear"],
    columns: { SalesReceipt: any(500, 560), FiscalYear: any(2019, 2024), Payee: text("y") }
  },
  sales_receipt_cost_assignment_data: {
    rows: 200,
    key: ["SalesReceipt", "FiscalYear", "Line"],
    columns: { Line: any(1, 9), Share: any(1, 100) },
    together: [
      { table: "sales_receipt_header_data", columns: { SalesReceipt: "SalesReceipt", FiscalYear: "FiscalYear" } }
    ]
  }
}

/** Headers, parts and kinds of things. */
export const DOCUMENTS: Readonly<Record<string, Tables>> = {
  "tables that say in what form they hold things": WORKS
}
