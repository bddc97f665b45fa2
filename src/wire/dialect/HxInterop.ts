/**
 * The wire of hx/interop, which its Go, Ruby, PHP and JavaScript libraries speak: messages of headers and a body.
 *
 * `docs/wire/hx-interop.md` says how a protocol is mapped. Both sides of it can be ours, and then refusals and typed
 * errors arrive as what they are; a foreign peer reads them as text.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type { Hello, Message, Refusal } from "../../session/Message.ts"
import { type HxOptions, limitsOf } from "../framing/HxFormat.ts"
import * as HxFrame from "../framing/HxFrame.ts"
import { shown } from "../framing/HxMessage.ts"
import { valueIsClean } from "../framing/HxText.ts"
import * as ContentType from "../payload/ContentType.ts"
import type { Can, Codec, CodecOptions, Lexicon, Objection, Out, Wire } from "../Wire.ts"
import * as Mapping from "./HxInteropMapping.ts"
import { helloOf } from "./ImpliedHello.ts"
import { HxInteropReader } from "./HxInteropReader.ts"
import type { Terms } from "./HxInteropTerms.ts"
import { HxInteropWriter } from "./HxInteropWriter.ts"

export type { HxOptions } from "../framing/HxFormat.ts"
export type { Annotations, Spread } from "./HxInteropMapping.ts"
export type { ContentType } from "../payload/ContentType.ts"

const can: Can = {
  correlate: "id",
  cancel: false,
  stream: false,
  input: false,
  progress: false,
  events: { toServer: true, toClient: true },
  fault: true,
  deadline: false,
  heartbeat: false,
  ask: false,
  goodbye: false
}

/**
 * How a peer of hx/interop is spoken to.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends HxOptions {
  /** What the ids of this side's calls begin with, at most 128 characters. Default: nothing, so they are `0`, `1`, `2` and so on, as in Go. */
  readonly idPrefix?: string | undefined
  /** Content types besides JSON, bytes and plain text, or in their place. */
  readonly contentTypes?: ReadonlyArray<ContentType.ContentType> | undefined
}

/**
 * Makes the wire of hx/interop.
 *
 * It says requests, typed errors, headers, and events in both directions; no streams, inputs, progress, deadlines or
 * cancellation, and no requests to the client. A protocol that needs one of those, or that is mapped so that it cannot be
 * said, fails with `Unsayable` when the client or server is built. A message that leaves it unclear where it ends closes
 * the connection (`Malformed`).
 *
 * @example
 * ```ts
 * import { HxInterop, Memory, Protocol, Request, RpcClient } from "effect-ipc"
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 *
 * class Countdown extends Request.Class<Countdown>()("Countdown", {
 *   payload: { ticks: Schema.Int },
 *   annotations: HxInterop.annotations({ class: "countdown", headers: ["ticks"] })
 * }) {}
 * const Clock = Protocol.make("clock", { version: "1.0.0", server: [Countdown] })
 *
 * // Ticks: 5 is a header of the message, and its class is countdown.
 * export const program = Effect.gen(function* () {
 *   const clock = yield* RpcClient.make(Clock)
 *   yield* clock.Countdown({ ticks: 5 })
 * }).pipe(Effect.provide(Memory.layer({ wire: HxInterop.wire() })))
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const wire = (options: Options = {}): Wire => {
  const types = ContentType.make(options.contentTypes)
  return {
    name: "hx-interop",
    can,
    abandonAfterMillis: 0,
    eventWindow: Infinity,
    objection: (lexicon) => prefixObjection(lexicon, options) ?? Mapping.objection(lexicon, types),
    open: (lexicon, codecOptions) => new HxInteropCodec(lexicon, codecOptions, options, types)
  }
}

/**
 * Says how a request or event is mapped, for its `annotations`. Without any, its class is its tag, and its payload the
 * body, as JSON.
 *
 * @example
 * ```ts
 * import { Event, HxInterop } from "effect-ipc"
 * import * as Schema from "effect/Schema"
 *
 * // The body of a tick is the number alone.
 * export class Tick extends Event.Class<Tick>()(
 *   "Tick",
 *   { n: Schema.Int },
 *   { annotations: HxInterop.annotations({ class: "tick", body: "n" }) }
 * ) {}
 * ```
 *
 * @category annotations
 * @since 0.1.0
 */
export const annotations = (annotations: Mapping.Annotations): Context.Context<never> =>
  Context.make(Mapping.Key, annotations)

const maxPrefixChars = 128

const prefixObjection = (
  { answers, protocol, says }: Lexicon,
  { idPrefix }: { readonly idPrefix?: string | undefined }
): Objection | undefined => {
  // Behind it is room for the number.
  if (idPrefix === undefined || (valueIsClean(idPrefix) && idPrefix.length <= maxPrefixChars)) return undefined
  return { tag: (says[0] ?? answers[0])?.tag ?? protocol, detail: `ids cannot begin with ${shown(idPrefix)}` }
}

class HxInteropCodec implements Codec {
  readonly #reader: HxInteropReader
  readonly #writer: HxInteropWriter
  readonly #terms: Terms
  readonly #hello: Hello
  readonly #inChunks: boolean

  constructor(lexicon: Lexicon, codec: CodecOptions, options: Options, types: ContentType.ContentTypes) {
    this.#inChunks = options.frames === "message"
    this.#terms = {
      says: Mapping.compile(lexicon.says, types),
      answers: Mapping.compile(lexicon.answers, types),
      types,
      accepts: codec.role === "acceptor",
      idPrefix: options.idPrefix ?? "",
      limits: limitsOf(options, codec)
    }
    const { answers, idPrefix, limits, says } = this.#terms
    this.#writer = new HxInteropWriter(says, answers, { idPrefix, inChunks: this.#inChunks, limits })
    this.#reader = new HxInteropReader(this.#terms, this.#writer)
    this.#hello = helloOf(lexicon, { frameBytes: 0xffffffff, calls: mostCalls })
  }

  read(chunk: Uint8Array, out: Out, stream?: number): void {
    // Nothing tells messages from text, so a stream that may carry both carries text.
    if (stream === 1) return out.junk(chunk, 1)
    this.#reader.out = out
    if (this.#inChunks) HxFrame.read(chunk, this.#reader, this.#terms.limits)
    else this.#reader.reader.read(chunk)
  }

  write(message: Message, out: Out): number | Refusal {
    if (message._tag !== "Hello") return this.#writer.write(message, out.buffer)
    // hx/interop has no handshake: who is there is taken for who was meant.
    out.message({ _tag: "Hello", hello: this.#hello })
    return 0
  }

  get unfinished(): boolean {
    return this.#reader.reader.unfinished
  }

  /** A message that stands still is waited for: nothing tells where the next one begins. */
  abandon(): void {}

  end(out: Out): void {
    this.#reader.out = out
    this.#reader.reader.end()
  }
}

const mostCalls = 0xffff
