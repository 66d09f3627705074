/** Levels of what is sent, several times those of any route or tool: what says what is wrong with a deeper one exceeds the stack. */
export const MOST_LEVELS = 64

/** Whether a value that was JSON has more levels than that. */
export const isTooDeep = (value: unknown, left = MOST_LEVELS): boolean =>
  typeof value === "object" &&
  value !== null &&
  (left === 0 || Object.values(value).some((part) => isTooDeep(part, left - 1)))
