import { Clock, Effect } from "effect"

/** Seconds' worth of requests that may come at once, after a pause. */
const BURST = 5

/** How many senders are remembered. Those whose bucket is full need not be. */
const MOST = 10_000

interface Bucket {
  /** Requests that may come at once. */
  left: number
  /** Milliseconds since 1970. */
  at: number
}

/**
 * Token buckets in memory, one for each sender, with so many requests a second in the long run: `take` says whether a sender may go on, and takes what the request costs. Where more senders
 * than 10,000 are under way, the one that was seen first is forgotten.
 */
export const make = (perSecond: number) => {
  const burst = BURST * perSecond
  const buckets = new Map<string, Bucket>()
  const refilled = ({ at, left }: Bucket, now: number) => Math.min(burst, left + ((now - at) / 1000) * perSecond)
  return {
    take: (sender: string, cost = 1): Effect.Effect<boolean> =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const bucket = buckets.get(sender) ?? { left: burst, at: now }
        const left = refilled(bucket, now)
        buckets.delete(sender)
        buckets.set(sender, { left: Math.max(0, left - cost), at: now })
        if (buckets.size > MOST) {
          const [oldest] = buckets.keys()
          if (oldest !== undefined) buckets.delete(oldest)
        }
        return left >= cost
      })
  }
}
