/**
 * Messages of hx/interop to those of a session.
 *
 * What a message is depends on who reads it: to who accepts links each one is a request or an event, to who dials an
 * answer or an event. Law: what came whole and cannot be understood is refused with the id it carries.
 *
 * @since 0.1.0
 */
import type { Refusal } from "../../session/Message.ts"
import type { HxHead } from "../framing/HxHead.ts"
import { HxReader, type HxSink } from "../framing/HxReader.ts"
import { shown } from "../framing/HxMessage.ts"
import { Known } from "../framing/HxText.ts"
import * as ContentType from "../payload/ContentType.ts"
import * as Json from "../payload/Json.ts"
import type { Out, Shape } from "../Wire.ts"
import * as Errors from "./HxInteropErrors.ts"
import { classOf, errorText, headersOf, isText, isType, maxIdBytes, readId } from "./HxInteropHead.ts"
import type { HxMethod, HxPart } from "./HxInteropMapping.ts"
import { HxInteropShort } from "./HxInteropShort.ts"
import * as Values from "./HxInteropValues.ts"
import type { Asked, HxInteropWriter, Owed } from "./HxInteropWriter.ts"
import type { Terms } from "./HxInteropTerms.ts"
import * as Body from "./NativeBody.ts"

const emptyAnswer =
  "the answer is empty, and its schema wants a value: servers of hx/interop answer a class that they do not know with nothing"

export class HxInteropReader implements HxSink {
  readonly reader: HxReader
  /** Where the messages of the chunk being read go. */
  out: Out | undefined
  readonly #terms: Terms
  readonly #writer: HxInteropWriter
  readonly #classes: ReadonlyMap<string, number>
  readonly #prefix: Uint8Array
  /** The method of the last class: the next message likely has the same one, and then no string has to be made. */
  #lastMethod = -1
  readonly #short: HxInteropShort
  readonly #own: Values.Own = (bytes, start, end) => this.reader.own(bytes, start, end)

  constructor(terms: Terms, writer: HxInteropWriter) {
    this.#terms = terms
    this.#writer = writer
    this.#classes = new Map(terms.answers.map((method, index) => [method.class, index]))
    this.#prefix = new TextEncoder().encode(terms.idPrefix)
    this.#short = new HxInteropShort(terms, writer)
    this.reader = new HxReader(this, terms.limits)
  }

  whole(bytes: Uint8Array, at: number, end: number): number {
    return this.#short.read(bytes, at, end, this.out!)
  }

  message(head: HxHead, bytes: Uint8Array, start: number, end: number): void {
    if (this.#terms.accepts) this.#onAsked(head, bytes, start, end)
    else this.#onSaid(head, bytes, start, end)
  }

  junk(bytes: Uint8Array): void {
    this.out!.junk(bytes)
  }

  lost(reason: Refusal): void {
    this.out!.lost(reason)
  }

  /** A message that the framing could not take: its headers say whom it concerns, as far as they were read. */
  refuse(reason: Refusal, head: HxHead): void {
    const asked = this.#terms.accepts ? undefined : this.#takeAsked(head)
    if (asked !== undefined) return this.out!.refuse("call", asked.id, asked.method, reason)
    if (this.#terms.accepts && head.find(Known.id) >= 0) return this.#refuseOwed(this.#owe(head), -1, reason)
    this.out!.refuse("none", 0, -1, reason)
  }

  // What a server reads

  #onAsked(head: HxHead, bytes: Uint8Array, start: number, end: number): void {
    const hasId = head.find(Known.id) >= 0
    const method = this.#methodOf(head)
    if (method < 0) return this.#onUnknown(head, hasId, end - start)
    const hx = this.#terms.answers[method]!
    if (hx.method.kind === "event") return this.#onEvent(hx, method, head, bytes, start, end)
    const owed = this.#owe(head)
    if (owed === undefined) return this.#refuseOwed(owed, method, longId)
    let payload: unknown
    try {
      payload = this.#payload(hx.payload, head, bytes, start, end)
    } catch (error) {
      return this.#refuseOwed(owed, method, Body.invalid("payload", error))
    }
    const headers = head.hasMore ? headersOf(head, hx) : undefined
    this.out!.message({ _tag: "Request", id: owed.id, method, payload, timeoutMillis: 0, headers })
  }

  /** A class that nobody here takes. Without an id it is an event, which nobody waits for. */
  #onUnknown(head: HxHead, hasId: boolean, bytes: number): void {
    if (head.find(Known.class) >= 0 && !hasId) return this.out!.refuseEvent(bytes, { _tag: "UnknownMethod" })
    if (head.find(Known.class) >= 0) {
      return this.#refuseOwed(this.#owe(head, classOf(head)), -1, { _tag: "UnknownMethod" })
    }
    const reason: Refusal = { _tag: "Malformed", detail: "a message has no Interop-Rpc-Class" }
    if (hasId) this.#refuseOwed(this.#owe(head), -1, reason)
    else this.out!.refuse("none", 0, -1, reason)
  }

  #onEvent(hx: HxMethod, method: number, head: HxHead, bytes: Uint8Array, start: number, end: number): void {
    // Other servers answer whatever comes, so who says an event with an id waits.
    const owed = this.#terms.accepts && head.find(Known.id) >= 0 ? this.#owe(head, undefined, true) : undefined
    let payload: unknown
    try {
      payload = this.#payload(hx.payload, head, bytes, start, end)
    } catch (error) {
      const reason = Body.invalid("payload", error)
      this.out!.refuseEvent(end - start, reason)
      return this.#acknowledge(owed)
    }
    this.out!.message({ _tag: "Event", method, payload, bytes: end - start })
    this.#acknowledge(owed)
  }

  /** Answers an event that came with an id, with nothing. The session passes it on, so that it leaves like any answer. */
  #acknowledge(owed: Owed | undefined): void {
    if (owed !== undefined) this.out!.refuse("duty", owed.id, -1, { _tag: "UnknownMethod" })
  }

  /** Notes that the peer waits for an answer to the id of a message; a request without one is answered to an empty id. */
  #owe(head: HxHead, className?: string, isEvent = false): Owed | undefined {
    const at = head.find(Known.id)
    const reply = at < 0 ? noId : readId(head.bytes, head.valueStart(at), head.valueEnd(at))
    if (reply === undefined) return undefined
    const owed: Owed = { id: 0, reply, className, isEvent }
    this.#writer.owed.claim(owed)
    return owed
  }

  #refuseOwed(owed: Owed | undefined, method: number, reason: Refusal): void {
    if (owed === undefined) this.out!.refuse("none", 0, -1, longId)
    else this.out!.refuse("duty", owed.id, method, reason)
  }

  // What a client reads

  #onSaid(head: HxHead, bytes: Uint8Array, start: number, end: number): void {
    const asked = this.#takeAsked(head)
    if (asked !== undefined) return this.#onAnswer(asked, head, bytes, start, end)
    const method = this.#methodOf(head)
    if (method >= 0) return this.#onEvent(this.#terms.answers[method]!, method, head, bytes, start, end)
    if (head.find(Known.class) >= 0) return this.out!.refuseEvent(end - start, { _tag: "UnknownMethod" })
    const idAt = head.find(Known.id)
    const text = errorText(head)
    if (idAt >= 0 && head.valueStart(idAt) < head.valueEnd(idAt)) {
      // Nobody waits for it, so it is counted as late.
      return this.out!.message({ _tag: "Defect", id: 0, method: 0, reason: Errors.defect(text) })
    }
    // Servers answer events too, to no id at all: with nothing, or as Ruby does when a handler has thrown.
    if (head.find(Known.error) >= 0) this.out!.refuse("none", 0, -1, Errors.defect(text))
  }

  /** The call that a message answers, which waits no more. */
  #takeAsked(head: HxHead): Asked | undefined {
    const at = head.find(Known.id)
    if (at < 0) return undefined
    const { bytes } = head
    const start = head.valueStart(at)
    for (let index = 0; index < this.#prefix.length; index++) {
      if (bytes[start + index] !== this.#prefix[index]) return undefined
    }
    const id = readId(bytes, start + this.#prefix.length, head.valueEnd(at))
    return typeof id === "number" ? this.#writer.asked.take(id + 1) : undefined
  }

  #onAnswer({ id, method }: Asked, head: HxHead, bytes: Uint8Array, start: number, end: number): void {
    const hx = this.#terms.says[method]!
    if (head.find(Known.error) >= 0) return this.#onError(id, method, head, bytes, start, end)
    let value: unknown
    try {
      value = this.#answer(hx.success, head, bytes, start, end)
    } catch (error) {
      return this.out!.refuse("call", id, method, Body.invalid("success", error))
    }
    this.out!.message({ _tag: "Success", id, method, value })
  }

  /** An error is that of the application where the body, or else the text, is one of its schema. */
  #onError(id: number, method: number, head: HxHead, bytes: Uint8Array, start: number, end: number): void {
    const text = errorText(head)
    if (isType(head, refusalTypeBytes)) {
      const reason = Errors.readRefusal(bytes, start, end, text)
      return this.out!.message({ _tag: "Defect", id, method, reason })
    }
    const shape = this.#terms.says[method]!.method.error
    const attempts = [
      () => (start === end ? failed() : Values.readBody(shape, shape.raw, this.#body(head, bytes, start, end))),
      () => shape.decode(text)
    ]
    for (const attempt of attempts) {
      let error: unknown
      try {
        error = attempt()
      } catch {
        continue
      }
      return this.out!.message({ _tag: "Failure", id, method, error })
    }
    this.out!.message({ _tag: "Defect", id, method, reason: Errors.defect(text) })
  }

  // Values

  #payload(part: HxPart, head: HxHead, bytes: Uint8Array, start: number, end: number): unknown {
    if (part.plain && start < end && isJson(head)) return Json.read(part.shape, bytes, start, end)
    return Values.read(part, head, this.#body(head, bytes, start, end))
  }

  #answer(part: HxPart, head: HxHead, bytes: Uint8Array, start: number, end: number): unknown {
    if (part.plain && start < end && isJson(head)) return Json.read(part.shape, bytes, start, end)
    const isNothing = start === end && head.find(Known.contentType) < 0 && head.find(Known.contentLength) < 0
    if (!isNothing || part.headers.some(({ header }) => head.get(header) !== undefined)) {
      return Values.read(part, head, this.#body(head, bytes, start, end))
    }
    if (isNothingOf(part.shape)) return undefined
    throw new Error(emptyAnswer)
  }

  #body(head: HxHead, bytes: Uint8Array, start: number, end: number): Values.Body {
    return { bytes, start, end, type: this.#type(head, start === end), own: this.#own }
  }

  /** The content type that a message declares. It matters to a body only. */
  #type(head: HxHead, isEmpty: boolean): ContentType.ContentType | undefined {
    const at = head.find(Known.contentType)
    if (at < 0 || head.valueStart(at) === head.valueEnd(at)) return undefined
    const name = head.value(at)
    const type = this.#terms.types.meant(name)
    if (type === undefined && !isEmpty) throw new Error(`the content type ${shown(name)} is unknown here`)
    return type
  }

  /** The place of a message's class among what this side takes, or -1. */
  #methodOf(head: HxHead): number {
    const at = head.find(Known.class)
    if (at < 0) return -1
    const last = this.#terms.answers[this.#lastMethod]
    if (last !== undefined && isText(head.bytes, head.valueStart(at), head.valueEnd(at), last.classBytes)) {
      return this.#lastMethod
    }
    const method = this.#classes.get(head.value(at)) ?? -1
    if (method >= 0) this.#lastMethod = method
    return method
  }
}

const longId: Refusal = { _tag: "Malformed", detail: `an id of more than ${maxIdBytes} bytes` }
const noId = new Uint8Array(0)
const encoder = new TextEncoder()
const refusalTypeBytes = encoder.encode(Errors.refusalType)
const jsonTypeBytes = encoder.encode(ContentType.json.name)

/** Whether a schema takes nothing for a value. JSON has no undefined, so one that takes that reads it as null. */
const isNothingOf = (shape: Shape): boolean =>
  [undefined, null].some((json) => {
    try {
      return shape.decode(json) === undefined
    } catch {
      return false
    }
  })

const failed = (): never => {
  throw new Error("no body")
}

const isJson = (head: HxHead): boolean => isType(head, jsonTypeBytes)
