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

/** A value that is computed when somebody first asks. */
export const lazily = <A>(of: () => A): (() => A) => {
  let made: { readonly value: A } | undefined
  return () => (made ??= { value: of() }).value
}
