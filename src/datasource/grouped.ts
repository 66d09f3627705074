/** Groups items by a key, in their order; a key without items has an empty group. */
export const grouped = <A, K>(items: Iterable<A>, key: (item: A) => K): ((of: K) => ReadonlyArray<A>) => {
  const groups = new Map<K, Array<A>>()
  for (const item of items) {
    const of = key(item)
    const group = groups.get(of)
    if (group === undefined) groups.set(of, [item])
    else group.push(item)
  }
  return (of) => groups.get(of) ?? []
}
