import type { Effect, Scope } from "effect"

/** What one measurement gave, by the keys of the row's columns; what a side has nothing to say about is left out. */
export type Figures = Readonly<Record<string, number>>

/** One who is measured, in turns with the others of its row. */
export interface Side {
  readonly label: string
  readonly measure: Effect.Effect<Figures, unknown, Scope.Scope>
}

/** What is measured in turns. */
export interface Row {
  readonly title: string
  /** Keys of figures, and what they are called, with their unit. */
  readonly columns: Readonly<Record<string, string>>
  readonly sides: ReadonlyArray<Side>
  /** What the medians, side by side, mean: in words, losses and missed goals too. */
  readonly judge?: (medians: ReadonlyArray<Figures>) => ReadonlyArray<string>
}

/** Rows of a family, by turns on the same server; what they need is made when they are, and goes with the scope. */
export type Family = (server: string) => ReadonlyArray<Effect.Effect<Row, unknown, Scope.Scope>>
