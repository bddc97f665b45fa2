/**
 * Messages to Native frames, in place into a write buffer.
 *
 * Law: a message that cannot be said leaves nothing in the buffer.
 *
 * @since 0.1.0
 */
import type { Hello, Message, Part, Refusal } from "../../session/Message.ts"
import * as Frame from "../framing/MarkedFrame.ts"
import * as Json from "../payload/Json.ts"
import * as Utf8 from "../Utf8.ts"
import type { Lexicon, Shape } from "../Wire.ts"
import type { WriteBuffer } from "../WriteBuffer.ts"
import * as Body from "./NativeBody.ts"
import { bodyBytesBeforeHello, Flag, Kind } from "./NativeKind.ts"

/** A raw value from this size on leaves as a chunk of its own, without a copy. */
const foreignBytes = 16 * 1024

/** The header has four bytes for the length of a body. */
const mostBodyBytes = 0xffffffff

/** Room for what precedes a value in a body (deadline, length of the headers) and for the CRC that follows it. */
const besidesBytes = 4 + 4 + Frame.crcBytes

export class NativeWriter {
  readonly #lexicon: Lexicon
  /** Seals what is sent with a CRC, where it does. */
  readonly #seal: Frame.Checksum | undefined
  readonly #sealBytes: number
  #maxBodyBytes = bodyBytesBeforeHello
  /** The peer's numbers of the methods that this side answers. */
  #numbers: ReadonlyArray<number> = []

  constructor(lexicon: Lexicon, seal: Frame.Checksum | undefined) {
    this.#lexicon = lexicon
    this.#seal = seal
    this.#sealBytes = seal === undefined ? 0 : Frame.crcBytes
  }

  /** Takes over what the peer has said of itself. */
  greeted(hello: Hello): void {
    // A refusal fits in what every peer reads, so there is always a way to end a call.
    this.#maxBodyBytes = Math.min(Math.max(hello.limits.frameBytes, bodyBytesBeforeHello), mostBodyBytes)
    const numbers = new Map(hello.methods.map((tag, index) => [tag, index + 1]))
    this.#numbers = this.#lexicon.answers.map((method) => numbers.get(method.tag) ?? 0)
  }

  write(message: Message, buffer: WriteBuffer): number | Refusal {
    switch (message._tag) {
      case "Request":
        return this.#request(message, buffer)
      case "Success":
        return this.#answer(Kind.Success, message, "success", message.value, buffer)
      case "Failure":
        return this.#answer(Kind.Failure, message, "error", message.error, buffer)
      case "Progress":
        return this.#answer(Kind.Progress, message, "progress", message.value, buffer)
      case "Chunk":
        return this.#items(Kind.Chunk, message, this.#numbers[message.method]!, this.#answers(message, "item"), buffer)
      case "Input":
        return this.#items(Kind.Input, message, message.method + 1, this.#says(message, "input"), buffer)
      case "Event":
        return this.#value(Kind.Event, 0, message.method + 1, this.#says(message, "payload"), message.payload, buffer)
      case "Defect": {
        const number = this.#numbers[message.method] ?? 0
        return this.#frame(Kind.Defect, message.id, number, Body.writeRefusal(message.reason), buffer)
      }
      case "Cancel":
      case "InputEnd":
        return this.#frame(Kind[message._tag], message.id, message.method + 1, "", buffer)
      case "Credit":
        return this.#frame(Kind.Credit, message.id, Body.creditNumber(message.of), Body.writeCredit(message), buffer)
      case "Hello":
        return this.#frame(Kind.Hello, 0, 0, Body.writeHello(message.hello), buffer)
      case "Bye":
        return this.#frame(
          Kind.Bye,
          0,
          0,
          message.reason === undefined ? "" : Body.writeRefusal(message.reason),
          buffer
        )
      case "Ping":
      case "Pong":
      case "Drain":
        return this.#frame(Kind[message._tag], 0, 0, "", buffer)
    }
  }

  #answers(message: { readonly method: number }, part: Part): Shape {
    return this.#lexicon.answers[message.method]![part]
  }

  #says(message: { readonly method: number }, part: Part): Shape {
    return this.#lexicon.says[message.method]![part]
  }

  #request(message: Extract<Message, { _tag: "Request" }>, buffer: WriteBuffer): number | Refusal {
    let value: string | Uint8Array
    let headers = ""
    try {
      value = encode(this.#says(message, "payload"), message.payload)
      if (message.headers !== undefined) headers = Body.writeHeaders(message.headers)
    } catch (error) {
      return Body.invalid("payload", error)
    }
    return this.#frame(Kind.Request, message.id, message.method + 1, value, buffer, message.timeoutMillis, headers)
  }

  #answer(
    kind: number,
    message: { readonly id: number; readonly method: number },
    part: Part,
    value: unknown,
    buffer: WriteBuffer
  ): number | Refusal {
    const shape = this.#answers(message, part)
    return this.#value(kind, message.id, this.#numbers[message.method]!, shape, value, buffer, part)
  }

  #value(
    kind: number,
    id: number,
    number: number,
    shape: Shape,
    value: unknown,
    buffer: WriteBuffer,
    part: Part = "payload"
  ): number | Refusal {
    let encoded: string | Uint8Array
    try {
      encoded = encode(shape, value)
    } catch (error) {
      return Body.invalid(part, error)
    }
    return this.#frame(kind, id, number, encoded, buffer)
  }

  #items(
    kind: number,
    message: { readonly id: number; readonly items: ReadonlyArray<unknown> },
    number: number,
    shape: Shape,
    buffer: WriteBuffer
  ): number | Refusal {
    const { raw } = shape
    try {
      if (raw === undefined) return this.#frame(kind, message.id, number, Json.listText(shape, message.items), buffer)
      const items = message.items.map((item) => raw.encode(item))
      const large = items.find((item) => item.length + this.#sealBytes > this.#maxBodyBytes)
      if (large !== undefined) return this.#oversized(large.length + this.#sealBytes)
      for (const item of items) this.#frame(kind, message.id, number, item, buffer)
      return items.reduce((bytes, item) => bytes + item.length, 0)
    } catch (error) {
      return Body.invalid(kind === Kind.Chunk ? "item" : "input", error)
    }
  }

  /** Writes one frame, and answers the bytes of its value. */
  #frame(
    kind: number,
    id: number,
    number: number,
    value: string | Uint8Array,
    buffer: WriteBuffer,
    timeoutMillis = 0,
    headers = ""
  ): number | Refusal {
    // A value of that many characters is at least as many bytes: no need to write it to know.
    if (value.length > this.#maxBodyBytes && kind !== Kind.Hello) {
      return this.#oversized(typeof value === "string" ? Utf8.byteLength(value) : value.length)
    }
    const foreign = typeof value !== "string" && value.length >= foreignBytes
    const valueRoom = typeof value === "string" ? Utf8.room(value) : foreign ? 0 : value.length
    const at = buffer.reserve(Frame.headerBytes + besidesBytes + Utf8.room(headers) + valueRoom)
    const { slab } = buffer
    const start = at + Frame.headerBytes
    let flags = 0
    let end = start
    if (timeoutMillis > 0) {
      flags |= Flag.deadline
      Frame.writeUint32(slab, end, Math.min(timeoutMillis, 0xffffffff))
      end += 4
    }
    if (headers !== "") {
      flags |= Flag.headers
      const headerBytes = Utf8.write(slab, headers, end + 4)
      Frame.writeUint32(slab, end, headerBytes)
      end += 4 + headerBytes
    }
    const besides = end - start
    if (typeof value === "string") {
      if (value !== "") end += Utf8.write(slab, value, end)
    } else {
      if (kind !== Kind.Credit) flags |= Flag.raw
      if (!foreign) {
        slab.set(value, end)
        end += value.length
      }
    }
    const bodyBytes = end - start + (foreign ? value.length : 0) + this.#sealBytes
    if (bodyBytes > this.#maxBodyBytes && kind !== Kind.Hello) return this.#oversized(bodyBytes)
    if (this.#seal !== undefined) flags |= Flag.crc
    Frame.writeHeader(slab, at, kind, flags, bodyBytes, id, number)
    buffer.commit(end - at)
    const seal = this.#seal?.(slab.subarray(start, end))
    if (foreign) buffer.foreign(value)
    if (seal !== undefined) this.#writeSeal(foreign ? this.#seal!(value, seal) : seal, buffer)
    return bodyBytes - besides - this.#sealBytes
  }

  #writeSeal(crc: number, buffer: WriteBuffer): void {
    const at = buffer.reserve(Frame.crcBytes)
    Frame.writeUint32(buffer.slab, at, crc)
    buffer.commit(Frame.crcBytes)
  }

  #oversized(bytes: number): Refusal {
    return { _tag: "Oversized", bytes, maxBytes: this.#maxBodyBytes }
  }
}

const encode = (shape: Shape, value: unknown): string | Uint8Array =>
  shape.raw === undefined ? Json.text(shape, value) : shape.raw.encode(value)
