/**
 * Links over TCP: for programs of one machine where Unix sockets do not reach, as in containers, and for two machines
 * that trust each other.
 *
 * Every user of a machine may dial its loopback ports. Who must not is kept out by a `secret` or by TLS with client
 * certificates (`tls: { requestCert: true, ca }`). A secret is proved, not sent: without TLS, clients and servers with a
 * secret fail with `Unsayable` over a `wire` that has no `proof`.
 *
 * @example
 * ```ts
 * import { Console, Effect, Layer } from "effect"
 * import { RpcClient, RpcServer } from "effect-ipc"
 * import { Tcp } from "effect-ipc/node"
 * import { Calculator, handlers } from "./protocol.ts"
 *
 * const server = RpcServer.layer(Calculator).pipe(
 *   Layer.provide(handlers),
 *   Layer.provideMerge(Tcp.layerListener({ port: 0 }))
 * )
 *
 * export const program = Effect.gen(function* () {
 *   const { port } = yield* Tcp.Bound
 *   const calculator = yield* Effect.provide(RpcClient.make(Calculator), Tcp.layer({ port }))
 *   yield* Console.log(yield* calculator.Divide({ dividend: 1, divisor: 8 }))
 * }).pipe(Effect.scoped, Effect.provide(server))
 * ```
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { AddressInfo, ServerOpts, Socket } from "node:net"
import type { ConnectionOptions, TlsOptions } from "node:tls"
import type { Link } from "../transport/Link.ts"
import { Listener, Transport } from "../transport/Transport.ts"
import { TransportError } from "../transport/TransportError.ts"
import type { Wire } from "../wire/Wire.ts"
import * as NodeWire from "./NodeWire.ts"
import * as RealTime from "./RealTime.ts"
import * as Streams from "./Streams.ts"
import * as TcpDial from "./TcpDial.ts"
import * as TcpFault from "./TcpFault.ts"

/**
 * Where a listener listens, with the port that the system chose where it was asked for port 0.
 *
 * @category services
 * @since 0.1.0
 */
export class Bound extends Context.Service<Bound, { readonly host: string; readonly port: number }>()(
  "effect-ipc/Tcp/Bound"
) {}

/**
 * What of Node's TLS options a client may set.
 *
 * @category models
 * @since 0.1.0
 */
export type ClientTls = Omit<ConnectionOptions, "host" | "port" | "path" | "socket" | "lookup" | "timeout">

/**
 * What of Node's TLS options a server may set.
 *
 * @category models
 * @since 0.1.0
 */
export type ServerTls = Omit<TlsOptions, keyof ServerOpts>

/**
 * Dials a host and port each time a link is opened.
 *
 * `open` fails with a `TransportError` of stage `"open"` when host or port cannot be one, when no one answers there
 * within `openTimeout`, and when the TLS of the two sides does not fit or the server's certificate is not trusted. A
 * client without `tls` that dials a server with it finds out when it is open: the link ends, and says so. Closing a link
 * flushes it, then ends the connection.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options: Streams.Options & {
    readonly port: number
    /** A name or an IP address, also of version 6. Default: `127.0.0.1`. */
    readonly host?: string | undefined
    /** Speaks TLS with these options of Node's `tls.connect`; `{}` trusts what Node trusts. Default: no TLS. */
    readonly tls?: ClientTls | undefined
    /** What the server speaks. Default: the native wire, without checksums, with a heartbeat of 30 seconds. */
    readonly wire?: Wire | undefined
    /** How long looking up, connecting and the TLS handshake may take together, in real time. Default: 10 seconds. */
    readonly openTimeout?: Duration.Input | undefined
  }
): Layer.Layer<Transport> => {
  const { host = loopback, openTimeout = "10 seconds", port, tls, wire } = options
  const address = addressOf({ host, port }, tls !== undefined)
  const late: TcpDial.Fault = { detail: slow(openTimeout, tls !== undefined) }
  const connected = RealTime.within(
    TcpDial.dial({ ...options, address, host, tls }),
    openTimeout,
    Effect.fail(late)
  ).pipe(Effect.mapError(({ cause, detail }) => new TransportError({ stage: "open", address, detail, cause })))
  const open: Effect.Effect<Link, TransportError, Scope.Scope> = Effect.acquireRelease(
    connected,
    (link) => Streams.close(link, options),
    { interruptible: true }
  )
  return Layer.sync(Transport, () => ({
    address,
    wire: wire ?? NodeWire.distantWire(),
    overheard: tls === undefined,
    open
  }))
}

/**
 * Listens on a port.
 *
 * Building the layer fails with a `TransportError` of stage `"listen"` when the port is taken, not allowed, or none at
 * all, when this machine does not have the host's address, and when `tls` was not taken. A TLS handshake that fails is
 * logged as a warning, and the listener goes on. Closing the layer's scope stops listening; accepted links live on.
 *
 * A host beyond loopback, as `0.0.0.0`, lets everyone who can reach the machine dial. Without `tls` all that is said,
 * can be read and changed on the way; without a `secret` or client certificates, everyone may call.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerListener = (
  options: Streams.Options & {
    /** 0 takes a free one, which `Bound` and the listener's `address` tell. */
    readonly port: number
    /** The address to listen on: `::1` for loopback of IP version 6, `0.0.0.0` or `::` for all. Default: `127.0.0.1`. */
    readonly host?: string | undefined
    /**
     * Speaks TLS with these options of Node's `tls.createServer`; `key` and `cert` are needed. A handshake may take 10
     * seconds, or `handshakeTimeout` milliseconds. Default: no TLS.
     */
    readonly tls?: ServerTls | undefined
    /** What clients speak. Default: the native wire, without checksums, with a heartbeat of 30 seconds. */
    readonly wire?: Wire | undefined
    /** Connections that may wait to be accepted; further ones are dropped. Default: 511. */
    readonly backlog?: number | undefined
  }
): Layer.Layer<Listener | Bound, TransportError> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const { backlog = 511, host = loopback, port, tls, wire } = options
      const asked = addressOf({ host, port }, tls !== undefined)
      const fail = (detail: string, cause?: unknown) =>
        new TransportError({ stage: "listen", address: asked, detail, cause })
      const fault = TcpFault.ofPlace({ host, port }, 0)
      if (fault !== undefined) return yield* fail(fault)
      const Acceptor = yield* Effect.promise(() => import("./Acceptor.ts"))
      const secure =
        tls === undefined
          ? undefined
          : yield* Effect.flatMap(loadTls, ({ make }) => make({ backlog, tls })).pipe(
              Effect.mapError((detail) => fail(detail))
            )
      const nameOf = (socket: Socket) =>
        addressOf({ host: socket.remoteAddress ?? "unknown", port: socket.remotePort ?? 0 }, tls !== undefined)
      const { accept, server } = yield* Acceptor.make({ ...options, address: asked, backlog, nameOf, secure })
      yield* Effect.mapError(Acceptor.listen(server, { host, port, backlog }), (error) =>
        fail(TcpFault.ofBinding(error), error)
      )
      const { address, port: boundPort } = server.address() as AddressInfo
      const bound = { host: address, port: boundPort }
      return Context.make(Bound, bound).pipe(
        Context.add(Listener, {
          address: addressOf(bound, tls !== undefined),
          wire: wire ?? NodeWire.distantWire(),
          overheard: tls === undefined,
          accept
        })
      )
    })
  )

/** Who speaks no TLS needs none of it. */
const loadTls = Effect.promise(() => import("./TlsServer.ts"))

const loopback = "127.0.0.1"

const addressOf = ({ host, port }: TcpFault.Place, secure: boolean): string =>
  `${secure ? "tls" : "tcp"}:${host.includes(":") ? `[${host}]` : host}:${port}`

const slow = (openTimeout: Duration.Input, secure: boolean): string => {
  const waited = Duration.format(Duration.fromInputUnsafe(openTimeout))
  return secure
    ? `the server did not take the connection and finish the TLS handshake within ${waited}; check the address, and that it speaks TLS`
    : `the server did not take the connection within ${waited}; check the address, and the firewalls on the way`
}
