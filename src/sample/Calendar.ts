/** A moment, in milliseconds since 1970, UTC. The sample data know no other time. */
export type Moment = number

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Hours and days in milliseconds, to add to a `Moment`. */
export const hours = (n: number): number => Math.round(n * HOUR)
/** @see hours */
export const days = (n: number): number => Math.round(n * DAY)

/** When the books begin, and when the copy was taken: nothing is recorded before or after. */
export const FIRST_DAY: Moment = Date.UTC(2022, 0, 3)
/** @see FIRST_DAY */
export const LAST_DAY: Moment = Date.UTC(2024, 8, 30, 18)

/** As PostgreSQL reads a timestamp with time zone, to the minute. */
export const timestamp = (moment: Moment): string => `${new Date(moment).toISOString().slice(0, 16)}:00Z`
/** As PostgreSQL reads a date. */
export const date = (moment: Moment): string => new Date(moment).toISOString().slice(0, 10)
/** Midnight before. */
export const startOfDay = (moment: Moment): Moment => moment - (moment % DAY)
/** From 0, January. */
export const month = (moment: Moment): number => new Date(moment).getUTCMonth()
/** What happened after the copy was taken is not in it. */
export const ifKnown = (moment: Moment): Moment | null => (moment <= LAST_DAY ? moment : null)
