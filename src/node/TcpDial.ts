/**
 * Opens a TCP connection, plain or with TLS, and makes a link of it.
 *
 * @internal
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Net from "node:net"
import type { ConnectionOptions } from "node:tls"
import type { EndReason } from "../transport/Link.ts"
import * as Intake from "./Intake.ts"
import type { StreamLink } from "./StreamLink.ts"
import * as Streams from "./Streams.ts"
import * as TcpFault from "./TcpFault.ts"

export interface Options extends Streams.Options, TcpFault.Place {
  readonly address: string
  readonly tls: ConnectionOptions | undefined
}

/** Fails with a sentence, and with what the system said. */
export interface Fault {
  readonly detail: string
  readonly cause?: unknown
}

export const dial = (options: Options): Effect.Effect<StreamLink, Fault> => {
  const detail = TcpFault.ofPlace(options, 1)
  if (detail !== undefined) return Effect.fail({ detail })
  return options.tls === undefined ? dialPlain(options) : dialSecure(options, options.tls)
}

const dialPlain = (options: Options): Effect.Effect<StreamLink, Fault> =>
  Effect.suspend(() => {
    const { host, port } = options
    const intake = Intake.make()
    const connect = () => Net.connect({ host, port, allowHalfOpen: true, onread: intake.onread }).pause()
    return connected(connect, "connect").pipe(
      Effect.map((socket) => Streams.join(socket, socket, { ...options, intake, explain: explain(socket, plainHint) })),
      Effect.mapError((cause) => ({ detail: TcpFault.ofDialling(cause), cause }))
    )
  })

const dialSecure = (options: Options, tls: ConnectionOptions): Effect.Effect<StreamLink, Fault> =>
  Effect.flatMap(loadTls, (TlsClient) =>
    connected(() => TlsClient.connect(options, tls), "secureConnect").pipe(
      Effect.map((socket) => Streams.join(socket, socket, { ...options, explain: explain(socket, secureHint) })),
      Effect.mapError((cause) => ({ detail: TlsClient.fault(cause) ?? TcpFault.ofDialling(cause), cause }))
    )
  )

/** Who speaks no TLS needs none of it. */
const loadTls = Effect.promise(() => import("./TlsClient.ts"))

const connected = (
  connect: () => Net.Socket,
  event: "connect" | "secureConnect"
): Effect.Effect<Net.Socket, NodeJS.ErrnoException> =>
  Effect.callback<Net.Socket, NodeJS.ErrnoException>((resume) => {
    let socket: Net.Socket
    try {
      socket = connect()
    } catch (error) {
      return resume(Effect.fail(error as NodeJS.ErrnoException))
    }
    const onError = (error: NodeJS.ErrnoException) => {
      socket.destroy()
      resume(Effect.fail(error))
    }
    socket.once("error", onError)
    // It may fail again, also before it is a link.
    socket.on("error", () => {})
    socket.once(event, () => {
      socket.off("error", onError)
      socket.setNoDelay(true).setKeepAlive(true, 30_000)
      resume(Effect.succeed(socket))
    })
    return Effect.sync(() => socket.destroy())
  })

const plainHint = "before it said anything: it is stopping, or it speaks TLS; then set `tls`"
const secureHint = "before it said anything: it is stopping, or wants a certificate of this side: `tls: { key, cert }`"

/** What a TLS server says to who does not speak it, before it hangs up: an alert, or nothing. */
const alertBytes = 7

/** A server that takes a connection and then does not want it cannot say why. */
const explain =
  (socket: Net.Socket, hint: string) =>
  (reason: EndReason, report: (reason: EndReason) => void): void => {
    if (socket.bytesRead > alertBytes) return report(reason)
    if (reason._tag === "Ended") report({ _tag: "Ended", detail: hint })
    else if (reason._tag === "Broken") report({ ...reason, detail: `${reason.detail}, ${hint}` })
    else report(reason)
  }
