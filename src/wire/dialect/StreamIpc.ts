/**
 * The wire of php-stream-ipc: requests, events and answers as objects of PHP, framed in a pair of pipes.
 *
 * A protocol needs no mapping: a request `Reindex` is an object of the class `Reindex`, in the namespace given here, with
 * the fields as public properties, and its answer one of the class `ReindexAnswer` unless the answer has a tag. Both sides
 * may ask. There is no handshake, no cancellation, no stream; a deadline ends the call here and nothing else.
 * `docs/wire/php-stream-ipc.md` says what the other side has to know.
 *
 * @since 0.1.0
 */
import type { Message, Refusal } from "../../session/Message.ts"
import type { Generation } from "../framing/StreamIpcFrames.ts"
import { abandonAfterMillis } from "../framing/StreamIpcFormat.ts"
import type { Head } from "../framing/StreamIpcHead.ts"
import { type PayloadsSink, StreamIpcPayloads } from "../framing/StreamIpcPayloads.ts"
import type { Can, Codec, CodecOptions, Lexicon, Out, Wire } from "../Wire.ts"
import { helloOf } from "./ImpliedHello.ts"
import { Classes } from "./StreamIpcClasses.ts"
import { StreamIpcIds } from "./StreamIpcIds.ts"
import { objectionTo, Vocabulary } from "./StreamIpcMapping.ts"
import { StreamIpcReader } from "./StreamIpcReader.ts"
import { ShortWays } from "./StreamIpcShort.ts"
import { Values } from "./StreamIpcValues.ts"
import { StreamIpcWriter } from "./StreamIpcWriter.ts"

export { annotations, type Mapping } from "./StreamIpcMapping.ts"

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
  ask: true,
  goodbye: false
}

/** How many calls a peer answers at a time: it does not say. */
const mostCalls = 0xffff_ffff

/**
 * How the peer speaks, and how classes are named. Both sides have to be told the same.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /**
   * "v1" is every release since 1.0.0, and its betas: frames with a mark. "old" is what came before: lines. "detect" reads
   * both, and writes as the peer does once it has said something; "v1" before. Default: "v1".
   */
  readonly generation?: Generation | "detect" | undefined
  /**
   * "php" is PHP's `serialize`, which the library uses unless told otherwise; "json" its `JsonMessageSerializer`. "detect"
   * reads both, and writes as the peer does once it has said something; "php" before. Default: "php".
   */
  readonly serializer?: "php" | "json" | "detect" | undefined
  /** The namespace of the classes that stand for tags. Default: none. */
  readonly namespace?: string | undefined
  /** Classes for tags, with their namespace: of requests and events, and of any object with a `_tag` within them. */
  readonly classes?: Readonly<Record<string, string>> | undefined
  /** What the ids of our requests begin with, before a dot and a number. Default: the id of this process, as there. */
  readonly idPrefix?: string | undefined
}

/**
 * Makes the wire of php-stream-ipc.
 *
 * A value that does not fit fails its call with `InvalidPayload`, and so does an answer of a class that is unknown here. An
 * error that the peer's handler threw is a `RemoteDefect` with its text; a request that no one there answers is an
 * `UnknownMethod`; one whose class it does not know gets no answer at all, so give such calls a timeout.
 *
 * @example
 * ```ts
 * import * as Schema from "effect/Schema"
 * import * as Request from "effect-ipc/Request"
 * import * as StreamIpc from "effect-ipc/StreamIpc"
 *
 * class Reindex extends Request.Class<Reindex>()("Reindex", {
 *   payload: { table: Schema.String },
 *   success: Schema.Struct({ rows: Schema.Int }),
 *   annotations: StreamIpc.annotations({ success: "App\\Reindexed" })
 * }) {}
 *
 * // For a peer that was made with `new JsonMessageSerializer()`.
 * const wire = StreamIpc.wire({ serializer: "json", namespace: "App" })
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const wire = (options: Options = {}): Wire => {
  const classes = new Classes(options.namespace ?? "", options.classes ?? {})
  return {
    name: "php-stream-ipc",
    can,
    abandonAfterMillis: options.generation === "old" ? 0 : abandonAfterMillis,
    eventWindow: Infinity,
    endsWithInput: false,
    objection: (lexicon) => objectionTo(new Vocabulary(lexicon, classes), options.serializer === "json"),
    open: (lexicon, codecOptions) => new StreamIpcCodec(lexicon, codecOptions, options, classes)
  }
}

const ownPid = (): string => String((globalThis as { process?: { pid?: number } }).process?.pid ?? 0)

class StreamIpcCodec implements Codec, PayloadsSink {
  readonly #lexicon: Lexicon
  readonly #maxFrameBytes: number
  readonly #payloads: StreamIpcPayloads
  readonly #reader: StreamIpcReader
  readonly #writer: StreamIpcWriter
  /** Where what is read goes. */
  #out: Out | undefined

  constructor(lexicon: Lexicon, { maxFrameBytes }: CodecOptions, options: Options, classes: Classes) {
    this.#lexicon = lexicon
    this.#maxFrameBytes = maxFrameBytes
    this.#payloads = new StreamIpcPayloads(this, options, maxFrameBytes)
    const vocabulary = new Vocabulary(lexicon, classes)
    const ids = new StreamIpcIds(options.idPrefix ?? ownPid())
    const parts = { vocabulary, values: new Values(classes), ids, short: new ShortWays(vocabulary, ids) }
    this.#reader = new StreamIpcReader(parts, this.#payloads)
    this.#writer = new StreamIpcWriter(parts, this.#payloads)
  }

  read(chunk: Uint8Array, out: Out, stream?: number): void {
    this.#out = out
    this.#payloads.read(chunk, stream)
  }

  write(message: Message, out: Out): number | Refusal {
    if (message._tag !== "Hello") return this.#writer.write(message, out.buffer)
    // The peer says nothing of itself: what it answers is taken to be what the protocol says.
    out.message({ _tag: "Hello", hello: helloOf(this.#lexicon, { frameBytes: this.#maxFrameBytes, calls: mostCalls }) })
    return 0
  }

  end(out: Out): void {
    this.#out = out
    this.#payloads.end()
  }

  get unfinished(): boolean {
    return this.#payloads.unfinished(0)
  }

  get unfinishedSecond(): boolean {
    return this.#payloads.unfinished(1)
  }

  abandon(out: Out, stream?: number): void {
    this.#out = out
    this.#payloads.abandon(stream)
  }

  payload(bytes: Uint8Array, start: number, end: number, stream: number): void {
    this.#reader.payload(bytes, start, end, stream, this.#out!)
  }

  oversized(bytes: number, head: Head | undefined): void {
    this.#reader.oversized({ _tag: "Oversized", bytes, maxBytes: this.#maxFrameBytes }, head, this.#out!)
  }

  junk(bytes: Uint8Array, stream: number): void {
    this.#reader.junk(bytes, stream, "junk", this.#out!)
  }
}
