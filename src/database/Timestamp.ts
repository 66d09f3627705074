/**
 * The earliest time that PostgreSQL's `timestamptz` holds, 24 November 4713 BC (Julian day 0), in milliseconds since 1970. JavaScript's `Date`
 * begins earlier, and ends earlier than `timestamptz` does. Source: PostgreSQL's documentation, date and time types.
 */
export const EARLIEST_TIMESTAMP = -210_866_803_200_000
