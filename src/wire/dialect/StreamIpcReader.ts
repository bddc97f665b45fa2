/**
 * Payloads of php-stream-ipc to messages of a session.
 *
 * Law: a request whose id can be read is answered, whatever else is wrong with it. What cannot be read at all is reported, as
 * PHP does.
 *
 * @since 0.1.0
 */
import type { Refusal } from "../../session/Message.ts"
import { envelopeOf } from "../framing/StreamIpcFormat.ts"
import type { Head } from "../framing/StreamIpcHead.ts"
import type { StreamIpcPayloads } from "../framing/StreamIpcPayloads.ts"
import { dereference, PhpObject, type PhpValue } from "../payload/PhpValue.ts"
import * as Utf8 from "../Utf8.ts"
import type { Out } from "../Wire.ts"
import * as Body from "./NativeBody.ts"
import { canonical, errorClass, folded, logClass } from "./StreamIpcClasses.ts"
import * as Faults from "./StreamIpcFaults.ts"
import type { StreamIpcIds } from "./StreamIpcIds.ts"
import type { ShortWays } from "./StreamIpcShort.ts"
import type { Vocabulary, Word } from "./StreamIpcMapping.ts"
import type { Values } from "./StreamIpcValues.ts"

const foldedError = folded(errorClass)
const foldedLog = folded(logClass)

/** What reading needs. */
export interface ReaderParts {
  readonly vocabulary: Vocabulary
  readonly values: Values
  readonly ids: StreamIpcIds
  readonly short: ShortWays
}

export class StreamIpcReader {
  readonly #parts: ReaderParts
  readonly #payloads: StreamIpcPayloads
  /** Takes junk, where this side takes such an event. */
  readonly #log: Word | undefined

  constructor(parts: ReaderParts, payloads: StreamIpcPayloads) {
    this.#parts = parts
    this.#payloads = payloads
    this.#log = parts.vocabulary.event(logClass)
  }

  payload(bytes: Uint8Array, start: number, end: number, stream: number, out: Out): void {
    if (this.#parts.short.of(this.#payloads).read(bytes, start, end, out)) return
    let object: PhpObject
    try {
      object = asObject(this.#payloads.decode(bytes, start, end))
    } catch (error) {
      return this.#undecodable(bytes, start, end, stream, error, out)
    }
    const envelope = envelopeOf(object)
    const size = end - start
    if (envelope === undefined) return this.#onNotification(object, size, out)
    const { id, kind } = envelope
    const message = envelope.message === undefined ? undefined : dereference(envelope.message)
    if (id === undefined) return out.refuse("none", 0, -1, malformed(`a ${kind} has no id`))
    if (kind === "request") this.#onRequest(id, message, size, out)
    else this.#onResponse(id, message, size, out)
  }

  /** Ends the call whose answer is too large, and answers the request that is. */
  oversized(reason: Refusal, head: Head | undefined, out: Out): void {
    const { ids } = this.#parts
    if (head?.kind === "request") return out.refuse("duty", ids.owe(head.id, ""), -1, reason)
    const id = head === undefined ? 0 : ids.numberOf(head.id)
    const word = ids.asked(id)
    if (word === undefined) return out.refuse("none", 0, -1, reason)
    ids.forget(id)
    out.refuse("call", id, word.method, reason)
  }

  /** Hands text over that stands between messages: as an event, where this side takes it. */
  junk(bytes: Uint8Array, stream: number, level: "junk" | "error", out: Out): void {
    const taken = this.#log !== undefined && this.#logged(this.#log, bytes, level, out)
    // The tail of stderr is of use even so.
    if (!taken || stream === 1) out.junk(bytes, stream)
  }

  #logged(log: Word, bytes: Uint8Array, level: string, out: Out): boolean {
    let payload: unknown
    try {
      payload = log.payload.decode({ message: Utf8.read(bytes, 0, bytes.length), level })
    } catch {
      return false
    }
    out.message({ _tag: "Event", method: log.method, payload, bytes: bytes.length })
    return true
  }

  /** A line that is no message is text, for the old generation has no other way to tell; a frame is not. */
  #undecodable(bytes: Uint8Array, start: number, end: number, stream: number, error: unknown, out: Out): void {
    if (this.#payloads.generation === "old") {
      return end === start ? undefined : this.junk(bytes.subarray(start, end), stream, "error", out)
    }
    const text = Faults.excerpt(bytes, start, end)
    out.refuse(
      "none",
      0,
      -1,
      malformed(`a frame of ${end - start} bytes holds no message: ${Body.detailOf(error)}: ${text}`)
    )
  }

  #onNotification(object: PhpObject, bytes: number, out: Out): void {
    const { values, vocabulary } = this.#parts
    const word = vocabulary.event(object.class)
    if (word === undefined) {
      const text = folded(object.class) === foldedError ? `: ${textOf(object, "errorMessage")}` : ""
      return out.refuse("none", 0, -1, malformed(`a notification of the class ${object.class} is no event here${text}`))
    }
    let payload: unknown
    try {
      payload = values.readPayload(word, object, bytes)
    } catch (error) {
      return out.refuseEvent(bytes, Body.invalid("payload", error))
    }
    out.message({ _tag: "Event", method: word.method, payload, bytes })
  }

  #onRequest(text: string, message: PhpValue | undefined, bytes: number, out: Out): void {
    const { ids, values, vocabulary } = this.#parts
    if (!(message instanceof PhpObject)) {
      const id = ids.owe(text, "")
      return out.refuse("duty", id, -1, malformed(`the request ${text} holds no object`))
    }
    const id = ids.owe(text, message.class)
    const word = vocabulary.request(message.class)
    if (word === undefined) return out.refuse("duty", id, -1, { _tag: "UnknownMethod" })
    let payload: unknown
    try {
      payload = values.readPayload(word, message, bytes)
    } catch (error) {
      return out.refuse("duty", id, word.method, Body.invalid("payload", error))
    }
    out.message({ _tag: "Request", id, method: word.method, payload, timeoutMillis: 0, headers: undefined })
  }

  #onResponse(text: string, message: PhpValue | undefined, bytes: number, out: Out): void {
    const { ids } = this.#parts
    const id = ids.numberOf(text)
    const word = ids.asked(id)
    if (word === undefined) return out.message(late(text))
    ids.forget(id)
    if (message instanceof PhpObject) return this.#onAnswer(id, word, message, bytes, out)
    out.refuse("call", id, word.method, malformed(`the response ${text} holds no object`))
  }

  #onAnswer(id: number, word: Word, object: PhpObject, bytes: number, out: Out): void {
    const phpClass = folded(object.class)
    if (phpClass === foldedError) return this.#onError(id, word, textOf(object, "errorMessage"), out)
    const isError = phpClass === foldedLog && object.get("level") === "error"
    const text = isError ? textOf(object, "message") : ""
    if (isError && (Faults.lineOf(text) !== undefined || !this.#isAnswer(word, object, bytes))) {
      return this.#onError(id, word, text, out)
    }
    let value: unknown
    try {
      value = this.#parts.values.readAnswer(word, object, bytes)
    } catch (error) {
      return out.refuse("call", id, word.method, Body.invalid("success", error))
    }
    out.message({ _tag: "Success", id, method: word.method, value })
  }

  /** Whether an object is an answer that means something: one that any object would be is none. */
  #isAnswer(word: Word, object: PhpObject, bytes: number): boolean {
    try {
      return this.#parts.values.readAnswer(word, object, bytes) !== undefined
    } catch {
      return false
    }
  }

  #onError(id: number, word: Word, text: string, out: Out): void {
    const { method } = word
    const line = Faults.lineOf(text)
    if (line !== undefined && "refusal" in line) {
      return out.message({ _tag: "Defect", id, method, reason: line.refusal })
    }
    const reason = Faults.refusalOf(text, word.class)
    if (line === undefined && reason._tag === "UnknownMethod")
      return out.message({ _tag: "Defect", id, method, reason })
    let error: unknown
    try {
      error = word.error.decode(line === undefined ? text : line.failure)
    } catch {
      return out.message({ _tag: "Defect", id, method, reason })
    }
    out.message({ _tag: "Failure", id, method, error })
  }
}

const asObject = (value: PhpValue): PhpObject => {
  if (value instanceof PhpObject) return value
  throw new Error("it is no object")
}

const textOf = (object: PhpObject, name: string): string => {
  const value = object.get(name)
  if (typeof value === "string") return value
  return value instanceof Uint8Array ? Utf8.read(value, 0, value.length) : `${canonical(object.class)} without text`
}

const malformed = (detail: string): Refusal => ({ _tag: "Malformed", detail })

/** An answer that no call waits for: there is none with this id. */
const late = (text: string) =>
  ({ _tag: "Defect", id: 0, method: -1, reason: malformed(`nobody waits for the response ${text}`) }) as const
