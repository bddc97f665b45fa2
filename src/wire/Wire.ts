/**
 * The contract of a wire: how messages look as bytes.
 *
 * A wire is a recipe; `open` makes one codec per connection. A codec has no I/O and no clock. It may write while it
 * reads (acknowledgements), and it never throws: what it cannot read or write it says to its `Out`, or answers.
 *
 * @since 0.1.0
 */
import type * as Context from "effect/Context"
import type { Message, Refusal } from "../session/Message.ts"
import type { Prover } from "../session/Proving.ts"
import type { Plan } from "./payload/JsonPlan.ts"
import type { WriteBuffer } from "./WriteBuffer.ts"

/**
 * What a wire can say. A protocol that needs more fails when the client or server is built.
 *
 * @category models
 * @since 0.1.0
 */
export interface Can {
  /** How an answer finds its call: by id, by order (one call in flight), or not at all (events only). */
  readonly correlate: "id" | "order" | "none"
  readonly cancel: boolean
  readonly stream: boolean
  readonly input: boolean
  readonly progress: boolean
  readonly events: { readonly toServer: boolean; readonly toClient: boolean }
  /** Typed application errors. */
  readonly fault: boolean
  readonly deadline: boolean
  readonly heartbeat: boolean
  /** Requests from the server to the client. */
  readonly ask: boolean
  /** A Bye is answered with one: the side that says it first waits for the other's, and closes then. */
  readonly goodbye: boolean
}

/**
 * Turns one schema's values into JSON-safe values and back; each throws on a value that does not fit.
 *
 * @category models
 * @since 0.1.0
 */
export interface Shape {
  /** Makes a JSON-safe value. */
  encode(value: unknown): unknown
  /** Makes a value of what JSON said. */
  decode(json: unknown): unknown
  /** Present where values may be turned into JSON text, and back, without a JSON-safe value between. */
  readonly json: JsonShape | undefined
  /** Present where the value is one `Uint8Array` or one string, and may travel as it is. */
  readonly raw: RawShape | undefined
  /** Present where values may travel in binary, and what does that is loaded. */
  readonly binary: BinaryShape | undefined
  /** Present where values have named fields: the shape of each, for wires that carry fields apart. */
  readonly fields?: Readonly<Record<string, Shape>> | undefined
  /** Present where code can be generated for the values: for wires that write JSON otherwise, or no JSON. */
  readonly planned?: PlannedShape | undefined
}

/**
 * What values of a shape look like in JSON, for code that is generated.
 *
 * @category models
 * @since 0.1.0
 */
export interface PlannedShape {
  readonly plan: Plan
  /** Makes the value of what such code has read. */
  readonly made: (value: unknown) => unknown
}

/**
 * A shorter way to do what `encode` with `JSON.stringify` and `JSON.parse` with `decode` do. It never throws: where it
 * cannot go, the general way is taken.
 *
 * @category models
 * @since 0.1.0
 */
export interface JsonShape {
  /**
   * Writes the text of a value from `start` on, and answers the offset after it, at most `end`; -1 if it did not. Bytes
   * after `start` may have changed all the same.
   */
  readonly write: (value: unknown, bytes: Uint8Array, start: number, end: number) => number
  /** As `write`, for a list of values. */
  readonly writeList: (values: ReadonlyArray<unknown>, bytes: Uint8Array, start: number, end: number) => number
  /** Reads the value between two offsets, or answers `unread`. */
  readonly read: (bytes: Uint8Array, start: number, end: number) => unknown
  /** Reads a list of at least one value, or answers `unread`. */
  readonly readList: (bytes: Uint8Array, start: number, end: number) => ReadonlyArray<unknown> | typeof unread
}

/**
 * What a `JsonShape` answers when it did not read.
 *
 * @category constants
 * @since 0.1.0
 */
export const unread: unique symbol = Symbol("effect-ipc/unread")

/**
 * Turns values that hold nothing but one `Uint8Array`, or one string, into it and back; each throws on a value that does
 * not fit. A string that UTF-8 cannot say is not encoded: it travels as JSON.
 *
 * @category models
 * @since 0.1.0
 */
export type RawShape =
  | {
      readonly is: "bytes"
      /** Answers the bytes of a value. */
      readonly encode: (value: unknown) => Uint8Array
      /** Makes the value of bytes. */
      readonly decode: (bytes: Uint8Array) => unknown
    }
  | {
      readonly is: "text"
      /** Answers the string of a value, unless UTF-8 cannot say it. */
      readonly encode: (value: unknown) => string | undefined
      /** Makes the value of a string. */
      readonly decode: (text: string) => unknown
    }

/**
 * Turns values into bytes that are smaller than JSON, and back. What cannot travel so travels as JSON.
 *
 * @category models
 * @since 0.1.0
 */
export interface BinaryShape {
  /**
   * Answers the bytes of a value, which never change; undefined where it must travel as JSON. It may throw on a value that
   * does not fit, and may leave that to JSON.
   */
  readonly write: (value: unknown) => Uint8Array | undefined
  /** As `write`, for a list of values. Lists may stand one behind the other, and are then one list. */
  readonly writeList: (values: ReadonlyArray<unknown>) => Uint8Array | undefined
  /** Reads the value between two offsets. Throws when there is none, and is not led to large amounts of memory or time. */
  readonly read: (bytes: Uint8Array, start: number, end: number) => unknown
  /** As `read`, for a list of at least one value. */
  readonly readList: (bytes: Uint8Array, start: number, end: number) => ReadonlyArray<unknown>
}

/**
 * A request or event, compiled for a codec. Shapes that the method does not have encode nothing.
 *
 * @category models
 * @since 0.1.0
 */
export interface Method {
  readonly tag: string
  readonly kind: "request" | "event"
  readonly payload: Shape
  readonly success: Shape
  readonly error: Shape
  readonly item: Shape
  readonly input: Shape
  readonly progress: Shape
  /** Those of the request or event, for wires that can be told how to say it. */
  readonly annotations: Context.Context<never>
}

/**
 * A protocol, compiled for a codec, seen from one side.
 *
 * @category models
 * @since 0.1.0
 */
export interface Lexicon {
  readonly protocol: string
  readonly version: string
  readonly fingerprint: string
  /** What this side may say. The index is the method's number here. */
  readonly says: ReadonlyArray<Method>
  /** What this side answers or takes. */
  readonly answers: ReadonlyArray<Method>
  /** Those of the protocol. */
  readonly annotations: Context.Context<never>
}

/**
 * What a codec is told of its connection.
 *
 * @category models
 * @since 0.1.0
 */
export interface CodecOptions {
  readonly role: "dialer" | "acceptor"
  /** The largest frame read, in bytes. */
  readonly maxFrameBytes: number
  /** Whether values are written in binary to a peer that reads it and declares the same messages. Default: false. */
  readonly binary?: boolean | undefined
}

/**
 * Where a codec puts what it makes: bytes in place into the connection's write buffer, messages into its session.
 *
 * @category models
 * @since 0.1.0
 */
export interface Out {
  readonly buffer: WriteBuffer
  /** A message was read. */
  message(message: Message): void
  /** Bytes of this stream that belong to no frame were skipped. They are borrowed. */
  junk(bytes: Uint8Array, stream?: number): void
  /**
   * A message came whole but could not be understood. `about` says whose it is: an answer to our call, something of
   * a call that is our duty, or neither (`id` is then 0).
   */
  refuse(about: About, id: number, method: number, reason: Refusal): void
  /** As `refuse`, for an event; the size of its payload counts against the sender's credit. */
  refuseEvent(bytes: number, reason: Refusal): void
  /** Where one message ends and the next begins is not known any more: nothing more is read, and the connection closes. */
  lost(reason: Refusal): void
}

/**
 * Whose exchange a message belongs to: a call of ours, a duty of ours, or none.
 *
 * @category models
 * @since 0.1.0
 */
export type About = "call" | "duty" | "none"

/**
 * One connection's reader and writer.
 *
 * A link may have a second stream of bytes that are read, e.g. a child's stderr: its number is 1, that of the first is 0
 * or left out. Frames are whole within a stream.
 *
 * @category models
 * @since 0.1.0
 */
export interface Codec {
  /** Reads a chunk, cut anywhere, into messages. The chunk is borrowed. */
  read(chunk: Uint8Array, out: Out, stream?: number): void
  /** Writes a message and answers its payload bytes, or why it cannot be said; then nothing was written. */
  write(message: Message, out: Out): number | Refusal
  /** Says that no more bytes will come: what is unfinished is junk. */
  end(out: Out): void
  /** True while a frame has begun on the first stream and is not whole. */
  readonly unfinished: boolean
  /** As `unfinished`, on the second stream. */
  readonly unfinishedSecond?: boolean
  /** Gives up the frame that has begun on a stream: its first byte is junk, and the rest is searched for frames. */
  abandon(out: Out, stream?: number): void
}

export type { Prover } from "../session/Proving.ts"

/**
 * Why a wire cannot say a request or event.
 *
 * @category models
 * @since 0.1.0
 */
export interface Objection {
  readonly tag: string
  readonly detail: string
}

/**
 * A recipe for codecs: what it can say, and how to open one.
 *
 * @category models
 * @since 0.1.0
 */
export interface Wire {
  readonly name: string
  readonly can: Can
  /** How long an unfinished frame may get no byte before it is abandoned, in milliseconds; 0 is for ever. */
  readonly abandonAfterMillis: number
  /**
   * For links that others could read, or answer in the place of the peer: with it a secret is proved by both sides and
   * never sent. Both sides of a link have it, or none. Default: a client sends its secret.
   */
  readonly proof?: Prover | undefined
  /** The heartbeat of a peer whose user has set none, in milliseconds. Left out, there is none. */
  readonly heartbeatMillis?: number | undefined
  /**
   * How many events may be on their way until the peer has taken one; the codec hands credit over where the peer tells that
   * it has. `Infinity`: it never tells, so only the link holds events up. Default: the credit of the native wire.
   */
  readonly eventWindow?: number | undefined
  /** Whether a peer notices the end of its input. One that does not has to be ended by a signal. Default: true. */
  readonly endsWithInput?: boolean | undefined
  /** Answers what of a protocol the wire cannot say though it `can`, by how the protocol is to be mapped. Default: nothing. */
  objection?(lexicon: Lexicon): Objection | undefined
  /** Makes the codec of one connection. */
  open(lexicon: Lexicon, options: CodecOptions): Codec
}
