/**
 * Messages to Native frames.
 *
 * Law: a message that cannot be said leaves nothing in the buffer.
 *
 * @since 0.1.0
 */
import type { Hello, Message, Part, Refusal } from "../../session/Message.ts"
import type { Sum } from "../framing/Crc32.ts"
import * as Json from "../payload/Json.ts"
import * as Utf8 from "../Utf8.ts"
import type { Lexicon, Shape } from "../Wire.ts"
import type { WriteBuffer } from "../WriteBuffer.ts"
import * as Body from "./NativeBody.ts"
import { NativeFrames, type Write } from "./NativeFrames.ts"
import { bodyBytesBeforeHello, Flag, Kind } from "./NativeKind.ts"

/** The header has four bytes for the length of a body. */
const mostBodyBytes = 0xffffffff

export class NativeWriter {
  readonly #lexicon: Lexicon
  readonly #frames: NativeFrames
  /** The peer's numbers of the methods that this side answers. */
  #numbers: ReadonlyArray<number> = []
  readonly #wantsBinary: boolean
  /** Whether values are written in binary where they can. */
  #binary = false

  constructor(lexicon: Lexicon, seal: Sum | undefined, binary: boolean) {
    this.#lexicon = lexicon
    this.#wantsBinary = binary
    this.#frames = new NativeFrames(seal)
  }

  /** Takes over what the peer has said of itself. */
  greeted(hello: Hello): void {
    // A refusal fits in what every peer reads, so there is always a way to end a call.
    this.#frames.maxBodyBytes = Math.min(Math.max(hello.limits.frameBytes, bodyBytesBeforeHello), mostBodyBytes)
    this.#binary =
      this.#wantsBinary && hello.payloads.includes("binary") && hello.fingerprint === this.#lexicon.fingerprint
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
        return this.#frames.frame(Kind.Defect, 0, message.id, number, Body.writeRefusal(message.reason), buffer)
      }
      case "Cancel":
      case "InputEnd":
        return this.#frames.frame(Kind[message._tag], 0, message.id, message.method + 1, "", buffer)
      case "Credit":
        return this.#frames.frame(
          Kind.Credit,
          0,
          message.id,
          Body.creditNumber(message.of),
          Body.writeCredit(message),
          buffer
        )
      case "Hello":
        return this.#frames.frame(Kind.Hello, 0, 0, 0, Body.writeHello(message.hello), buffer)
      case "Bye":
        return this.#frames.frame(
          Kind.Bye,
          0,
          0,
          0,
          message.reason === undefined ? "" : Body.writeRefusal(message.reason),
          buffer
        )
      case "Proof":
        return this.#frames.frame(Kind.Proof, 0, 0, 0, message.proof, buffer)
      case "Ping":
      case "Pong":
      case "Drain":
        return this.#frames.frame(Kind[message._tag], 0, 0, 0, "", buffer)
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
      const binary = raw === undefined ? this.#inBinary(shape, payload) : undefined
      const flags = raw !== undefined ? Flag.raw : binary !== undefined ? Flag.binary : 0
      const value = raw ?? binary ?? Json.text(shape, payload)
      return this.#frames.frame(
        Kind.Request,
        flags,
        id,
        number,
        value,
        buffer,
        timeoutMillis,
        Body.writeHeaders(headers)
      )
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
      if (raw !== undefined) return this.#frames.frame(kind, Flag.raw, id, number, raw, buffer, timeoutMillis)
      const binary = this.#inBinary(shape, value)
      if (binary !== undefined) return this.#frames.frame(kind, Flag.binary, id, number, binary, buffer, timeoutMillis)
      const placed = this.#frames.place(kind, id, number, shape.json?.write, value, buffer, timeoutMillis)
      if (placed >= 0) return placed
      return this.#frames.frame(kind, 0, id, number, Json.text(shape, value), buffer, timeoutMillis)
    } catch (error) {
      return Body.invalid(part, error)
    }
  }

  #inBinary(shape: Shape, value: unknown): Uint8Array | undefined {
    return this.#binary ? shape.binary?.write(value) : undefined
  }

  #items(
    kind: number,
    { id, items }: { readonly id: number; readonly items: ReadonlyArray<unknown> },
    number: number,
    shape: Shape,
    buffer: WriteBuffer
  ): number | Refusal {
    try {
      if (shape.raw?.is === "bytes") return this.#frames.rawItems(kind, id, number, items.map(shape.raw.encode), buffer)
      const binary = this.#binary ? shape.binary?.writeList(items) : undefined
      if (binary !== undefined) return this.#frames.binaryList(kind, id, number, binary, buffer)
      const write = shape.json?.writeList
      const written = write === undefined ? -1 : this.#frames.list(kind, id, number, write, items, buffer)
      if (written >= 0) return written
      const text = Json.listText(shape, items)
      const copied = this.#frames.list(kind, id, number, writeText, text, buffer)
      return copied >= 0 ? copied : this.#frames.frame(kind, 0, id, number, text, buffer)
    } catch (error) {
      return Body.invalid(kind === Kind.Chunk ? "item" : "input", error)
    }
  }
}

const writeText: Write<string> = (text, bytes, start, end) =>
  start + Utf8.room(text) <= end ? start + Utf8.write(bytes, text, start) : -1
