/**
 * Links over message ports: between a worker thread and the thread that started it, or between any two that share a
 * `MessageChannel`.
 *
 * A link owns its port: it closes it at its end, and posts of other origin are reported as faults and dropped. Both ends
 * are links of this module (or `Worker`'s), which count what the other has not read yet, for ports do not.
 *
 * **Example** (Serving on one end of a channel, asking on the other)
 *
 * ```ts
 * import { Console, Effect, Schema } from "effect"
 * import { Handlers, Protocol, Request, RpcClient, RpcServer } from "effect-ipc"
 * import { MessagePort } from "effect-ipc/node"
 * import { MessageChannel } from "node:worker_threads"
 *
 * class Double extends Request.Class<Double>()("Double", { payload: { n: Schema.Int }, success: Schema.Int }) {}
 * const Numbers = Protocol.make("numbers", { version: "1.0.0", server: [Double] })
 * const handlers = Handlers.layer(Numbers)({ Double: ({ n }) => Effect.succeed(2 * n) })
 *
 * const { port1, port2 } = new MessageChannel()
 * const server = RpcServer.run(Numbers).pipe(
 *   Effect.provide(handlers),
 *   Effect.provide(MessagePort.layerListener({ port: port2 }))
 * )
 * const client = Effect.flatMap(RpcClient.make(Numbers), (numbers) => numbers.Double({ n: 21 })).pipe(
 *   Effect.flatMap(Console.log),
 *   Effect.scoped,
 *   Effect.provide(MessagePort.layer(port1))
 * )
 * Effect.runPromise(Effect.all([server, client], { concurrency: 2 })) // prints 42
 * ```
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as WorkerThreads from "node:worker_threads"
import type { Link } from "../transport/Link.ts"
import { Listener, Transport } from "../transport/Transport.ts"
import { TransportError } from "../transport/TransportError.ts"
import type { Wire } from "../wire/Wire.ts"
import * as NodeWire from "./NodeWire.ts"
import { PortLink } from "./PortLink.ts"

/**
 * What a link over a port is called, holds and speaks.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** What a person would call the other end. Default: `port`. */
  readonly address?: string | undefined
  /**
   * Bytes that the other end has not read, besides the 256 KiB that may always be under way, before `offer` answers
   * false. Default: 262144 (256 KiB).
   */
  readonly outgoingHighBytes?: number | undefined
}

/**
 * Makes a link of a port. The other end of the channel must be a link too.
 *
 * Never fails: a port that is closed ends the link with `Broken`. The link keeps the thread alive until its end. Closing
 * the scope posts what was offered, takes leave and closes the port; the other link ends with `Ended`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromPort = (
  port: WorkerThreads.MessagePort,
  options: Options = {}
): Effect.Effect<Link, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => linkOf(port, options)),
    (link) => Effect.sync(() => link.close())
  )

/**
 * Makes a transport of a port, for the one link that it can carry.
 *
 * The second `open` fails with a `TransportError` of stage `"open"`: each link needs a channel of its own.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  port: WorkerThreads.MessagePort,
  options: Options & {
    /** What the other end speaks. Default: the native wire, without checksums. */
    readonly wire?: Wire | undefined
  } = {}
): Layer.Layer<Transport> =>
  Layer.sync(Transport, () => ({
    address: addressOf(options),
    wire: options.wire ?? NodeWire.privateWire(),
    open: Effect.andThen(take("open", port, options), fromPort(port, options))
  }))

/**
 * Takes the thread that started this one as the one link, and ends after it: what serves it is then done, and the thread
 * exits if nothing else keeps it alive.
 *
 * The first `accept` answers the link, later ones fail with `Cause.Done`. Building the layer fails with a
 * `TransportError` of stage `"listen"` in the main thread, unless it is given a port, and on a port that had its link.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerListener = (
  options: Options & {
    /** Default: `parentPort` of `node:worker_threads`. */
    readonly port?: WorkerThreads.MessagePort | undefined
    /** What the other end speaks. Default: the native wire, without checksums. */
    readonly wire?: Wire | undefined
  } = {}
): Layer.Layer<Listener, TransportError> =>
  Layer.effect(
    Listener,
    Effect.gen(function* () {
      const port = options.port ?? WorkerThreads.parentPort
      const told = options.port === undefined ? { address: "parentPort", ...options } : options
      if (port === null) return yield* Effect.fail(failed("listen", told, mainThread))
      yield* take("listen", port, told)
      let accepted = false
      return {
        address: addressOf(told),
        wire: options.wire ?? NodeWire.privateWire(),
        accept: Effect.suspend((): Effect.Effect<Link, Cause.Done, Scope.Scope> => {
          if (accepted) return Effect.fail(Cause.Done())
          accepted = true
          return fromPort(port, told)
        })
      }
    })
  )

const mainThread =
  "this is the main thread, which has no parent port; start the program with Worker.layer, or give a port"

const addressOf = ({ address }: Options): string => address ?? "port"

const failed = (stage: "open" | "listen", options: Options, detail: string): TransportError =>
  new TransportError({ stage, address: addressOf(options), detail })

/** Ports that have, or had, their link. */
const taken = new WeakSet<WorkerThreads.MessagePort>()

const take = (
  stage: "open" | "listen",
  port: WorkerThreads.MessagePort,
  options: Options
): Effect.Effect<void, TransportError> =>
  Effect.suspend(() => {
    if (taken.has(port)) {
      return Effect.fail(failed(stage, options, "the port has, or had, its one link; make another MessageChannel"))
    }
    taken.add(port)
    return Effect.void
  })

const linkOf = (port: WorkerThreads.MessagePort, options: Options): PortLink => {
  const link = new PortLink({
    address: addressOf(options),
    port,
    outgoingHighBytes: options.outgoingHighBytes,
    hangUp: () => port.close()
  })
  const onClose = (): void => link.end({ _tag: "Broken", stage: "read", detail: "the port was closed" })
  port.on("close", onClose)
  // A port that is closed already says so in no other way.
  if (!port.hasRef()) queueMicrotask(onClose)
  return link
}
