import { Effect, type Scope } from "effect"

/** How many streams each sender holds. */
export interface StreamLimit {
  /** Takes a place for a stream until the scope closes; false where the sender holds as many as are free for others. */
  readonly hold: (sender: string) => Effect.Effect<boolean, never, Scope.Scope>
  /** How many a sender holds. */
  readonly held: (sender: string) => Effect.Effect<number>
}

/**
 * Places for streams, in memory. A sender may hold no more of them than are left free: alone half, two a third each, and so on, so that
 * whoever comes finds one (Choudhury and Hahne, "Dynamic queue length thresholds", 1998).
 */
export const make = (most: number): StreamLimit => {
  const places = new Map<string, number>()
  let free = most
  const add = (sender: string, count: number) => {
    const now = (places.get(sender) ?? 0) + count
    if (now === 0) places.delete(sender)
    else places.set(sender, now)
    free -= count
  }
  return {
    hold: (sender) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          const isFair = (places.get(sender) ?? 0) < free
          if (isFair) add(sender, 1)
          return isFair
        }),
        (isHeld) => Effect.sync(() => isHeld && add(sender, -1))
      ),
    held: (sender) => Effect.sync(() => places.get(sender) ?? 0)
  }
}
