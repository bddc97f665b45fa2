/**
 * The messages of php-stream-ipc below requests and events: what was said with or without an id, and what no one could read.
 *
 * A message is an object of PHP. In a request or a response it stands in an envelope with the id; as a notification it
 * stands alone. There is no handshake and no goodbye.
 *
 * @since 0.1.0
 */
import type { Format, Framer, FramerOut, Refusal } from "../Format.ts"
import * as Base64 from "../payload/Base64.ts"
import * as PhpJson from "../payload/PhpJson.ts"
import * as PhpSerialize from "../payload/PhpSerialize.ts"
import { PhpError, PhpObject, type PhpValue } from "../payload/PhpValue.ts"
import * as Utf8 from "../Utf8.ts"
import type { WriteBuffer } from "../WriteBuffer.ts"
import * as MagicFrame from "./MagicFrame.ts"
import { type Generation, type PayloadSink, StreamIpcFrames } from "./StreamIpcFrames.ts"

/**
 * What one side may say to the other.
 *
 * @category models
 * @since 0.1.0
 */
export type StreamIpcMessage =
  | { readonly _tag: "Notification"; readonly message: PhpObject }
  | { readonly _tag: "Request"; readonly id: string; readonly message: PhpObject }
  /** Also where the answer is an error: that is known by its class. */
  | { readonly _tag: "Response"; readonly id: string; readonly message: PhpObject }
  /** A payload that is none of these, its bytes, and why. It is read only. */
  | { readonly _tag: "Undecodable"; readonly bytes: Uint8Array; readonly why: string }

/**
 * How a message becomes bytes, and bytes a message. Both may throw: what cannot be read is told as undecodable.
 *
 * @category models
 * @since 0.1.0
 */
export interface Serializer {
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
export interface Options {
  /** "v1" frames messages by a mark, "old" by lines. "detect" reads both and writes as it has read, "v1" at first. Default: "v1". */
  readonly generation?: Generation | "detect" | undefined
  /** "detect" reads both and writes as it has read, "php" at first. Default: "php", as there. */
  readonly serializer?: "php" | "json" | "detect" | Serializer | undefined
}

/**
 * Makes the format of php-stream-ipc.
 *
 * @category constructors
 * @since 0.1.0
 */
export const format = (options: Options = {}): Format<StreamIpcMessage> => ({
  name: "php-stream-ipc",
  open: ({ maxFrameBytes }) => new StreamIpcFramer(options, maxFrameBytes)
})

/** The namespace of the library's own classes. */
export const libraryOf = (generation: Generation): string => (generation === "v1" ? "StreamIpc" : "PhpStreamIpc")

class StreamIpcFramer implements Framer<StreamIpcMessage> {
  readonly #options: Options
  readonly #maxBytes: number
  /** One for each stream that has said something. */
  readonly #streams: Array<StreamFrames | undefined> = []
  #generation: Generation
  #isJson: boolean
  #out: FramerOut<StreamIpcMessage> | undefined

  constructor(options: Options, maxBytes: number) {
    this.#options = options
    this.#maxBytes = maxBytes
    this.#generation = options.generation === "old" ? "old" : "v1"
    this.#isJson = options.serializer === "json"
  }

  read(chunk: Uint8Array, out: FramerOut<StreamIpcMessage>, stream = 0): void {
    this.#out = out
    this.#stream(stream).frames.read(chunk)
  }

  end(out: FramerOut<StreamIpcMessage>): void {
    this.#out = out
    for (const stream of this.#streams) stream?.frames.end()
  }

  write(message: StreamIpcMessage, buffer: WriteBuffer): number | Refusal {
    if (message._tag === "Undecodable") return { _tag: "Unsayable", detail: "what could not be read cannot be said" }
    try {
      const payload = this.#payload(enveloped(message, libraryOf(this.#generation)))
      return this.#generation === "v1" ? writeFrame(payload, buffer) : writeLine(payload, buffer)
    } catch (error) {
      return { _tag: "Unsayable", detail: detailOf(error) }
    }
  }

  detected(generation: Generation): void {
    this.#generation = generation
  }

  oversized(bytes: number): void {
    this.#out!.refuse({ _tag: "Oversized", bytes, maxBytes: this.#maxBytes })
  }

  junk(bytes: Uint8Array, stream: number): void {
    this.#out!.junk(bytes, stream)
  }

  payload(bytes: Uint8Array, start: number, end: number, generation: Generation): void {
    let message: StreamIpcMessage
    try {
      message = opened(this.#decoded(bytes, start, end, generation))
    } catch (error) {
      message = { _tag: "Undecodable", bytes: new Uint8Array(bytes.subarray(start, end)), why: detailOf(error) }
    }
    this.#out!.message(message)
  }

  #stream(number: number): StreamFrames {
    return (this.#streams[number] ??= new StreamFrames(this, number, this.#options.generation ?? "v1", this.#maxBytes))
  }

  #payload(message: PhpObject): string | Uint8Array {
    const { serializer } = this.#options
    if (typeof serializer === "object") return serializer.encode(message)
    const old = this.#generation === "old"
    if (this.#isJson) return PhpJson.encode(message, { old })
    const bytes = PhpSerialize.encode(message)
    if (!old) return bytes
    const line = new Uint8Array(Base64.encodedBytes(bytes.length))
    Base64.write(bytes, bytes.length, line, 0)
    return line
  }

  #decoded(bytes: Uint8Array, start: number, end: number, generation: Generation): PhpValue {
    const { serializer } = this.#options
    if (typeof serializer === "object") return serializer.decode(bytes, start, end)
    if (serializer === "detect") this.#isJson = bytes[start] === openingBrace && end > start
    if (this.#isJson) return PhpJson.decode(bytes, start, end)
    if (generation === "v1") return PhpSerialize.decode(bytes, start, end)
    const decoded = Base64.read(bytes, start, end)
    if (decoded === undefined) throw new PhpError("Malformed", "the line is no Base64")
    return PhpSerialize.decode(decoded)
  }
}

const openingBrace = 0x7b

/** The frames of one stream, which knows its number. */
class StreamFrames implements PayloadSink {
  readonly frames: StreamIpcFrames
  readonly #framer: StreamIpcFramer
  readonly #number: number

  constructor(framer: StreamIpcFramer, number: number, generation: Generation | "detect", maxBytes: number) {
    this.#framer = framer
    this.#number = number
    this.frames = new StreamIpcFrames(this, generation, maxBytes)
  }

  payload(bytes: Uint8Array, start: number, end: number, generation: Generation): void {
    this.#framer.payload(bytes, start, end, generation)
  }
  oversized(bytes: number): void {
    this.#framer.oversized(bytes)
  }
  junk(bytes: Uint8Array): void {
    this.#framer.junk(bytes, this.#number)
  }
  detected(generation: Generation): void {
    this.#framer.detected(generation)
  }
}

/** The classes of envelopes, in small letters as PHP compares them, by their namespace in either generation. */
const envelopeClass = /^(?:php)?streamipc\\envelope\\(request|response)envelope$/i

/** Puts a message into its envelope. */
const enveloped = (message: Exclude<StreamIpcMessage, { _tag: "Undecodable" }>, library: string): PhpObject => {
  switch (message._tag) {
    case "Notification":
      return message.message
    case "Request":
      return PhpObject.of(`${library}\\Envelope\\RequestEnvelope`, { id: message.id, request: message.message })
    case "Response":
      return PhpObject.of(`${library}\\Envelope\\ResponseEnvelope`, { id: message.id, response: message.message })
  }
}

/** Takes a message out of its envelope. Throws where there is none. */
const opened = (value: PhpValue): StreamIpcMessage => {
  if (!(value instanceof PhpObject)) throw new PhpError("Malformed", "the payload is no object")
  const kind = envelopeClass.exec(value.class)?.[1]?.toLowerCase()
  if (kind === undefined) return { _tag: "Notification", message: value }
  const id = value.get("id")
  const message = value.get(kind)
  // JSON's integers become strings in PHP.
  if (typeof id !== "string" && typeof id !== "number") throw new PhpError("Malformed", "an envelope has no id")
  if (!(message instanceof PhpObject)) throw new PhpError("Malformed", `the envelope ${id} holds no message`)
  return { _tag: kind === "request" ? "Request" : "Response", id: String(id), message }
}

const detailOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

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
