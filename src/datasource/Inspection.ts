import { Data, Effect, type Redacted, Struct } from "effect"
import { isView, type SkippedTable, tableId } from "./Catalog.ts"
import * as Datasource from "./Datasource.ts"
import type { DatasourceSettings } from "./Datasources.ts"
import * as DatasourceUrl from "./DatasourceUrl.ts"
import type { CatalogOptions } from "./SchemaReader.ts"

/** A database without a table that may be read; `selection` is what was asked for. */
export class NothingToRead extends Data.TaggedError("NothingToRead")<{
  readonly display: string
  readonly skipped: ReadonlyArray<SkippedTable>
  readonly selection: CatalogOptions
  /** How many views there are that were not asked for. */
  readonly views: number
}> {
  override get message() {
    const [first, ...more] = this.skipped
    if (first !== undefined) {
      const others = more.length === 0 ? "" : `, and ${more.length} more tables`
      return `${this.display}: no table can be read: ${tableId(first)} (${first.reason})${others}`
    }
    const { exclude, schemas } = this.selection
    const selected = exclude !== undefined || schemas !== undefined
    const views = this.views === 1 ? "a view" : `${this.views} views`
    const others = this.views > 0 ? `, but ${views}, read only where asked for (--views)` : ""
    return `${this.display}: there are no tables${selected ? " but those that the choice of schemas and tables leaves out" : ""}${others}`
  }
}

/** Connects, and says what is there to be read; fails where there is nothing, or it cannot be read. */
export const inspect = (url: Redacted.Redacted, { gentle = false, ...selection }: DatasourceSettings) =>
  Effect.gen(function* () {
    const { display, login, ...datasource } = yield* Datasource.make({ url, gentle })
    const catalog = yield* datasource.catalog(selection)
    if (catalog.tables.length > 0) return { ...catalog, login }
    const withViews = selection.views === true ? catalog : yield* datasource.catalog({ ...selection, views: true })
    return yield* new NothingToRead({
      display,
      skipped: catalog.skipped,
      selection,
      views: withViews.tables.filter(isView).length
    })
  }).pipe(Effect.scoped)

/** `host:port/database`, and what of it is looked at: two selections of one database are two datasources, with results of their own. */
export const nameOf = (url: Redacted.Redacted, settings: DatasourceSettings) =>
  Effect.map(DatasourceUrl.parse(url), ({ display }) => {
    const selection = Object.entries(Struct.omit(settings, "gentle")).map(
      ([name, values]) => ` ${name}=${[values].flat().join()}`
    )
    return display + selection.join("")
  })
