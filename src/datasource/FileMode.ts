/** Permission bits of everybody but a file's owner. */
const OTHERS = 0o077

/**
 * Whether anybody but its owner may read, write or run a file, by its mode. `forbidden` are the bits that count. On Windows, whose modes
 * do not say so, always false.
 */
export const isOpenToOthers = (mode: number, forbidden: number = OTHERS): boolean =>
  process.platform !== "win32" && (mode & forbidden) !== 0
