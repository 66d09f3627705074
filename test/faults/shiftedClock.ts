/** Imported before a program: its wall clock is off by `CLOCK_OFFSET` milliseconds. */
const offset = Number(process.env["CLOCK_OFFSET"])

const RealDate = Date
const now = RealDate.now.bind(RealDate)

globalThis.Date = new Proxy(RealDate, {
  construct: (target, given, newTarget) =>
    Reflect.construct(target, given.length === 0 ? [now() + offset] : given, newTarget),
  apply: () => new RealDate(now() + offset).toString(),
  get: (target, key) => (key === "now" ? () => now() + offset : Reflect.get(target, key))
})
