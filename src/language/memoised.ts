/** A function that computes its value once per argument (anew if that is undefined). Values live as long as the function. */
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

/** The same for objects: a value lives as long as its argument. */
export const memoisedWeakly = <K extends object, A>(of: (key: K) => A): ((key: K) => A) => {
  const made = new WeakMap<K, A>()
  return (key) => {
    const before = made.get(key)
    if (before !== undefined) return before
    const value = of(key)
    made.set(key, value)
    return value
  }
}
