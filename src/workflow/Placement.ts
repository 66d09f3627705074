import { Context, Duration, Layer } from "effect"

/**
 * Number of buckets that workflows fall into: so many that of 4,096 ÷ n buckets for each of n servers, chance gives none much more than
 * its part (8 servers: 512 ± 21), and so few that they are a small parameter of a statement (a bit each).
 */
export const BUCKETS = 4_096

/** The bucket of a workflow: the last three hexadecimal digits of its id, which are random in every version of UUID that is used for ids. */
export const bucketOf = (workflowId: string): number => Number.parseInt(workflowId.slice(-3), 16)

/**
 * How long a workflow is left to the server that it is placed on, from when it may be claimed: 2 s, four polls of the default interval, and
 * about as long as it takes to notice that a server has died. After that any server claims it.
 */
export const RESERVED_FOR = Duration.seconds(2)

/** What `Placement` can do. */
export interface PlacementService {
  /**
   * Which of the buckets (`Placement.bucketOf`) are those of server `serverId`, among `servers`: all living servers that can run the
   * workflows in question, with this one.
   */
  readonly isMine: (serverId: string, servers: ReadonlyArray<string>) => (bucket: number) => boolean
}

/** A 32-bit number from a text: FNV-1a. */
const hash = (text: string) => {
  let value = 0x811c9dc5
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193)
  return value
}

/** A 32-bit number each of whose bits depends on every bit of `value`: the end of MurmurHash3. */
const mix = (value: number) => {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/**
 * Rendezvous hashing: each server has a score for each bucket, and the highest one has it. All servers compute the same without a word
 * to each other; one that comes or goes moves the buckets that are its own, and no other.
 */
const rendezvous: PlacementService = {
  isMine: (serverId, servers) => {
    const seeds = [...new Set([serverId, ...servers])].sort().map((id) => ({ isSelf: id === serverId, seed: hash(id) }))
    return (bucket) => {
      let highest = -1
      let isMine = false
      for (const { isSelf, seed } of seeds) {
        const score = mix(seed ^ mix(bucket + 1))
        // The first of equals, which are in the order of their ids.
        if (score <= highest) continue
        highest = score
        isMine = isSelf
      }
      return isMine
    }
  }
}

/**
 * Which server should claim which workflow: a hint, so that servers do not reach for the same ones, and a project's workflows do not all
 * go to whoever polls first. The lease and the epoch are the authority. A wrong hint costs `RESERVED_FOR`, after which any
 * server claims the workflow.
 *
 * Default: rendezvous hashing over the living servers. Another one is provided to the layer of `WorkflowInfra`.
 *
 * @example
 * ```ts
 * const ours = WorkflowInfra.layer().pipe(Layer.provide(Placement.layerRendezvous))
 * ```
 */
export class Placement extends Context.Reference<Placement>()("workflow-infra/workflow/Placement", {
  defaultValue: (): PlacementService => rendezvous
}) {
  /** By rendezvous hashing over the living servers, which claims know anyway: without a port, and without a statement of its own. */
  static readonly layerRendezvous = Layer.succeed(Placement, rendezvous)
}
