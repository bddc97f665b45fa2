/**
 * Messages to Native frames, in place into a write buffer.
 *
 * Law: a message that cannot be said leaves nothing in the buffer.
 *
 * @since 0.1.0
 */
import type { Hello, Message, Part, Refusal } from "../../session/Message.ts"
import type { Sum } from "../framing/Crc32.ts"
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

/** With less room than this left, a value is not worth a try. */
const leastRoom = 2 * 1024
/** A value that needs more room is made first. Every peer reads what needs no more. */
const mostRoom = 60 * 1024

/** Room for what precedes a value in a body (deadline, length of the headers) and for the CRC that follows it. */
const besidesBytes = 4 + 4 + Frame.crcBytes

export class NativeWriter {
  readonly #lexicon: Lexicon
  /** Seals what is sent with a CRC, where it does. */
  readonly #seal: Sum | undefined
  readonly #sealBytes: number
  #maxBodyBytes = bodyBytesBeforeHello
  /** The peer's numbers of the methods that this side answers. */
  #numbers: ReadonlyArray<number> = []

  constructor(lexicon: Lexicon, seal: Sum | undefined) {
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
        return this.#frame(Kind.Defect, 0, message.id, number, Body.writeRefusal(message.reason), buffer)
      }
      case "Cancel":
      case "InputEnd":
        return this.#frame(Kind[message._tag], 0, message.id, message.method + 1, "", buffer)
      case "Credit":
        return this.#frame(Kind.Credit, 0, message.id, Body.creditNumber(message.of), Body.writeCredit(message), buffer)
      case "Hello":
        return this.#frame(Kind.Hello, 0, 0, 0, Body.writeHello(message.hello), buffer)
      case "Bye":
        return this.#frame(
          Kind.Bye,
          0,
          0,
          0,
          message.reason === undefined ? "" : Body.writeRefusal(message.reason),
          buffer
        )
      case "Ping":
      case "Pong":
      case "Drain":
        return this.#frame(Kind[message._tag], 0, 0, 0, "", buffer)
    }
  }

  #answers(message: { readonly method: number }, part: Part): Shape {
    return this.#lexicon.answers[message.method]![part]
  }

  #says(message: { readonly method: number }, part: Part): Shape {
    return this.#lexicon.says[message.method]![part]
  }

  #request(message: Extract<Message, { _tag: "Request" }>, buffer: WriteBuffer): number | Refusal {
    const { headers, id, payload, timeoutMillis } = message
    const shape = this.#says(message, "payload")
    const number = message.method + 1
    if (headers === undefined) {
      return this.#value(Kind.Request, id, number, shape, payload, buffer, "payload", timeoutMillis)
    }
    try {
      const raw = shape.raw?.encode(payload)
      const value = raw ?? Json.text(shape, payload)
      const flags = raw === undefined ? 0 : Flag.raw
      return this.#frame(Kind.Request, flags, id, number, value, buffer, timeoutMillis, Body.writeHeaders(headers))
    } catch (error) {
      return Body.invalid("payload", error)
    }
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
    part: Part = "payload",
    timeoutMillis = 0
  ): number | Refusal {
    try {
      const raw = shape.raw?.encode(value)
      if (raw !== undefined) return this.#frame(kind, Flag.raw, id, number, raw, buffer, timeoutMillis)
      const placed = this.#place(kind, id, number, shape.json?.write, value, buffer, timeoutMillis)
      if (placed >= 0) return placed
      return this.#frame(kind, 0, id, number, Json.text(shape, value), buffer, timeoutMillis)
    } catch (error) {
      return Body.invalid(part, error)
    }
  }

  #items(
    kind: number,
    { id, items }: { readonly id: number; readonly items: ReadonlyArray<unknown> },
    number: number,
    shape: Shape,
    buffer: WriteBuffer
  ): number | Refusal {
    try {
      if (shape.raw?.is === "bytes") return this.#rawItems(kind, id, number, items.map(shape.raw.encode), buffer)
      const placed = this.#place(kind, id, number, shape.json?.writeList, items, buffer, 0)
      if (placed >= 0) return placed
      return this.#frame(kind, 0, id, number, Json.listText(shape, items), buffer)
    } catch (error) {
      return Body.invalid(kind === Kind.Chunk ? "item" : "input", error)
    }
  }

  #rawItems(
    kind: number,
    id: number,
    number: number,
    items: ReadonlyArray<Uint8Array>,
    buffer: WriteBuffer
  ): number | Refusal {
    const large = items.find((item) => item.length + this.#sealBytes > this.#maxBodyBytes)
    if (large !== undefined) return this.#oversized(large.length + this.#sealBytes)
    for (const item of items) this.#frame(kind, Flag.raw, id, number, item, buffer)
    return items.reduce((bytes, item) => bytes + item.length, 0)
  }

  /** Writes a frame with its value straight in place. Answers the bytes of the value, or -1: it has to be made first. */
  #place<Value>(
    kind: number,
    id: number,
    number: number,
    write: ((value: Value, bytes: Uint8Array, start: number, end: number) => number) | undefined,
    value: Value,
    buffer: WriteBuffer,
    timeoutMillis: number
  ): number {
    if (write === undefined) return -1
    let room = leastRoom
    for (;;) {
      const at = buffer.reserve(Frame.headerBytes + besidesBytes + room)
      const { slab } = buffer
      room = Math.min(slab.length - at - Frame.headerBytes - besidesBytes, mostRoom)
      const start = at + Frame.headerBytes
      const valueStart = timeoutMillis > 0 ? writeDeadline(slab, start, timeoutMillis) : start
      const end = write(value, slab, valueStart, valueStart + room)
      if (end >= 0) {
        this.#complete(kind, timeoutMillis > 0 ? Flag.deadline : 0, id, number, at, end, buffer)
        return end - valueStart
      }
      if (room === mostRoom) return -1
      room = mostRoom
    }
  }

  /** Writes one frame, and answers the bytes of its value. */
  #frame(
    kind: number,
    valueFlags: number,
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
    let flags = valueFlags
    let end = at + Frame.headerBytes
    if (timeoutMillis > 0) {
      flags |= Flag.deadline
      end = writeDeadline(slab, end, timeoutMillis)
    }
    if (headers !== "") {
      flags |= Flag.headers
      const headerBytes = Utf8.write(slab, headers, end + 4)
      Frame.writeUint32(slab, end, headerBytes)
      end += 4 + headerBytes
    }
    const valueStart = end
    if (typeof value === "string") {
      if (value !== "") end += Utf8.write(slab, value, end)
    } else if (!foreign) {
      slab.set(value, end)
      end += value.length
    }
    const valueBytes = foreign ? value.length : end - valueStart
    const bodyBytes = valueStart - at - Frame.headerBytes + valueBytes + this.#sealBytes
    if (bodyBytes > this.#maxBodyBytes && kind !== Kind.Hello) return this.#oversized(bodyBytes)
    if (foreign) this.#completeForeign(kind, flags, id, number, at, end, value, buffer)
    else this.#complete(kind, flags, id, number, at, end, buffer)
    return valueBytes
  }

  /** Puts the header before a body that ends at `end`, and the seal behind it. */
  #complete(
    kind: number,
    flags: number,
    id: number,
    number: number,
    at: number,
    end: number,
    buffer: WriteBuffer
  ): void {
    const { slab } = buffer
    const start = at + Frame.headerBytes
    if (this.#seal === undefined) {
      Frame.writeHeader(slab, at, kind, flags, end - start, id, number)
      return buffer.commit(end - at)
    }
    Frame.writeUint32(slab, end, this.#seal(slab, start, end))
    Frame.writeHeader(slab, at, kind, flags | Flag.crc, end - start + Frame.crcBytes, id, number)
    buffer.commit(end - at + Frame.crcBytes)
  }

  /** The same for a body that goes on with a chunk of its own. */
  #completeForeign(
    kind: number,
    flags: number,
    id: number,
    number: number,
    at: number,
    end: number,
    chunk: Uint8Array,
    buffer: WriteBuffer
  ): void {
    const start = at + Frame.headerBytes
    const bodyBytes = end - start + chunk.length + this.#sealBytes
    const crcFlag = this.#seal === undefined ? 0 : Flag.crc
    Frame.writeHeader(buffer.slab, at, kind, flags | crcFlag, bodyBytes, id, number)
    buffer.commit(end - at)
    const before = this.#seal?.(buffer.slab, start, end)
    buffer.foreign(chunk)
    if (this.#seal === undefined) return
    // The chunk is summed while it travels.
    buffer.hurry()
    const seal = this.#seal(chunk, 0, chunk.length, before)
    const sealAt = buffer.reserve(Frame.crcBytes)
    Frame.writeUint32(buffer.slab, sealAt, seal)
    buffer.commit(Frame.crcBytes)
  }

  #oversized(bytes: number): Refusal {
    return { _tag: "Oversized", bytes, maxBytes: this.#maxBodyBytes }
  }
}

/** Writes how long the caller waits, and answers the offset after it. */
const writeDeadline = (slab: Uint8Array, at: number, timeoutMillis: number): number => {
  Frame.writeUint32(slab, at, Math.min(timeoutMillis, 0xffffffff))
  return at + 4
}
