/**
 * Links over Unix sockets: the way for programs of one machine to find each other by a path.
 *
 * Who may dial is a matter of file permissions: the socket has mode 0600, and its directory is one that only its owner
 * writes to. The file appears once the server listens, and goes when it closes.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Fs from "node:fs"
import * as Net from "node:net"
import type { Link } from "../transport/Link.ts"
import { Listener, Transport } from "../transport/Transport.ts"
import { TransportError } from "../transport/TransportError.ts"
import type { Wire } from "../wire/Wire.ts"
import * as Intake from "./Intake.ts"
import * as NodeWire from "./NodeWire.ts"
import * as SocketPath from "./SocketPath.ts"
import type { StreamLink } from "./StreamLink.ts"
import * as Streams from "./Streams.ts"

/**
 * Dials the Unix socket at `path` each time a link is opened.
 *
 * `open` fails with a `TransportError` of stage `"open"` when the path is too long (107 bytes on Linux, 103 elsewhere),
 * when no one listens there, or when this user may not dial it. Closing a link flushes it, then ends the socket.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options: Streams.Options & {
    readonly path: string
    /** What the server speaks. Default: the native wire, without checksums. */
    readonly wire?: Wire | undefined
    /** How long to wait for the server to take the connection. Default: for ever. */
    readonly openTimeout?: Duration.Input | undefined
  }
): Layer.Layer<Transport> => {
  const address = `unix:${options.path}`
  const wait = options.openTimeout
  const connected =
    wait === undefined
      ? dial(options, address)
      : Effect.timeoutOrElse(dial(options, address), {
          duration: wait,
          orElse: () =>
            Effect.fail(
              openError(
                address,
                `the server did not take the connection within ${Duration.format(Duration.fromInputUnsafe(wait))}; is it stuck?`
              )
            )
        })
  const open: Effect.Effect<Link, TransportError, Scope.Scope> = Effect.acquireRelease(
    connected,
    (link) => Streams.close(link, options),
    { interruptible: true }
  )
  return Layer.sync(Transport, () => ({ address, wire: options.wire ?? NodeWire.privateWire(), open }))
}

/**
 * Listens on a Unix socket at `path`.
 *
 * The directory is created with mode 0700 if only it is missing. A socket that a crashed server left is replaced, under
 * a lock file next to it. Building the layer fails with a `TransportError` of stage `"listen"` when someone already
 * listens there, when a file that is no socket is in the way, when others than the owner may write to the directory
 * (one with the sticky bit, as `/tmp`, is taken), or when the path is too long: a listener needs room for
 * the directory and ten bytes. Closing the layer's scope stops listening and removes the socket; accepted links live on.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerListener = (
  options: Streams.Options & {
    readonly path: string
    /** What clients speak. Default: the native wire, without checksums. */
    readonly wire?: Wire | undefined
    /** Who may dial, as file permissions. Default: 0o600, this user only. */
    readonly mode?: number | undefined
    /** Connections that may wait to be accepted; further ones are dropped. Default: 511. */
    readonly backlog?: number | undefined
    /** Listens even where others could put a socket of theirs in the place of this one. Default: false. */
    readonly allowSharedDirectory?: boolean | undefined
  }
): Layer.Layer<Listener, TransportError> =>
  Layer.effect(
    Listener,
    Effect.gen(function* () {
      const address = `unix:${options.path}`
      const backlog = options.backlog ?? 511
      const { Acceptor, SocketFile } = yield* loadListening
      const { accept, server } = yield* Acceptor.make({ ...options, address, backlog })
      const { allowSharedDirectory = false, mode = 0o600, path } = options
      yield* Effect.acquireRelease(SocketFile.bind(server, { path, mode, backlog, allowSharedDirectory }), (remove) =>
        Effect.sync(remove)
      )
      return { address, wire: options.wire ?? NodeWire.privateWire(), accept }
    })
  )

/** Who only dials needs none of it. */
const loadListening = Effect.promise(async () => ({
  Acceptor: await import("./Acceptor.ts"),
  SocketFile: await import("./SocketFile.ts")
}))

const dial = (options: Streams.Options & { readonly path: string }, address: string) =>
  Effect.callback<StreamLink, TransportError>((resume) => {
    const fault = SocketPath.fault(options.path)
    if (fault !== undefined) return resume(Effect.fail(openError(address, fault)))
    const intake = Intake.make()
    const socket = Net.connect({ path: options.path, allowHalfOpen: true, onread: intake.onread })
    socket.pause()
    const onError = (error: NodeJS.ErrnoException) =>
      resume(Effect.fail(openError(address, dialFault(error, options.path), error)))
    socket.once("error", onError)
    socket.once("connect", () => {
      socket.off("error", onError)
      resume(Effect.succeed(Streams.join(socket, socket, { ...options, address, intake })))
    })
    return Effect.sync(() => socket.destroy())
  })

const openError = (address: string, detail: string, cause?: unknown): TransportError =>
  new TransportError({ stage: "open", address, detail, cause })

const dialFault = (error: NodeJS.ErrnoException, path: string): string => {
  switch (error.code) {
    case "ENOENT":
      return "there is no socket at this path; start the server, or check the path"
    case "ECONNREFUSED":
    case "ENOTSOCK":
      // Linux refuses for a file that is no socket as well.
      return Fs.lstatSync(path, { throwIfNoEntry: false })?.isSocket() === false
        ? "the path is a file that is no socket; check the path"
        : "the socket is there but no one listens on it: its server is gone; start it again"
    case "EACCES":
    case "EPERM":
      return "this user may not dial it; run as the user who owns the socket, or have its mode changed"
    case "ENOTDIR":
      return "a part of the path is no directory; check the path"
    case "EAGAIN":
      return "too many connections wait to be accepted; the server is stuck or busy, try again later"
    default:
      return `the system says ${error.code ?? error.message}`
  }
}
