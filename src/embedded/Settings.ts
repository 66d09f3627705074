import { Redacted } from "effect"
import type { Cluster } from "./Cluster.ts"

/** The superuser of every cluster made here, and the database that is there from the start. */
export const SUPERUSER = "postgres"
export const DATABASE = "postgres"

/** The only address that the server listens on. */
export const HOST = "127.0.0.1"

/** Every session of ours, with room for somebody who looks. */
const MAX_CONNECTIONS = 200

/** Enough for the tables of an ordinary application; the operating system's cache does the rest. */
const SHARED_BUFFERS = "128MB"

/** A setting that PostgreSQL only carries: it puts the owner, as pid/start time, on the server's command line. */
export const OWNER_SETTING = "workflow_infra.owner"

/**
 * The server's settings, as options of its command line, which come before every file's and ALTER SYSTEM's. A COMMIT does
 * not wait for the disk (`synchronous_commit` off): a crash of the machine or of the server may cost what was committed in
 * the half second before it (three times `wal_writer_delay`, 200 ms), always the newest, never a part of a transaction and
 * never the data's consistency, for which `fsync` and `full_page_writes` stay on. A stop in order loses nothing. A
 * transaction that must be on disk says so: SET LOCAL synchronous_commit = on.
 */
export const settings = (port: number, owner: string): ReadonlyArray<string> =>
  Object.entries({
    port,
    listen_addresses: HOST,
    unix_socket_directories: "",
    max_connections: MAX_CONNECTIONS,
    shared_buffers: SHARED_BUFFERS,
    synchronous_commit: "off",
    wal_writer_delay: "200ms",
    fsync: "on",
    full_page_writes: "on",
    // Room in memory for PostgreSQL's statistics, which are otherwise in a mapped file that the kernel keeps writing to disk.
    min_dynamic_shared_memory: "16MB",
    // Not in /dev/shm, which is small in containers and is emptied under users who log out.
    ...(process.platform === "win32" ? {} : { dynamic_shared_memory_type: "mmap" }),
    lc_messages: "C",
    log_timezone: "UTC",
    timezone: "UTC",
    logging_collector: "off",
    log_destination: "stderr",
    log_line_prefix: "%m [%p] ",
    [OWNER_SETTING]: owner
  }).flatMap(([name, value]) => ["-c", `${name}=${value}`])

/**
 * What a session asks for at its start. Drivers take what a URL leaves open from the user's environment (PGOPTIONS,
 * PGSSLMODE and the like): these are said, so that nothing of a person's shell counts here.
 */
const SESSION = { sslmode: "disable", client_encoding: "UTF8", options: "-c client_min_messages=warning" }

/** The superuser's URL for the server on `port`. */
export const urlOf = (cluster: Cluster, port: number): Redacted.Redacted => {
  const parameters = Object.entries(SESSION).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  const login = `${SUPERUSER}:${Redacted.value(cluster.password)}`
  return Redacted.make(`postgres://${login}@${HOST}:${port}/${DATABASE}?${parameters.join("&")}`)
}
