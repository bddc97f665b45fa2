/**
 * The listening side of TLS. Loaded when TLS is asked for.
 *
 * A connection counts for nothing before its handshake is done, and is dropped when that takes too long.
 *
 * @internal
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Net from "node:net"
import * as Tls from "node:tls"
import { serverOptions } from "./Acceptor.ts"

export interface Options {
  readonly backlog: number
  readonly tls: Tls.TlsOptions
}

/** Makes a server that is not bound yet. Fails with a sentence. Closing the scope drops who is in a handshake. */
export const make = (options: Options): Effect.Effect<Tls.Server, string, Scope.Scope> =>
  Effect.gen(function* () {
    const { tls } = options
    if (!hasIdentity(tls))
      return yield* Effect.fail("a TLS server needs `key` and `cert`, or `pfx`; give them in `tls`")
    const server = yield* Effect.try({
      try: () => Tls.createServer({ handshakeTimeout: 10_000, ...tls, ...serverOptions, pauseOnConnect: false }),
      catch: (error) => `\`tls\` was not taken (${(error as Error).message}); check its key, certificate and options`
    })
    const log = Effect.runForkWith(yield* Effect.context())
    server.on("tlsClientError", (error: NodeJS.ErrnoException, socket) => {
      // Node leaves one open whose time was up.
      socket.destroy()
      const address = server.address() as Net.AddressInfo | null
      if (address === null) return
      log(Effect.logWarning(`a TLS handshake on port ${address.port} failed (${error.code ?? error.message})`))
    })
    const shaking = new Map<string, Net.Socket>()
    server.on("connection", (socket) => {
      if (shaking.size >= options.backlog) return socket.destroy()
      const name = nameOf(socket)
      shaking.set(name, socket)
      socket.once("close", () => shaking.delete(name))
    })
    // It is another object by then, of the same connection.
    server.on("secureConnection", (socket) => void shaking.delete(nameOf(socket)))
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        for (const socket of shaking.values()) socket.destroy()
      })
    )
    return server
  })

const nameOf = (socket: Net.Socket): string => `${socket.remoteAddress} ${socket.remotePort}`

const hasIdentity = (tls: Tls.TlsOptions): boolean =>
  (tls.key !== undefined && tls.cert !== undefined) ||
  [tls.pfx, tls.SNICallback, tls.pskCallback, tls.secureContext].some((given) => given !== undefined)
