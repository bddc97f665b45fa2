/**
 * The link to whoever started this process: frames on stdin and stdout.
 *
 * While it is in use, everything that would be printed to stdout goes to stderr. When the peer leaves, by end of input
 * or by a broken pipe, the link ends; nothing of it keeps the process alive then.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Link } from "../transport/Link.ts"
import { Listener, Transport } from "../transport/Transport.ts"
import { TransportError } from "../transport/TransportError.ts"
import type { Wire } from "../wire/Wire.ts"
import * as Descriptor from "./Descriptor.ts"
import * as NodeWire from "./NodeWire.ts"
import * as StdoutGuard from "./StdoutGuard.ts"
import { StreamLink } from "./StreamLink.ts"
import * as Streams from "./Streams.ts"

/**
 * Which descriptors carry frames, and what is spoken over them.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends Streams.Options {
  /** What the peer speaks. Default: the native wire, with checksums over stdout. */
  readonly wire?: Wire | undefined
  /**
   * Where frames travel. `"stdout"`, the default: on stdin and stdout. `"fd3"`: both ways over descriptor 3, as
   * `ChildProcess` offers it; stdout is then left alone. Large values travel faster so: no one else writes there, and
   * nothing needs a checksum.
   */
  readonly frames?: "stdout" | "fd3" | undefined
}

/**
 * Takes the process that started this one as the one link, and ends after it.
 *
 * The first `accept` answers the link, later ones fail with `Cause.Done`. Building the layer fails with a
 * `TransportError` of stage `"listen"` when this process already uses these descriptors. Closing the link flushes it;
 * the descriptors stay open until the process exits, and stdout is what it was before.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerListener = (options: Options = {}): Layer.Layer<Listener, TransportError> =>
  Layer.effect(
    Listener,
    Effect.gen(function* () {
      yield* take("listen", options)
      let accepted = false
      return {
        address: addressOf(options),
        wire: wireOf(options),
        accept: Effect.suspend((): Effect.Effect<Link, TransportError | Cause.Done, Scope.Scope> => {
          if (accepted) return Effect.fail(Cause.Done())
          accepted = true
          return open("listen", options)
        })
      }
    })
  )

/**
 * Takes the process that started this one as the one that answers, for a program that asks over its own stdio.
 *
 * `open` fails with a `TransportError` of stage `"open"` while another link uses the same descriptors. Closing is as
 * with `layerListener`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options = {}): Layer.Layer<Transport> =>
  Layer.sync(Transport, () => ({
    address: addressOf(options),
    wire: wireOf(options),
    open: Effect.andThen(take("open", options), open("open", options))
  }))

const wireOf = ({ frames, wire }: Options): Wire =>
  wire ?? (frames === "fd3" ? NodeWire.privateWire() : NodeWire.sharedWire())

const addressOf = ({ frames }: Options): string => (frames === "fd3" ? "stdio:fd3" : "stdio")

const taken = new Set<string>()

/** Reserves the descriptors until the scope closes, and guards stdout if frames travel there. */
const take = (stage: "open" | "listen", options: Options): Effect.Effect<void, TransportError, Scope.Scope> => {
  const address = addressOf(options)
  const reserve = Effect.suspend(() => {
    if (!taken.has(address)) return Effect.succeed(taken.add(address))
    const detail = "this process already uses these descriptors for another link; close that one first"
    return Effect.fail(new TransportError({ stage, address, detail }))
  })
  return Effect.andThen(
    Effect.acquireRelease(reserve, () => Effect.sync(() => taken.delete(address))),
    options.frames === "fd3" ? Effect.void : StdoutGuard.guard
  )
}

const open = (stage: "open" | "listen", options: Options): Effect.Effect<Link, TransportError, Scope.Scope> => {
  const address = addressOf(options)
  const make =
    options.frames === "fd3"
      ? Effect.try({
          try: () => {
            const { duplex, intake } = Descriptor.socket(3)
            return Streams.join(duplex, duplex, { ...options, address, intake })
          },
          catch: (cause) =>
            new TransportError({
              stage,
              address,
              detail: 'descriptor 3 is not open; start this process with frames: "fd3"',
              cause
            })
        })
      : Effect.sync(
          () =>
            new StreamLink({
              ...Descriptor.stdio(),
              address,
              outgoingHighBytes: Streams.highBytes(options),
              copies: false,
              shutdown: false
            })
        )
  return Effect.acquireRelease(make, (link) => close(link, options))
}

const close = (link: StreamLink, options: Options): Effect.Effect<void> =>
  options.frames === "fd3"
    ? Streams.close(link, options)
    : Effect.callback<void>((resume) => {
        link.close(Streams.flushMillis(options), () => {
          link.destroy()
          resume(Effect.void)
        })
      })
