/**
 * Links over sockets of Effect (`effect/socket/Socket`): WebSockets above all.
 *
 * Every read and write goes through fibers, and every chunk is copied, so where both are possible `Tcp`, `UnixSocket` and
 * `DuplexLink` are faster. A socket that cannot say when its writes have left, as a WebSocket, is given all that is
 * offered at once: what a peer that reads too slowly has not taken is then held in memory by the socket. Streams and
 * events are bounded all the same, by their credit.
 *
 * @example
 * ```ts
 * import { NodeSocket } from "@effect/platform-node"
 * import { Console, Effect, Layer } from "effect"
 * import { RpcClient } from "effect-ipc"
 * import { SocketLink } from "effect-ipc/node"
 * import { Calculator } from "./protocol.ts"
 *
 * const overWebSocket = SocketLink.layer().pipe(Layer.provide(NodeSocket.layerWebSocket("ws://127.0.0.1:8080")))
 *
 * export const program = Effect.gen(function* () {
 *   const calculator = yield* RpcClient.make(Calculator)
 *   yield* Console.log(yield* calculator.Divide({ dividend: 1, divisor: 8 }))
 * }).pipe(Effect.scoped, Effect.provide(overWebSocket))
 * ```
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import { SocketServer } from "effect/socket/SocketServer"
import type { Link } from "../transport/Link.ts"
import { Listener, Transport } from "../transport/Transport.ts"
import { TransportError } from "../transport/TransportError.ts"
import type { Wire } from "../wire/Wire.ts"
import * as NodeWire from "./NodeWire.ts"
import * as RealTime from "./RealTime.ts"
import { SocketPump } from "./SocketPump.ts"
import * as SocketReason from "./SocketReason.ts"
import * as Streams from "./Streams.ts"
import * as Whole from "./Whole.ts"

/**
 * What every link over a socket can be told.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends Streams.Options {
  /** What a person would call the other end. Default: `socket`, and of a server the address where it listens. */
  readonly address?: string | undefined
}

/**
 * What a transport over a socket can be told.
 *
 * @category models
 * @since 0.1.0
 */
export interface LayerOptions extends Options {
  /** What the other end speaks. Default: the native wire, without checksums, with a heartbeat of 30 seconds. */
  readonly wire?: Wire | undefined
}

/**
 * Opens a link over a socket: this dials where the socket does.
 *
 * Fails with a `TransportError` of stage `"open"` when the socket does not open, or not within `openTimeout` (10 seconds
 * by default). A close with code 1000, 1001 or none ends the link with `Ended`, another one with `Broken`, whose detail
 * tells the code. Closing the scope hands over what was offered, then closes the socket.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromSocket = (
  socket: Socket.Socket,
  options: Options & { readonly openTimeout?: Duration.Input | undefined } = {}
): Effect.Effect<Link, TransportError, Scope.Scope> => {
  const { address = "socket", openTimeout = "10 seconds" } = options
  const fail = (detail: string, cause?: unknown) => new TransportError({ stage: "open", address, detail, cause })
  const connected = Effect.suspend(() => socket.reader).pipe(
    Effect.mapError((error) => fail(SocketReason.ofOpening(error), error)),
    // A WebSocket throws at an address that is none.
    Effect.catchDefect((thrown) =>
      Effect.fail(fail(`it cannot be made (${String(thrown)}); check the address`, thrown))
    )
  )
  const waited = Duration.format(Duration.fromInputUnsafe(openTimeout))
  const late = Effect.fail(fail(`it did not open within ${waited}; check the address`))
  return Whole.wholly(
    Effect.gen(function* () {
      const reader = yield* RealTime.within(connected, openTimeout, late)
      const writer = yield* socket.writer
      const pump = new SocketPump(address, Streams.highBytes(options))
      yield* Effect.forkScoped(pump.read(reader))
      yield* Effect.forkScoped(pump.write(writer))
      yield* Effect.addFinalizer(() => pump.close(Streams.flushMillis(options)))
      return pump
    })
  )
}

/**
 * Opens links over the `Socket` in the context, one at a time: each dials where the socket does.
 *
 * `open` fails and closes as `fromSocket` does.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options: LayerOptions & {
    /** How long the socket may take to open, in real time. Default: 10 seconds. */
    readonly openTimeout?: Duration.Input | undefined
  } = {}
): Layer.Layer<Transport, never, Socket.Socket> =>
  Layer.effect(
    Transport,
    Effect.map(Socket.Socket, (socket) => ({
      address: options.address ?? "socket",
      wire: options.wire ?? NodeWire.distantWire(),
      open: fromSocket(socket, options)
    }))
  )

/**
 * Accepts links from the `SocketServer` in the context, such as one of WebSockets.
 *
 * A connection that is gone before it is accepted is skipped. Closing the layer's scope takes no more and drops those
 * that nobody accepted; accepted links live on for as long as the server lets them.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerListener = (
  options: LayerOptions & {
    /** Connections that may wait to be accepted; further ones are dropped. Default: 511. */
    readonly backlog?: number | undefined
  } = {}
): Layer.Layer<Listener, never, SocketServer> =>
  Layer.effect(
    Listener,
    Effect.gen(function* () {
      const { backlog = 511, wire } = options
      const server = yield* SocketServer
      const address = options.address ?? `socket:${server.address}`
      const { make } = yield* Effect.promise(() => import("./SocketAcceptor.ts"))
      const open = (socket: Socket.Socket) => fromSocket(socket, { ...options, address })
      const accept = yield* make({ server, address, backlog, open })
      return { address, wire: wire ?? NodeWire.distantWire(), accept }
    })
  )
