/** A function that makes its value once for each argument. */
export const memoised = <K, A>(of: (key: K) => A): ((key: K) => A) => {
  const made = new Map<K, A>()
  return (key) => {
    const before = made.get(key)
    if (before !== undefined) return before
    const value = of(key)
    made.set(key, value)
    return value
  }
}
