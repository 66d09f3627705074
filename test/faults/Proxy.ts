import { Deferred, Effect, Redacted, type Scope } from "effect"
import { type AddressInfo, createServer, connect, type Socket } from "node:net"

/**
 * What becomes of what comes in: it passes; it waits until the network is whole again; or it is lost, and with it the connection for
 * ever, though both ends believe in it.
 */
type Treatment = "pass" | "stall" | "blackhole"

/** What is done at the message that is waited for: it waits, the connection dies before it, or after it and before its answer. */
type Interception = "hold" | "cut before" | "cut after"

/** Connections by what they are for, as their application name says. */
type Which = "work" | "books" | "control" | "lock" | "listener" | "all"

/** A network between one process and PostgreSQL, in which everything can be made to fail. */
export interface Proxy {
  /** The database as it is reached through here. */
  readonly url: Redacted.Redacted
  /** The client ports of the sessions that go through here, as `pg_stat_activity` names them. */
  readonly ports: Effect.Effect<ReadonlyArray<number>>
  /** Connections stand still, sockets open, nothing lost, until `heal`; new ones are accepted and stand still, too. */
  readonly stall: (which: Which) => Effect.Effect<void>
  /** What is sent from now on is lost, sockets open; these connections are dead for good, also after `heal`. */
  readonly blackhole: (which: Which) => Effect.Effect<void>
  /** As `blackhole`, but new connections are good: a firewall has forgotten the old ones. */
  readonly forget: (which: Which) => Effect.Effect<void>
  /** Answers come this much later, in milliseconds. */
  readonly delay: (which: Which, millis: number) => Effect.Effect<void>
  /** Everything passes again, and what was stalled goes on. */
  readonly heal: Effect.Effect<void>
  /** Every connection is reset. */
  readonly cut: Effect.Effect<void>
  /** New connections go to this server from now on; those that there are stay where they are, as where an address changes. */
  readonly redirect: (database: Redacted.Redacted) => Effect.Effect<void>
  /** How often clients have said something so far: some twice per statement, and a few times per connection. */
  readonly said: Effect.Effect<number>
  /**
   * The next `on` that a client says after `after` (none: at any time), on the same connection, is intercepted; the inner effect waits
   * for that.
   */
  readonly intercept: (after: string, on: string, how: Interception) => Effect.Effect<Effect.Effect<void>>
}

interface Link {
  readonly client: Socket
  readonly server: Socket
  name: string
  dead: boolean
  held: boolean
  seen: boolean
  cutAtAnswer: boolean
  readonly waiting: Array<() => void>
}

/** A proxy in front of a database, gone with the scope. */
export const make = (database: Redacted.Redacted): Effect.Effect<Proxy, never, Scope.Scope> =>
  Effect.gen(function* () {
    let target = new URL(Redacted.value(database))
    let count = 0
    const links = new Set<Link>()
    const treatments = new Map<Which, Treatment>()
    let delay: { readonly which: Which; readonly millis: number } | undefined
    let interception:
      | {
          readonly after: string
          readonly on: string
          readonly how: Interception
          readonly met: Deferred.Deferred<void>
        }
      | undefined

    const is = (link: Link, which: Which) => which === "all" || link.name.endsWith(which)
    const treatmentOf = (link: Link): Treatment => {
      if (link.dead) return "blackhole"
      for (const [which, treatment] of treatments) if (treatment !== "pass" && is(link, which)) return treatment
      return link.held ? "stall" : "pass"
    }
    const destroy = (link: Link) => {
      links.delete(link)
      link.client.destroy()
      link.server.destroy()
    }

    /** Does it now, later or never. */
    const treat = (link: Link, act: () => void) => {
      const treatment = treatmentOf(link)
      if (treatment === "blackhole") link.dead = true
      else if (treatment === "stall" || link.waiting.length > 0) link.waiting.push(act)
      else act()
    }

    const said = (link: Link, chunk: Buffer) => {
      count++
      if (link.name === "") link.name = /application_name\0([^\0]*)\0/.exec(chunk.toString("latin1"))?.[1] ?? ""
      const wanted = interception
      if (wanted !== undefined && (link.seen || wanted.after === "") && chunk.includes(wanted.on)) {
        interception = undefined
        if (wanted.how === "hold") link.held = true
        if (wanted.how === "cut after") link.cutAtAnswer = true
        Deferred.unsafeDone(wanted.met, Effect.void)
        if (wanted.how === "cut before") return destroy(link)
      } else if (wanted !== undefined && chunk.includes(wanted.after)) link.seen = true
      treat(link, () => void link.server.write(chunk))
    }

    const answered = (link: Link, chunk: Buffer) => {
      if (link.cutAtAnswer) return destroy(link)
      const answer = () => treat(link, () => void link.client.write(chunk))
      if (delay !== undefined && is(link, delay.which)) setTimeout(answer, delay.millis)
      else answer()
    }

    const accept = (client: Socket) => {
      const server = connect({ host: target.hostname, port: Number(target.port), noDelay: true, allowHalfOpen: true })
      client.setNoDelay(true)
      const link: Link = {
        client,
        server,
        name: "",
        dead: false,
        held: false,
        seen: false,
        cutAtAnswer: false,
        waiting: []
      }
      links.add(link)
      client.on("data", (chunk) => said(link, chunk))
      server.on("data", (chunk) => answered(link, chunk))
      // Whoever is gone is not missed by the other where the news cannot pass; nor is he answered that he may go.
      for (const event of ["end", "close"]) {
        client.on(event, () => treat(link, () => destroy(link)))
        server.on(event, () => treat(link, () => destroy(link)))
      }
      client.on("error", () => {})
      server.on("error", () => {})
    }

    const listening = createServer({ allowHalfOpen: true }, accept)
    yield* Effect.acquireRelease(
      Effect.async<void>((resume) => {
        listening.listen(0, "127.0.0.1", () => resume(Effect.void))
      }),
      () =>
        Effect.sync(() => {
          for (const link of links) destroy(link)
          listening.close()
        })
    )
    const here = new URL(target)
    here.hostname = "127.0.0.1"
    here.port = String(portOf(listening.address()))

    const heal = Effect.sync(() => {
      treatments.clear()
      delay = undefined
      for (const link of links) {
        link.held = false
        for (const act of link.waiting.splice(0)) act()
      }
    })
    const set = (which: Which, treatment: Treatment) => Effect.sync(() => void treatments.set(which, treatment))
    const forget = (which: Which) =>
      Effect.sync(() => {
        for (const link of links) if (is(link, which)) link.dead = true
      })

    return {
      url: Redacted.make(here.href),
      redirect: (database) =>
        Effect.sync(() => {
          target = new URL(Redacted.value(database))
        }),
      said: Effect.sync(() => count),
      ports: Effect.sync(() =>
        [...links].flatMap(({ server }) => (server.localPort === undefined ? [] : [server.localPort]))
      ),
      stall: (which) => set(which, "stall"),
      blackhole: (which) => Effect.zipRight(forget(which), set(which, "blackhole")),
      forget,
      delay: (which, millis) => Effect.sync(() => void (delay = { which, millis })),
      heal,
      cut: Effect.sync(() => [...links].forEach(destroy)),
      intercept: (after, on, how) =>
        Effect.map(Deferred.make<void>(), (met) => {
          for (const link of links) link.seen = false
          interception = { after, on, how, met }
          return Deferred.await(met)
        })
    }
  })

/** The port of a server's address. */
export const portOf = (address: AddressInfo | string | null) =>
  typeof address === "object" && address !== null ? address.port : 0
