import { Redacted } from "effect"
import { readFileSync, statSync } from "node:fs"
import * as Net from "node:net"
import type { ConnectionOptions } from "node:tls"
import { DatasourceError } from "./DatasourceError.ts"
import type { Endpoint, TlsSettings } from "./DatasourceUrl.ts"
import { isOpenToOthers } from "./FileMode.ts"

/** Permission bits that libpq forbids on a private key that root owns: its group may read it, as Debian's `ssl-cert` does. */
const FORBIDDEN_ON_ROOTS = 0o027

/** The driver's TLS options for libpq's parameters. Throws `DatasourceError` ("tls") if a file cannot be read, or others may read the private key. */
export const options = (tls: TlsSettings, { address, host }: Endpoint): ConnectionOptions => {
  const roots = tls.rootCert === null || tls.rootCert === "system" ? null : tls.rootCert
  const verifies =
    tls.mode === "verify-full" || tls.mode === "verify-ca" || (tls.mode === "require" && tls.rootCert !== null)
  return {
    ...(verifies ? {} : { rejectUnauthorized: false }),
    ...(verifies && tls.mode !== "verify-full" ? { checkServerIdentity: () => undefined } : {}),
    ...(verifies && roots !== null ? { ca: contents("sslrootcert", roots) } : {}),
    ...(verifies && tls.revoked !== null ? { crl: contents("sslcrl", tls.revoked) } : {}),
    ...(tls.cert === null ? {} : { cert: contents("sslcert", tls.cert) }),
    ...(tls.cert === null || tls.key === null ? {} : { key: privateKey(tls.key) }),
    ...(tls.keyPassword === null ? {} : { passphrase: Redacted.value(tls.keyPassword) }),
    ...(tls.minimum === null ? {} : { minVersion: tls.minimum }),
    ...(tls.maximum === null ? {} : { maxVersion: tls.maximum }),
    // The certificate is verified against the host, and not against `hostaddr`.
    ...(address === host ? {} : { host, ...(Net.isIP(host) === 0 ? { servername: host } : {}) })
  }
}

const problem = (message: string) => new DatasourceError({ reason: "tls", message, code: null })

const contents = (parameter: string, file: string): Buffer => {
  try {
    return readFileSync(file)
  } catch (error) {
    const why = error instanceof Error && "code" in error ? error.code : error
    const reason = why === "ENOENT" ? "it does not exist" : why === "EACCES" ? "permission denied" : String(why)
    throw problem(`${parameter}: the file ${file} cannot be read (${reason})`)
  }
}

const privateKey = (file: string): Buffer => {
  const key = contents("sslkey", file)
  const { mode, uid } = statSync(file)
  if (isOpenToOthers(mode, uid === 0 ? FORBIDDEN_ON_ROOTS : undefined)) {
    throw problem(`sslkey: the file ${file} may be read by others: chmod 600 ${file}`)
  }
  return key
}
