import { mkdirSync, readdirSync, readFileSync, writeFileSync, existsSync } from "node:fs"
import { execFileSync } from "node:child_process"
import { atOnce } from "../src/steps/Steps.ts"
import { inference } from "../src/relationships/inference/Inference.ts"
import { pairId } from "../src/relationships/Candidate.ts"

import * as Datasource from "../src/datasource/Datasource.ts"
import { Effect, Redacted } from "effect"
import { NodeContext } from "@effect/platform-node"

// node --import tsx scripts/zz-rules.ts OUT VARIANT [--misses] [names...]
const [, , out = "/tmp/rules/out", variant = "nofk", ...rest] = process.argv
const misses = rest.includes("--misses")
const only = rest.filter((x) => !x.startsWith("--"))
mkdirSync(out, { recursive: true })
mkdirSync("/tmp/rules/cache", { recursive: true })
const CAP = "/tmp/schema-ref/capture"
const scored: string[] = []
const columnOf = (s: any) => ({ schema: s.schema, table: s.table, column: s.columns[0] })
const main = Effect.gen(function* () {
  for (const file of readdirSync(CAP).sort()) {
    const [name = "", v] = file.split(".")
    if (v !== variant || (only.length > 0 && !only.includes(name))) continue
    const c = JSON.parse(readFileSync(`${CAP}/${file}`, "utf8"))
    const foundKeys = new Map<string, ReadonlyArray<string>>(c.foundKeys)
    const cacheFile = `/tmp/rules/cache/${file}`
    const cache: any = existsSync(cacheFile) ? JSON.parse(readFileSync(cacheFile, "utf8")) : { probes: {}, joins: {} }
    for (const x of c.candidates) {
      const id = pairId(x)
      if (x.probe !== null) cache.probes[id] ??= x.probe
      if (x.inclusion !== null) cache.joins[id] ??= x.inclusion
    }
    const inf = atOnce(inference({ catalog: c.catalog, profiles: c.profiles, foundKeys }))
    let missProbe = 0,
      missJoin = 0
    const url = Redacted.make(`postgres://postgres@127.0.0.1:55434/${name}_${variant}`)
    let ds: any
    const open = Effect.suspend(() =>
      ds !== undefined
        ? Effect.succeed(ds)
        : Effect.map((Datasource as any).make({ url, selection: {}, connections: 2 } as any), (d) => (ds = d))
    )
    const kept: any[] = []
    for (const { pairs } of inf.probes) {
      const need = pairs.filter((p: any) => cache.probes[pairId(p)] === undefined)
      if (need.length > 0) {
        missProbe += need.length
        const d: any = yield* open
        const counts: any = yield* d.probes(need.map(({ to, values }: any) => ({ values, to: columnOf(to) })))
        need.forEach(
          (p: any, i: number) => (cache.probes[pairId(p)] = { tried: p.values.length, found: counts[i] ?? 0 })
        )
      }
      for (const p of pairs as any[]) {
        const probe = cache.probes[pairId(p)]
        if (inf.keeps({ from: p.from, to: p.to }, probe)) kept.push({ from: p.from, to: p.to, probe, inclusion: null })
      }
    }
    const probeOf = new Map(kept.map((k) => [pairId(k), k.probe]))
    const tests = atOnce(inf.joins(kept))
    const all = new Map<string, any>(kept.map((k) => [pairId(k), k]))
    for (const { pairs } of tests as any) {
      const need = pairs.filter((p: any) => cache.joins[pairId(p)] === undefined)
      if (need.length > 0) {
        missJoin += need.length
        const d: any = yield* open
        const got: any = yield* Effect.orElseSucceed(
          d.inclusions(need.map((p: any) => ({ ...p, ...inf.sizes(p) }))),
          () => []
        )
        need.forEach((p: any, i: number) => (cache.joins[pairId(p)] = got[i] ?? null))
      }
      for (const p of pairs)
        all.set(pairId(p), { ...p, probe: probeOf.get(pairId(p)) ?? null, inclusion: cache.joins[pairId(p)] ?? null })
    }
    const relationships = atOnce(inf.conclude([...all.values()]))
    writeFileSync(cacheFile, JSON.stringify(cache))
    writeFileSync(`${out}/${name}.json`, JSON.stringify({ entities: c.entities ?? [], relationships }, null, 1))
    scored.push(`/work/shared/datasets/${name}=${out}/${name}.json`)
    if (missProbe + missJoin > 0) console.error(name, "new probes", missProbe, "joins", missJoin)
  }
  const text = execFileSync("node", ["/work/shared/datasets/score.mjs", ...(misses ? ["--misses"] : []), ...scored], {
    encoding: "utf8"
  })
  console.log(text)
})
Effect.runPromise(Effect.scoped(Effect.provide(main as any, NodeContext.layer) as any) as any).catch((e) => {
  console.error(e)
  process.exit(1)
})
