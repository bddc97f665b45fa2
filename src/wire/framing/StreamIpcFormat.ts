/**
 * The messages of php-stream-ipc below requests and events: what was said with or without an id, and what no one could read.
 *
 * A message is an object of PHP. In a request or a response it stands in an envelope with the id; as a notification it
 * stands alone. There is no handshake and no goodbye.
 *
 * @since 0.1.0
 */
import type { Format, Framer, FramerOut, Refusal } from "../Format.ts"
import { PhpError, PhpObject, type PhpValue } from "../payload/PhpValue.ts"
import type { WriteBuffer } from "../WriteBuffer.ts"
import type { Generation } from "./StreamIpcFrames.ts"
import { type PayloadsSink, type Speech, StreamIpcPayloads } from "./StreamIpcPayloads.ts"

export type { Serializer, Speech } from "./StreamIpcPayloads.ts"

/**
 * What one side may say to the other. An id is whatever text its side chose; PHP may choose bytes that are no UTF-8, and of
 * such an id each byte above 127 is half a surrogate pair here, U+DC80 to U+DCFF.
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
 * Makes the format of php-stream-ipc.
 *
 * @category constructors
 * @since 0.1.0
 */
export const format = (options: Speech = {}): Format<StreamIpcMessage> => ({
  name: "php-stream-ipc",
  abandonAfterMillis,
  open: ({ maxFrameBytes }) => new StreamIpcFramer(options, maxFrameBytes)
})

/** The namespace of the library's own classes. */
export const libraryOf = (generation: Generation): string => (generation === "v1" ? "StreamIpc" : "PhpStreamIpc")

/** How long an unfinished frame may stand still: text may hold a mark, and what follows it looks like a length. */
export const abandonAfterMillis = 10_000

class StreamIpcFramer implements Framer<StreamIpcMessage>, PayloadsSink {
  readonly #payloads: StreamIpcPayloads
  readonly #maxBytes: number
  #out: FramerOut<StreamIpcMessage> | undefined

  constructor(speech: Speech, maxBytes: number) {
    this.#maxBytes = maxBytes
    this.#payloads = new StreamIpcPayloads(this, speech, maxBytes)
  }

  read(chunk: Uint8Array, out: FramerOut<StreamIpcMessage>, stream = 0): void {
    this.#out = out
    this.#payloads.read(chunk, stream)
  }

  end(out: FramerOut<StreamIpcMessage>): void {
    this.#out = out
    this.#payloads.end()
  }

  isUnfinished(stream: number): boolean {
    return this.#payloads.unfinished(stream)
  }

  abandon(out: FramerOut<StreamIpcMessage>, stream: number): void {
    this.#out = out
    this.#payloads.abandon(stream)
  }

  write(message: StreamIpcMessage, buffer: WriteBuffer): number | Refusal {
    if (message._tag === "Undecodable") return { _tag: "Unsayable", detail: "what could not be read cannot be said" }
    try {
      return this.#payloads.put(this.#payloads.encode(enveloped(message, this.#payloads.generation)), buffer)
    } catch (error) {
      return { _tag: "Unsayable", detail: detailOf(error) }
    }
  }

  payload(bytes: Uint8Array, start: number, end: number): void {
    let message: StreamIpcMessage
    try {
      message = opened(this.#payloads.decode(bytes, start, end))
    } catch (error) {
      message = { _tag: "Undecodable", bytes: new Uint8Array(bytes.subarray(start, end)), why: detailOf(error) }
    }
    this.#out!.message(message)
  }

  oversized(bytes: number): void {
    this.#out!.refuse({ _tag: "Oversized", bytes, maxBytes: this.#maxBytes })
  }

  junk(bytes: Uint8Array, stream: number): void {
    this.#out!.junk(bytes, stream)
  }
}

/** The classes of envelopes, in small letters as PHP compares them, by their namespace in either generation. */
const envelopeClass = /^(?:php)?streamipc\\envelope\\(request|response)envelope$/i

/** Puts a message into its envelope. */
export const enveloped = (
  message: Exclude<StreamIpcMessage, { _tag: "Undecodable" }>,
  generation: Generation
): PhpObject => {
  const library = libraryOf(generation)
  switch (message._tag) {
    case "Notification":
      return message.message
    case "Request":
      return PhpObject.of(`${library}\\Envelope\\RequestEnvelope`, {
        id: idValue(message.id),
        request: message.message
      })
    case "Response":
      return PhpObject.of(`${library}\\Envelope\\ResponseEnvelope`, {
        id: idValue(message.id),
        response: message.message
      })
  }
}

/** What an envelope holds; not all of it may be right. */
export interface Envelope {
  readonly kind: "request" | "response"
  readonly id: string | undefined
  readonly message: PhpValue | undefined
}

/** Opens an envelope; undefined for an object that is none. */
export const envelopeOf = (object: PhpObject): Envelope | undefined => {
  const kind = envelopeClass.exec(object.class)?.[1]?.toLowerCase() as Envelope["kind"] | undefined
  if (kind === undefined) return undefined
  return { kind, id: idOf(object.get("id")), message: object.get(kind) }
}

const idOf = (value: PhpValue | undefined): string | undefined => {
  if (value instanceof Uint8Array) return idOfBytes(value)
  // JSON's integers become strings in PHP.
  const isId = typeof value === "string" || typeof value === "number" || typeof value === "bigint"
  return isId ? String(value) : undefined
}

const idOfBytes = (bytes: Uint8Array): string => {
  let id = ""
  for (const byte of bytes) id += String.fromCharCode(byte < 0x80 ? byte : byte + halfPair)
  return id
}

/** What makes half a surrogate pair of a byte. */
const halfPair = 0xdc00
const ofBytes = /^[\p{ASCII}\udc80-\udcff]*$/u

const idValue = (id: string): string | Uint8Array =>
  id.isWellFormed() || !ofBytes.test(id) ? id : Uint8Array.from(id, (character) => character.charCodeAt(0) & 0xff)

/** Takes a message out of its envelope. Throws where there is none. */
export const opened = (value: PhpValue): StreamIpcMessage => {
  if (!(value instanceof PhpObject)) throw new PhpError("Malformed", "the payload is no object")
  const envelope = envelopeOf(value)
  if (envelope === undefined) return { _tag: "Notification", message: value }
  const { id, kind, message } = envelope
  if (id === undefined) throw new PhpError("Malformed", "an envelope has no id")
  if (!(message instanceof PhpObject)) throw new PhpError("Malformed", `the envelope ${id} holds no message`)
  return { _tag: kind === "request" ? "Request" : "Response", id, message }
}

/** What was wrong. */
export const detailOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
