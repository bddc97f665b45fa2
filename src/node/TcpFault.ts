/**
 * What can be wrong with a TCP address, or with dialling or binding one, in sentences that say what to do.
 *
 * @internal
 * @since 0.1.0
 */

export interface Place {
  readonly host: string
  readonly port: number
}

/** The system is asked for an address only if it can be one: it would read an empty host as all of them. */
export const ofPlace = ({ host, port }: Place, lowestPort: 0 | 1): string | undefined => {
  if (!Number.isInteger(port) || port < lowestPort || port > 65535) {
    return `${port} is no port; give an integer from ${lowestPort} to 65535`
  }
  if (host.length === 0) return "the host is empty; leave it out to stay on this machine (127.0.0.1)"
  // Node throws at one, and forgets the socket that it has made.
  return host.includes("\0") ? "the host has a NUL byte; give a name or an IP address" : undefined
}

export const ofDialling = (error: NodeJS.ErrnoException): string => {
  switch (error.code) {
    case "ECONNREFUSED":
      return "no one listens there; start the server, or check host and port"
    case "ECONNRESET":
      return "the server closed the connection at once; it may be stopping or overloaded, try again"
    case "ETIMEDOUT":
      return "the host does not answer; check the address, and the firewalls on the way"
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return "no way leads to this host; check the address and this machine's network"
    case "EACCES":
    case "EPERM":
      return "the system does not allow this connection; check the address, and the rules of its firewall"
    default:
      return ofName(error) ?? `the system says ${error.code ?? error.message}`
  }
}

export const ofBinding = (error: NodeJS.ErrnoException): string => {
  switch (error.code) {
    case "EADDRINUSE":
      return "someone already listens on this port; stop that program or choose another port (0 takes a free one)"
    case "EACCES":
    case "EPERM":
      return "this user may not listen on this port; choose one from 1024 on, or 0 for a free one"
    case "EADDRNOTAVAIL":
      return "this machine has no such address; listen on one of its own, e.g. 127.0.0.1"
    case "EAFNOSUPPORT":
      return "this machine does not speak this kind of address (IPv4 or IPv6); listen on the other"
    default:
      return ofName(error) ?? `the system says ${error.code ?? error.message}`
  }
}

const ofName = (error: NodeJS.ErrnoException): string | undefined => {
  switch (error.code) {
    case "ENOTFOUND":
      return "no host has this name; check it"
    case "EAI_AGAIN":
      return "the host's name could not be looked up; check it and this machine's network, then try again"
    default:
      return undefined
  }
}
