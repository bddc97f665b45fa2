/**
 * The short way of hx/interop: messages whose headers stand as this side, Go, Ruby and PHP write them, and whose body is
 * JSON that generated code reads.
 *
 * Law: what goes the short way is what the general way would have read; anything else goes that, and nothing has changed.
 *
 * @since 0.1.0
 */
import { isAt } from "../Bytes.ts"
import { Reserved } from "../framing/HxMessage.ts"
import { type Out, unread } from "../Wire.ts"
import { readId } from "./HxInteropHead.ts"
import type { HxPart } from "./HxInteropMapping.ts"
import type { Terms } from "./HxInteropTerms.ts"
import type { HxInteropWriter } from "./HxInteropWriter.ts"

const encoder = new TextEncoder()
const beforeClass = encoder.encode(`${Reserved.class}: `)
const beforeLength = encoder.encode(`\n${Reserved.contentType}: application/json\n${Reserved.contentLength}: `)
const beforeAnswerLength = beforeLength.subarray(1)
const beforeId = encoder.encode(`\n${Reserved.id}: `)

const lf = 0x0a
const zero = 0x30
const nine = 0x39
const firstPrintable = 0x21
const lastPrintable = 0x7e
const mostDigits = 9
/** The headers of a request. */
const headers = 4
/** There is no id. */
const none = -1
const noReply = new Uint8Array(0)

/** What may be asked or told, and all of its headers up to the length of its body. */
interface Said {
  readonly method: number
  readonly isEvent: boolean
  readonly payload: HxPart
  readonly opening: Uint8Array
}

export class HxInteropShort {
  readonly #terms: Terms
  readonly #writer: HxInteropWriter
  readonly #prefix: Uint8Array
  readonly #isRoomy: boolean
  /** By the bytes of the class. */
  readonly #said: Array<Array<Said> | undefined> = []
  /** The next message is likely of the class that the last one had. */
  #last: Said | undefined
  // What is known of the message that is being read.
  #idStart = 0
  #idEnd = 0
  #bodyEnd = 0

  constructor(terms: Terms, writer: HxInteropWriter) {
    this.#terms = terms
    this.#writer = writer
    this.#prefix = encoder.encode(terms.idPrefix)
    this.#isRoomy = terms.limits.maxHeaders >= headers
    terms.answers.forEach(({ classBytes, method: { kind }, payload }, method) => {
      if (!payload.plain) return
      const opening = Uint8Array.from([...beforeClass, ...classBytes, ...beforeLength])
      const said = { method, isEvent: kind === "event", payload, opening }
      ;(this.#said[classBytes.length] ??= []).push(said)
      this.#last ??= said
    })
  }

  /** Reads the message that begins at an offset, and answers its bytes; 0 where that did not work. */
  read(bytes: Uint8Array, at: number, end: number, out: Out): number {
    if (!this.#isRoomy) return 0
    const size = this.#answer(bytes, at, end, out)
    return size > 0 ? size : this.#saying(bytes, at, end, out)
  }

  #answer(bytes: Uint8Array, at: number, end: number, out: Out): number {
    if (this.#terms.accepts || !isAt(bytes, at, end, beforeAnswerLength)) return 0
    const start = this.#body(bytes, at, at + beforeAnswerLength.length, end)
    if (start < 0 || this.#idEnd === none || !isAt(bytes, this.#idStart, this.#idEnd, this.#prefix)) return 0
    const id = readId(bytes, this.#idStart + this.#prefix.length, this.#idEnd)
    const asked = typeof id === "number" ? this.#writer.asked.get(id + 1) : undefined
    if (asked === undefined) return 0
    const { method } = asked
    const value = readPart(this.#terms.says[method]!.success, bytes, start, this.#bodyEnd)
    if (value === unread) return 0
    this.#writer.asked.take(asked.id)
    out.message({ _tag: "Success", id: asked.id, method, value })
    return this.#bodyEnd + 1 - at
  }

  #saying(bytes: Uint8Array, at: number, end: number, out: Out): number {
    const said = this.#saidAt(bytes, at, end)
    if (said === undefined) return 0
    const start = this.#body(bytes, at, at + said.opening.length, end)
    const hasId = this.#idEnd !== none
    if (start < 0 || said.isEvent === hasId || (hasId && !this.#terms.accepts)) return 0
    const reply = hasId ? readId(bytes, this.#idStart, this.#idEnd) : noReply
    if (reply === undefined) return 0
    const payload = readPart(said.payload, bytes, start, this.#bodyEnd)
    if (payload === unread) return 0
    const { method } = said
    if (said.isEvent) {
      out.message({ _tag: "Event", method, payload, bytes: this.#bodyEnd - start })
    } else {
      const owed = { id: 0, reply, className: undefined, isEvent: false }
      this.#writer.owed.claim(owed)
      out.message({ _tag: "Request", id: owed.id, method, payload, timeoutMillis: 0, headers: undefined })
    }
    return this.#bodyEnd + 1 - at
  }

  #saidAt(bytes: Uint8Array, at: number, end: number): Said | undefined {
    const last = this.#last
    if (last === undefined) return undefined
    if (isAt(bytes, at, end, last.opening)) return last
    const classStart = at + beforeClass.length
    let classEnd = classStart
    while (classEnd < end && bytes[classEnd] !== lf) classEnd++
    for (const said of this.#said[classEnd - classStart] ?? []) {
      if (isAt(bytes, at, end, said.opening)) return (this.#last = said)
    }
    return undefined
  }

  /**
   * Reads the length and the id of the message that begins at `from`, and answers where its body begins, or -1: also where
   * the message is not whole, or larger than it may be.
   */
  #body(bytes: Uint8Array, from: number, lengthAt: number, end: number): number {
    let at = lengthAt
    let length = 0
    for (let byte = bytes[at]!; byte >= zero && byte <= nine; byte = bytes[++at]!) length = length * 10 + byte - zero
    if (at === lengthAt || at - lengthAt > mostDigits) return -1
    this.#idEnd = none
    if (bytes[at + 1] !== lf) {
      if (!isAt(bytes, at, end, beforeId)) return -1
      at += beforeId.length
      this.#idStart = at
      for (let byte = bytes[at]!; byte >= firstPrintable && byte <= lastPrintable;) byte = bytes[++at]!
      this.#idEnd = at
      if (at === this.#idStart || bytes[at + 1] !== lf) return -1
    }
    const start = at + 2
    const { maxFrameBytes, maxHeaderBytes } = this.#terms.limits
    this.#bodyEnd = start + length
    if (bytes[at] !== lf || start - from > maxHeaderBytes || this.#bodyEnd - from > maxFrameBytes) return -1
    return this.#bodyEnd < end && bytes[this.#bodyEnd] === lf ? start : -1
  }
}

const readPart = ({ plain, shape }: HxPart, bytes: Uint8Array, start: number, end: number): unknown =>
  plain && shape.json !== undefined ? shape.json.read(bytes, start, end) : unread
