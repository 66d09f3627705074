/** What `Map` and `WeakMap` have in common. */
interface Store<K, A> {
  readonly get: (key: K) => A | undefined
  readonly set: (key: K, value: A) => unknown
}

const storedIn =
  <K, A>(store: Store<K, A>, of: (key: K) => A) =>
  (key: K): A => {
    const before = store.get(key)
    if (before !== undefined) return before
    const value = of(key)
    store.set(key, value)
    return value
  }

/** A function that computes its value once per argument (anew if that is undefined). Values live as long as the function. */
export const memoised = <K, A>(of: (key: K) => A): ((key: K) => A) => storedIn(new Map<K, A>(), of)

/** The same for objects: a value lives as long as its argument. */
export const memoisedWeakly = <K extends object, A>(of: (key: K) => A): ((key: K) => A) =>
  storedIn(new WeakMap<K, A>(), of)
