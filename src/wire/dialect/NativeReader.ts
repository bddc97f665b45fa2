/**
 * Native frames to messages.
 *
 * Law: what came whole and cannot be understood is refused with the id it carries; a frame of an unknown kind is
 * skipped.
 *
 * @since 0.1.0
 */
import type { Headers, Hello, Message, Part, Refusal, RequestMessage } from "../../session/Message.ts"
import type { Sum } from "../framing/Crc32.ts"
import * as Frame from "../framing/MarkedFrame.ts"
import * as Json from "../payload/Json.ts"
import * as Utf8 from "../Utf8.ts"
import type { About, BinaryShape, Lexicon, Method, Out, Shape } from "../Wire.ts"
import * as Body from "./NativeBody.ts"
import { Flag, Kind } from "./NativeKind.ts"

export class NativeReader implements Frame.FrameSink {
  readonly frames: Frame.Reader
  readonly #lexicon: Lexicon
  readonly #maxBodyBytes: number
  readonly #greeted: (hello: Hello) => void
  /** Where the frames of the chunk being read go. */
  out: Out | undefined
  /** The methods that this side answers, by the peer's number; undefined until its Hello. */
  #methods: ReadonlyArray<number> | undefined

  constructor(lexicon: Lexicon, maxBodyBytes: number, sum: Sum | undefined, greeted: (hello: Hello) => void) {
    this.#lexicon = lexicon
    this.#maxBodyBytes = maxBodyBytes
    this.#greeted = greeted
    this.frames = new Frame.Reader(this, maxBodyBytes, sum)
  }

  junk(bytes: Uint8Array): void {
    this.out!.junk(bytes)
  }

  oversized(kind: number, id: number, number: number, bodyBytes: number): void {
    this.#lost(kind, id, number, bodyBytes, { _tag: "Oversized", bytes: bodyBytes, maxBytes: this.#maxBodyBytes })
  }

  corrupt(kind: number, id: number, number: number, bodyBytes: number): void {
    const reason: Refusal = { _tag: "Malformed", detail: "the body of a frame does not match its CRC" }
    this.#lost(kind, id, number, bodyBytes, reason)
  }

  #lost(kind: number, id: number, number: number, bodyBytes: number, reason: Refusal): void {
    if (kind === Kind.Event) this.out!.refuseEvent(bodyBytes, reason)
    else this.#refuse(kind, id, reason, number)
  }

  frame(kind: number, flags: number, id: number, number: number, bytes: Uint8Array, start: number, end: number): void {
    switch (kind) {
      case Kind.Request:
        return this.#onRequest(flags, id, number, bytes, start, end)
      case Kind.Success:
        return this.#onAnswer(kind, "success", flags, id, number, bytes, start, end)
      case Kind.Failure:
        return this.#onAnswer(kind, "error", flags, id, number, bytes, start, end)
      case Kind.Progress:
        return this.#onAnswer(kind, "progress", flags, id, number, bytes, start, end)
      case Kind.Chunk:
        return this.#onAnswer(kind, "item", flags, id, number, bytes, start, end)
      case Kind.Input:
        return this.#onInput(flags, id, number, bytes, start, end)
      case Kind.Event:
        return this.#onEvent(flags, number, bytes, start, end)
      default:
        return this.#onControl(kind, id, number, bytes, start, end)
    }
  }

  #onRequest(flags: number, id: number, number: number, bytes: Uint8Array, start: number, end: number): void {
    const method = this.#method(number, "request")
    if (method === -1) return this.#refuse(Kind.Request, id, this.#unknown())
    let request: RequestMessage
    try {
      request = this.#request(method, flags, id, bytes, start, end)
    } catch (error) {
      return this.#invalid(Kind.Request, id, "payload", error)
    }
    this.out!.message(request)
  }

  #request(method: number, flags: number, id: number, bytes: Uint8Array, start: number, end: number): RequestMessage {
    let at = start
    let timeoutMillis = 0
    let headers: Headers | undefined
    if ((flags & Flag.deadline) !== 0) {
      timeoutMillis = Frame.readUint32(bytes, at)
      at += 4
    }
    const headersAt = at + 4
    if ((flags & Flag.headers) !== 0) at = headersAt + Frame.readUint32(bytes, at)
    if (at > end) throw new Error("the body is shorter than its headers")
    if ((flags & Flag.headers) !== 0) headers = Body.readHeaders(bytes, headersAt, at)
    const payload = this.#value(this.#lexicon.answers[method]!.payload, flags, bytes, at, end)
    return { _tag: "Request", id, method, payload, timeoutMillis, headers }
  }

  /** What belongs to one of our calls; its number is ours. */
  #onAnswer(
    kind: number,
    part: Part,
    flags: number,
    id: number,
    number: number,
    bytes: Uint8Array,
    start: number,
    end: number
  ): void {
    const method = number - 1
    const shape = this.#lexicon.says[method]?.[part]
    if (shape === undefined) {
      return this.#refuse(kind, id, { _tag: "Malformed", detail: `an answer names method ${number}, which is none` })
    }
    let message: Message
    try {
      switch (kind) {
        case Kind.Success:
          message = { _tag: "Success", id, method, value: this.#value(shape, flags, bytes, start, end) }
          break
        case Kind.Failure:
          message = { _tag: "Failure", id, method, error: this.#value(shape, flags, bytes, start, end) }
          break
        case Kind.Progress:
          message = { _tag: "Progress", id, method, value: this.#value(shape, flags, bytes, start, end) }
          break
        default:
          message = {
            _tag: "Chunk",
            id,
            method,
            items: this.#list(shape, flags, bytes, start, end),
            bytes: end - start
          }
      }
    } catch (error) {
      return this.#invalid(kind, id, part, error)
    }
    this.out!.message(message)
  }

  #onInput(flags: number, id: number, number: number, bytes: Uint8Array, start: number, end: number): void {
    const method = this.#method(number, "request")
    if (method === -1) return this.#refuse(Kind.Input, id, this.#unknown())
    let items: ReadonlyArray<unknown>
    try {
      items = this.#list(this.#lexicon.answers[method]!.input, flags, bytes, start, end)
    } catch (error) {
      return this.#invalid(Kind.Input, id, "input", error)
    }
    this.out!.message({ _tag: "Input", id, method, items, bytes: end - start })
  }

  #onEvent(flags: number, number: number, bytes: Uint8Array, start: number, end: number): void {
    const method = this.#method(number, "event")
    if (method === -1) return this.out!.refuseEvent(end - start, this.#unknown())
    let payload: unknown
    try {
      payload = this.#value(this.#lexicon.answers[method]!.payload, flags, bytes, start, end)
    } catch (error) {
      return this.out!.refuseEvent(end - start, Body.invalid("payload", error))
    }
    this.out!.message({ _tag: "Event", method, payload, bytes: end - start })
  }

  #onControl(kind: number, id: number, number: number, bytes: Uint8Array, start: number, end: number): void {
    let message: Message | undefined
    try {
      message = this.#control(kind, id, number, bytes, start, end)
    } catch (error) {
      const detail = `${kindName(kind)}: ${Body.detailOf(error)}`
      return this.#refuse(kind, id, { _tag: "Malformed", detail }, number)
    }
    if (message !== undefined) this.out!.message(message)
  }

  #control(
    kind: number,
    id: number,
    number: number,
    bytes: Uint8Array,
    start: number,
    end: number
  ): Message | undefined {
    switch (kind) {
      case Kind.Hello:
        return { _tag: "Hello", hello: this.#onHello(Body.readHello(bytes, start, end)) }
      case Kind.Defect:
        return { _tag: "Defect", id, method: number - 1, reason: Body.readRefusal(bytes, start, end) }
      case Kind.Cancel:
        return { _tag: "Cancel", id, method: this.#method(number, "request") }
      case Kind.InputEnd:
        return { _tag: "InputEnd", id, method: this.#method(number, "request") }
      case Kind.Credit:
        return Body.readCredit(id, number, bytes, start, end)
      case Kind.Ping:
        return { _tag: "Ping" }
      case Kind.Pong:
        return { _tag: "Pong" }
      case Kind.Drain:
        return { _tag: "Drain" }
      case Kind.Bye:
        return { _tag: "Bye", reason: start === end ? undefined : Body.readRefusal(bytes, start, end) }
      case Kind.Proof:
        return { _tag: "Proof", proof: Body.readProof(bytes, start, end) }
      default:
        return undefined
    }
  }

  /** Learns the peer's numbers, the first time it says them. */
  #onHello(hello: Hello): Hello {
    if (this.#methods === undefined) {
      const known = new Map(this.#lexicon.answers.map((method, index) => [method.tag, index]))
      this.#methods = hello.methods.map((tag) => known.get(tag) ?? -1)
      this.#greeted(hello)
    }
    return hello
  }

  /** The method of that kind that the peer means by a number, or -1: who answers a request does not take it as an event. */
  #method(number: number, kind: Method["kind"]): number {
    const method = this.#methods?.[number - 1] ?? -1
    return this.#lexicon.answers[method]?.kind === kind ? method : -1
  }

  #value(shape: Shape, flags: number, bytes: Uint8Array, start: number, end: number): unknown {
    const form = flags & forms
    if (form === 0) return Json.read(shape, bytes, start, end)
    if (form !== Flag.raw) return binaryOf(shape, form).read(bytes, start, end)
    if (shape.raw === undefined) throw new Error("expected JSON, got raw bytes")
    if (shape.raw.is === "text") return shape.raw.decode(Utf8.read(bytes, start, end))
    return shape.raw.decode(this.frames.own(bytes, start, end))
  }

  #list(shape: Shape, flags: number, bytes: Uint8Array, start: number, end: number): ReadonlyArray<unknown> {
    const form = flags & forms
    if (form === 0) return Json.readList(shape, bytes, start, end)
    if (form !== Flag.raw) return binaryOf(shape, form).readList(bytes, start, end)
    return [this.#value(shape, flags, bytes, start, end)]
  }

  #unknown(): Refusal {
    return this.#methods === undefined
      ? { _tag: "Malformed", detail: "a frame came before Hello" }
      : { _tag: "UnknownMethod" }
  }

  #invalid(kind: number, id: number, part: Part, error: unknown): void {
    this.#refuse(kind, id, Body.invalid(part, error))
  }

  #refuse(kind: number, id: number, reason: Refusal, number = 0): void {
    const about = whose(kind, number)
    this.out!.refuse(about, about === "none" ? 0 : id, -1, reason)
  }
}

/** What a value may be instead of JSON. */
const forms = Flag.raw | Flag.binary

const binaryOf = ({ binary }: Shape, form: number): BinaryShape => {
  if (form !== Flag.binary) throw new Error("a value cannot be raw and binary at once")
  if (binary === undefined) throw new Error("expected JSON, got binary")
  return binary
}

/** Whose exchange a frame of this kind, with this number, belongs to, seen from the side that reads it. */
const whose = (kind: number, number: number): About => {
  switch (kind) {
    case Kind.Request:
    case Kind.Input:
    case Kind.InputEnd:
    case Kind.Cancel:
      return "duty"
    case Kind.Chunk:
    case Kind.Progress:
    case Kind.Success:
    case Kind.Failure:
    case Kind.Defect:
      return "call"
    case Kind.Credit:
      return creditIsFor(number)
    default:
      return "none"
  }
}

const kindName = (kind: number): string =>
  Object.entries(Kind).find(([, value]) => value === kind)?.[0] ?? `kind ${kind}`

/** Credit comes for what this side sends. Without it the stream would wait for ever, so it must not get lost quietly. */
const creditIsFor = (number: number): About => {
  const of = Body.creditOf(number)
  return of === "answer" ? "duty" : of === "input" ? "call" : "none"
}
