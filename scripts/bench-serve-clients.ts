import * as Net from "node:net"

/**
 * Clients that `bench-serve.ts` has in a process of their own: `bench-serve-clients.ts PORT COUNT PATH...` opens so many streams of events,
 * says "connected" when each has had its first event, and, when it is told anything, how many bytes came. They read and do no more: real
 * ones work on other machines.
 */

const [port, count, ...paths] = process.argv.slice(2)
const SNAPSHOT = "event: snapshot"
const buffer = Buffer.alloc(1_048_576)
let bytes = 0
let waiting = Number(count)

for (let n = 0; n < Number(count); n++) {
  let begun: string | undefined = ""
  const socket = Net.connect({
    host: "127.0.0.1",
    port: Number(port),
    onread: {
      buffer,
      callback: (read) => {
        bytes += read
        if (begun !== undefined) begun += buffer.toString("latin1", 0, read)
        if (begun?.includes(SNAPSHOT) === true) {
          begun = undefined
          if (--waiting === 0) process.send?.("connected")
        }
        return true
      }
    }
  })
  socket.on("error", () => {})
  socket.write(`GET ${paths[n % paths.length]} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`)
}

process.on("message", () => process.send?.(bytes))
// Nobody is left behind where the benchmark itself is killed.
process.on("disconnect", () => process.exit(0))
