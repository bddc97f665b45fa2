/**
 * The payloads of one connection of php-stream-ipc: how they are framed on each of its streams, and how they are serialized.
 *
 * Both may be detected. What is written follows what was read; before anything was, it is framed as in "v1", by PHP's own
 * `serialize`.
 *
 * @since 0.1.0
 */
import * as Base64 from "../payload/Base64.ts"
import * as PhpJson from "../payload/PhpJson.ts"
import * as PhpSerialize from "../payload/PhpSerialize.ts"
import { PhpError, type PhpObject, type PhpValue } from "../payload/PhpValue.ts"
import * as Utf8 from "../Utf8.ts"
import type { WriteBuffer } from "../WriteBuffer.ts"
import * as MagicFrame from "./MagicFrame.ts"
import { type Generation, type PayloadSink, StreamIpcFrames } from "./StreamIpcFrames.ts"
import type { Head } from "./StreamIpcHead.ts"

/**
 * How a message becomes bytes, and bytes a message. Both may throw: what cannot be read is told as undecodable.
 *
 * @category models
 * @since 0.1.0
 */
export interface Serializer {
  /** Makes the payload of a message, without a line break where lines are spoken. May throw on what it cannot say. */
  readonly encode: (message: PhpObject) => Uint8Array
  /** Reads what is between two offsets, which are borrowed. */
  readonly decode: (bytes: Uint8Array, start: number, end: number) => PhpValue
}

/**
 * How the two sides have agreed to speak; both have to be told the same.
 *
 * @category models
 * @since 0.1.0
 */
export interface Speech {
  /** "v1" frames messages by a mark, "old" by lines. "detect" reads both and writes as it has read, "v1" at first. Default: "v1". */
  readonly generation?: Generation | "detect" | undefined
  /** "detect" reads both and writes as it has read, "php" at first. Default: "php", as there. */
  readonly serializer?: "php" | "json" | "detect" | Serializer | undefined
}

/** Where payloads go. Bytes are borrowed. */
export interface PayloadsSink {
  payload(bytes: Uint8Array, start: number, end: number, stream: number): void
  /** A message is larger than the limit, and is skipped; its beginning says what it is, where it can. */
  oversized(bytes: number, head: Head | undefined): void
  junk(bytes: Uint8Array, stream: number): void
}

const openingBrace = 0x7b

export class StreamIpcPayloads {
  readonly #sink: PayloadsSink
  readonly #speech: Speech
  readonly #maxBytes: number
  /** One for each stream that has said something. */
  readonly #streams: Array<StreamFrames | undefined> = []
  /** How payloads are framed, as far as that is known. */
  generation: Generation
  /** Whether they are JSON, as far as that is known. */
  isJson: boolean

  constructor(sink: PayloadsSink, speech: Speech, maxBytes: number) {
    this.#sink = sink
    this.#speech = speech
    this.#maxBytes = maxBytes
    this.generation = speech.generation === "old" ? "old" : "v1"
    this.isJson = speech.serializer === "json"
  }

  read(chunk: Uint8Array, stream = 0): void {
    this.#stream(stream).frames.read(chunk)
  }

  end(): void {
    for (const stream of this.#streams) stream?.frames.end()
  }

  abandon(stream = 0): void {
    this.#streams[stream]?.frames.abandon()
  }

  unfinished(stream: number): boolean {
    return this.#streams[stream]?.frames.unfinished === true
  }

  /** Answers the payload of a message. Throws where it has none. */
  encode(message: PhpObject): string | Uint8Array {
    const { serializer } = this.#speech
    const old = this.generation === "old"
    if (typeof serializer === "object") return old ? asLine(serializer.encode(message)) : serializer.encode(message)
    if (this.isJson) return PhpJson.encode(message, { old })
    const bytes = PhpSerialize.encode(message)
    if (!old) return bytes
    const line = new Uint8Array(Base64.encodedBytes(bytes.length))
    Base64.write(bytes, bytes.length, line, 0)
    return line
  }

  /** Reads a payload. Throws where it is none. */
  decode(bytes: Uint8Array, start: number, end: number): PhpValue {
    const { serializer } = this.#speech
    if (typeof serializer === "object") return serializer.decode(bytes, start, end)
    const isJson = serializer === "detect" ? end > start && bytes[start] === openingBrace : this.isJson
    const value = isJson ? PhpJson.decode(bytes, start, end) : this.#unserialized(bytes, start, end)
    // What cannot be read tells nothing of how the peer speaks.
    this.isJson = isJson
    return value
  }

  #unserialized(bytes: Uint8Array, start: number, end: number): PhpValue {
    if (this.generation === "v1") return PhpSerialize.decode(bytes, start, end)
    const decoded = Base64.read(bytes, start, end)
    if (decoded === undefined) throw new PhpError("Malformed", "the line is no Base64")
    return PhpSerialize.decode(decoded)
  }

  /** Writes a payload whole, and answers its bytes. */
  put(payload: string | Uint8Array, buffer: WriteBuffer): number {
    return this.generation === "v1" ? writeFrame(payload, buffer) : writeLine(payload, buffer)
  }

  #stream(number: number): StreamFrames {
    return (this.#streams[number] ??= new StreamFrames(this, this.#sink, number, this.#speech, this.#maxBytes))
  }
}

/** The frames of one stream, which knows its number. */
class StreamFrames implements PayloadSink {
  readonly frames: StreamIpcFrames
  readonly #payloads: StreamIpcPayloads
  readonly #sink: PayloadsSink
  readonly #number: number

  constructor(payloads: StreamIpcPayloads, sink: PayloadsSink, number: number, speech: Speech, maxBytes: number) {
    this.#payloads = payloads
    this.#sink = sink
    this.#number = number
    this.frames = new StreamIpcFrames(this, speech.generation ?? "v1", maxBytes)
  }

  payload(bytes: Uint8Array, start: number, end: number, generation: Generation): void {
    this.#payloads.generation = generation
    this.#sink.payload(bytes, start, end, this.#number)
  }
  oversized(bytes: number, head: Head | undefined): void {
    this.#sink.oversized(bytes, head)
  }
  junk(bytes: Uint8Array): void {
    this.#sink.junk(bytes, this.#number)
  }
}

/** Writes a frame that lies in one piece, as a peer that has read half of one waits for the rest of it. */
const writeFrame = (payload: string | Uint8Array, buffer: WriteBuffer): number => {
  const at = buffer.reserve(MagicFrame.headerBytes + roomOf(payload))
  const start = at + MagicFrame.headerBytes
  const bytes = put(payload, buffer.slab, start)
  MagicFrame.writeHeader(buffer.slab, at, bytes)
  buffer.commit(MagicFrame.headerBytes + bytes)
  return bytes
}

const newline = 0x0a

const asLine = (payload: Uint8Array): Uint8Array => {
  if (payload.includes(newline)) throw new PhpError("Unsayable", "a payload with a line break would be two lines")
  return payload
}

const writeLine = (payload: string | Uint8Array, buffer: WriteBuffer): number => {
  const at = buffer.reserve(roomOf(payload) + 1)
  const bytes = put(payload, buffer.slab, at)
  buffer.slab[at + bytes] = newline
  buffer.commit(bytes + 1)
  return bytes
}

const roomOf = (payload: string | Uint8Array): number =>
  typeof payload === "string" ? Utf8.room(payload) : payload.length

const put = (payload: string | Uint8Array, slab: Uint8Array, at: number): number => {
  if (typeof payload === "string") return Utf8.write(slab, payload, at)
  slab.set(payload, at)
  return payload.length
}
