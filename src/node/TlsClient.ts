/**
 * The dialling side of TLS, and what its errors mean. Loaded when TLS is asked for.
 *
 * @internal
 * @since 0.1.0
 */
import * as Tls from "node:tls"
import type { Place } from "./TcpFault.ts"

export const connect = ({ host, port }: Place, tls: Tls.ConnectionOptions): Tls.TLSSocket => {
  const options = { ...tls, host, port, path: undefined, socket: undefined, allowHalfOpen: true }
  return Tls.connect(options as Tls.ConnectionOptions)
}

/** Says what is wrong between the two ends' TLS; undefined if it is not TLS. */
export const fault = (error: NodeJS.ErrnoException & { readonly reason?: string }): string | undefined => {
  switch (error.code) {
    case "ERR_SSL_WRONG_VERSION_NUMBER":
    case "ERR_SSL_PACKET_LENGTH_TOO_LONG":
      return "the server does not speak TLS; leave `tls` out here, or set it there"
    case "ECONNRESET":
      return "the server hung up during the TLS handshake; check that it speaks TLS, and with these versions and ciphers"
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
      return `the server's certificate is not trusted (${error.code}); give the one that signed it as \`tls: { ca }\``
    case "CERT_HAS_EXPIRED":
    case "CERT_NOT_YET_VALID":
      return `the server's certificate is out of date (${error.code}); renew it, and check this machine's clock`
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return `the server's certificate is for another host (${error.message}); dial it by a name of its own, or set \`tls: { servername }\``
    default:
      // The system names what it was doing, or for several addresses wraps what each of them said.
      return error.syscall !== undefined || error instanceof AggregateError
        ? undefined
        : `TLS failed (${error.reason ?? error.message}); check the TLS options of both sides`
  }
}
