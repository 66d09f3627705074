/** A page among the report's: "tables", "entity/orders/customer_id"; each part escaped. */
type Path = string

let place = (path: Path): string => `#/${path}`

/** Puts the report's pages elsewhere, for a page that has others beside them. */
export const placeAt = (at: (path: Path) => string): void => void (place = at)

/** The address of a page of the report. */
export const address = (path: Path): string => place(path)
