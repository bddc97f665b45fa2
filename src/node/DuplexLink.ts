/**
 * Links over streams that a program already has: a `net.Socket`, any `Duplex`, or a `Readable` and a `Writable`.
 *
 * The link owns its streams: nothing else may read, write or end them.
 *
 * @example
 * ```ts
 * import { Console, Effect } from "effect"
 * import { RpcClient, RpcServer } from "effect-ipc"
 * import { DuplexLink } from "effect-ipc/node"
 * import { duplexPair } from "node:stream"
 * import { Calculator, handlers } from "./protocol.ts"
 *
 * const [near, far] = duplexPair()
 *
 * export const program = Effect.gen(function* () {
 *   yield* Effect.forkScoped(
 *     RpcServer.run(Calculator).pipe(Effect.provide(handlers), Effect.provide(DuplexLink.layerListener(far)))
 *   )
 *   const calculator = yield* Effect.provide(RpcClient.make(Calculator), DuplexLink.layer(near))
 *   yield* Console.log(yield* calculator.Divide({ dividend: 1, divisor: 8 }))
 * }).pipe(Effect.scoped)
 * ```
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Duplex, Readable, Writable } from "node:stream"
import type { Link } from "../transport/Link.ts"
import { Listener, Transport } from "../transport/Transport.ts"
import { TransportError } from "../transport/TransportError.ts"
import type { Wire } from "../wire/Wire.ts"
import * as NodeWire from "./NodeWire.ts"
import * as Streams from "./Streams.ts"

/**
 * What every link over streams can be told.
 *
 * @category models
 * @since 0.1.0
 */
export type Options = Streams.Options

/**
 * What a transport and a listener over a duplex can be told.
 *
 * @category models
 * @since 0.1.0
 */
export interface LayerOptions extends Options {
  /** What a person would call the other end. Default: `duplex`. */
  readonly address?: string | undefined
  /** What the other end speaks. Default: the native wire, without checksums. */
  readonly wire?: Wire | undefined
}

/**
 * Makes a link of one stream that goes both ways.
 *
 * Never fails: a stream that is already destroyed ends the link. Closing the scope flushes, ends the stream, and
 * destroys it once the peer has ended too, at the latest two seconds later.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromDuplex = (
  duplex: Duplex,
  options: Options & { readonly address: string }
): Effect.Effect<Link, never, Scope.Scope> => fromStreams(duplex, duplex, options)

/**
 * Makes a link of a stream to read and one to write.
 *
 * Never fails, and closes, as `fromDuplex` does.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromStreams = (
  readable: Readable,
  writable: Writable,
  options: Options & { readonly address: string }
): Effect.Effect<Link, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => Streams.join(readable, writable, options)),
    (link) => Streams.close(link, options)
  )

/**
 * Opens links over a duplex that is there, or over those that an Effect makes, one for each link.
 *
 * `open` fails with a `TransportError` of stage `"open"` when the duplex has ended or was destroyed, when it is one of
 * objects or text, when one that is there has served a link before, and when the Effect fails. The Effect runs in the
 * scope of the link. Closing is as with `fromDuplex`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = <E = never, R = never>(
  duplex: Duplex | Effect.Effect<Duplex, E, R>,
  options: LayerOptions = {}
): Layer.Layer<Transport, never, Exclude<R, Scope.Scope>> =>
  Layer.effect(
    Transport,
    Effect.map(opening(duplex, "open", options), (open) => ({ ...placeOf(options), open }))
  )

/**
 * Accepts the one link over a duplex that is there, or that an Effect makes when the link is accepted.
 *
 * The first `accept` answers the link, later ones fail with `Cause.Done`. It fails as `open` of `layer` does, with stage
 * `"listen"`. Closing is as with `fromDuplex`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerListener = <E = never, R = never>(
  duplex: Duplex | Effect.Effect<Duplex, E, R>,
  options: LayerOptions = {}
): Layer.Layer<Listener, never, Exclude<R, Scope.Scope>> =>
  Layer.effect(
    Listener,
    Effect.map(opening(duplex, "listen", options), (open) => {
      let accepted = false
      return {
        ...placeOf(options),
        accept: Effect.suspend((): Effect.Effect<Link, TransportError | Cause.Done, Scope.Scope> => {
          if (accepted) return Effect.fail(Cause.Done())
          accepted = true
          return open
        })
      }
    })
  )

const placeOf = ({ address = "duplex", wire }: LayerOptions) => ({ address, wire: wire ?? NodeWire.privateWire() })

/** Answers how to open a link, without what the making of a duplex needs besides a scope. */
const opening = <E, R>(
  duplex: Duplex | Effect.Effect<Duplex, E, R>,
  stage: "open" | "listen",
  options: LayerOptions
): Effect.Effect<Effect.Effect<Link, TransportError, Scope.Scope>, never, Exclude<R, Scope.Scope>> => {
  const { address } = placeOf(options)
  const fail = (detail: string, cause?: unknown) => new TransportError({ stage, address, detail, cause })
  const made: Effect.Effect<Duplex, TransportError, R> = Effect.isEffect(duplex)
    ? Effect.mapError(duplex, (cause) => fail(`the stream could not be made (${textOf(cause)})`, cause))
    : once(duplex, fail)
  const open = Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(restore(made), (stream) => {
      const fault = faultOf(stream)
      if (fault === undefined) return fromDuplex(stream, { ...options, address })
      // It was made for this link, so no one else closes it.
      if (stream !== duplex) stream.destroy()
      return Effect.fail(fail(fault, stream.errored ?? undefined))
    })
  )
  return Effect.map(Effect.context<Exclude<R, Scope.Scope>>(), (context) =>
    // What `open` is given comes last: the scope of the link goes before the one that the layer was built in.
    Effect.updateContext(open, (given: Context.Context<Scope.Scope>) => Context.merge(context, given) as never)
  )
}

const once = (duplex: Duplex, fail: (detail: string) => TransportError): Effect.Effect<Duplex, TransportError> => {
  let taken = false
  return Effect.suspend(() => {
    if (taken) return Effect.fail(fail("the stream has served a link already; give an Effect that makes one for each"))
    taken = true
    return Effect.succeed(duplex)
  })
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Says why no link can be made of `duplex`. */
const faultOf = (duplex: Duplex): string | undefined => {
  if (duplex.errored) return `the stream has failed already (${duplex.errored.message}); give one that is open`
  if (duplex.destroyed) return "the stream was destroyed already; give one that is open"
  if (duplex.readableEnded || duplex.writableEnded) return "the stream has ended already; give one that is open"
  if (duplex.readableObjectMode || duplex.writableObjectMode) {
    return "the stream is one of objects; give one of bytes, without objectMode"
  }
  return duplex.readableEncoding === null
    ? undefined
    : "the stream reads text (setEncoding was called); give one that reads bytes"
}
