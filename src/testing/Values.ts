/**
 * A wire without bytes: messages pass as they are, and can be looked at.
 *
 * For tests within one process that want to see what was said, or care for speed. Values are still encoded and decoded by
 * their schemas, so what does not fit is refused as over any wire. The bytes that travel are tickets: the number of a
 * message that waits on the other side.
 *
 * @since 0.1.0
 */
import type { Message, Part, Refusal } from "../session/Message.ts"
import * as Native from "../wire/dialect/Native.ts"
import { invalid } from "../wire/dialect/NativeBody.ts"
import { readUint32, writeUint32 } from "../wire/framing/MarkedFrame.ts"
import type { Codec, CodecOptions, Lexicon, Method, Out, Shape, Wire } from "../wire/Wire.ts"

/**
 * One message, on its way to the other side.
 *
 * @category models
 * @since 0.1.0
 */
export interface Said {
  /** The side that said it. */
  readonly by: "client" | "server"
  /** The request or event that it belongs to; undefined for what belongs to none, such as Hello. */
  readonly tag: string | undefined
  /** The message; its values as JSON would have them. */
  readonly message: Message
}

/**
 * Who looks on.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Hears of every message, as it is said. It must not throw. */
  readonly onMessage?: ((said: Said) => void) | undefined
}

/**
 * Makes the wire. The transport and the listener of a test must have the same one.
 *
 * @example
 * ```ts
 * import { assert, it } from "@effect/vitest"
 * import * as Effect from "effect/Effect"
 * import * as TestPeer from "effect-ipc/testing/TestPeer"
 * import * as Values from "effect-ipc/testing/Values"
 * import { handlers } from "./handlers.ts"
 * import { Calculator } from "./protocol.ts"
 *
 * it.effect("asks once", () =>
 *   Effect.gen(function* () {
 *     const said: Array<Values.Said> = []
 *     const wire = Values.wire({ onMessage: (message) => said.push(message) })
 *     const calculator = yield* TestPeer.make(Calculator, { wire })
 *     yield* calculator.Divide({ dividend: 1, divisor: 2 })
 *     assert.strictEqual(said.filter(({ message }) => message._tag === "Request").length, 1)
 *   }).pipe(Effect.provide(handlers))
 * )
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const wire = (options: Options = {}): Wire => {
  const mail: Mail = { waiting: new Map(), next: 1, onMessage: options.onMessage }
  return {
    name: "values",
    can: Native.wire().can,
    abandonAfterMillis: 0,
    open: (lexicon, codecOptions) => new ValueCodec(lexicon, codecOptions, mail)
  }
}

/** What was said and not read yet, by ticket. */
interface Mail {
  readonly waiting: Map<number, Said>
  next: number
  readonly onMessage: ((said: Said) => void) | undefined
}

const ticketBytes = 4

class ValueCodec implements Codec {
  readonly #lexicon: Lexicon
  readonly #by: Said["by"]
  readonly #mail: Mail
  /** The ticket that is being read, as far as it has come. */
  readonly #ticket = new Uint8Array(ticketBytes)
  #ticketLength = 0

  constructor(lexicon: Lexicon, { role }: CodecOptions, mail: Mail) {
    this.#lexicon = lexicon
    this.#by = role === "dialer" ? "client" : "server"
    this.#mail = mail
  }

  write(message: Message, out: Out): number | Refusal {
    const { answers, says } = this.#lexicon
    const method = methodOf(message, isFromCaller(message) ? says : answers)
    let said: Said
    try {
      said = {
        by: this.#by,
        tag: method?.tag,
        message: converted(message, method, (shape, value) => shape.encode(value))
      }
    } catch (error) {
      return invalid(parts[message._tag] ?? "payload", error)
    }
    const ticket = this.#mail.next++
    this.#mail.waiting.set(ticket, said)
    this.#mail.onMessage?.(said)
    const at = out.buffer.reserve(ticketBytes)
    writeUint32(out.buffer.slab, at, ticket)
    out.buffer.commit(ticketBytes)
    return 0
  }

  read(chunk: Uint8Array, out: Out): void {
    for (const byte of chunk) {
      this.#ticket[this.#ticketLength++] = byte
      if (this.#ticketLength < ticketBytes) continue
      this.#ticketLength = 0
      this.#take(readUint32(this.#ticket, 0), out)
    }
  }

  #take(ticket: number, out: Out): void {
    const said = this.#mail.waiting.get(ticket)
    if (said === undefined || said.by === this.#by) return out.junk(this.#ticket)
    this.#mail.waiting.delete(ticket)
    const { answers, says } = this.#lexicon
    const methods = isFromCaller(said.message) ? answers : says
    const number = methods.findIndex(({ tag }) => tag === said.tag)
    const method = methods[number]
    if (said.tag !== undefined && method === undefined) return refuse(said.message, { _tag: "UnknownMethod" }, out)
    let message: Message
    try {
      message = converted(said.message, method, (shape, value) => shape.decode(value))
    } catch (error) {
      return refuse(said.message, invalid(parts[said.message._tag] ?? "payload", error), out)
    }
    out.message("method" in message ? { ...message, method: number } : message)
  }

  get unfinished(): boolean {
    return this.#ticketLength > 0
  }

  end(out: Out): void {
    this.abandon(out)
  }

  abandon(out: Out): void {
    if (this.#ticketLength > 0) out.junk(this.#ticket.subarray(0, this.#ticketLength))
    this.#ticketLength = 0
  }
}

/** The parts whose values messages carry. */
const parts: { readonly [tag: string]: Part } = {
  Request: "payload",
  Event: "payload",
  Success: "success",
  Failure: "error",
  Progress: "progress",
  Chunk: "item",
  Input: "input"
}

const fromCaller: ReadonlyArray<Message["_tag"]> = ["Request", "Input", "InputEnd", "Cancel", "Event"]

const isFromCaller = (message: Message): boolean => fromCaller.includes(message._tag)

const methodOf = (message: Message, methods: ReadonlyArray<Method>): Method | undefined =>
  "method" in message ? methods[message.method] : undefined

/** The message, with its values converted by the shape of their part. */
const converted = (
  message: Message,
  method: Method | undefined,
  convert: (shape: Shape, value: unknown) => unknown
): Message => {
  const part = parts[message._tag]
  if (part === undefined || method === undefined) return message
  const shape = method[part]
  switch (message._tag) {
    case "Request":
    case "Event":
      return { ...message, payload: convert(shape, message.payload) }
    case "Success":
    case "Progress":
      return { ...message, value: convert(shape, message.value) }
    case "Failure":
      return { ...message, error: convert(shape, message.error) }
    case "Chunk":
    case "Input":
      return { ...message, items: message.items.map((item) => convert(shape, item)) }
    default:
      return message
  }
}

const refuse = (message: Message, reason: Refusal, out: Out): void => {
  if (message._tag === "Event") return out.refuseEvent(0, reason)
  const about = isFromCaller(message) ? "duty" : "call"
  out.refuse(about, "id" in message ? message.id : 0, -1, reason)
}
