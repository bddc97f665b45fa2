/**
 * The short way of a connection: values straight to and from the bytes of either serializer, by the generated code of their
 * shapes. It is five times as fast as the general way.
 *
 * Law: what goes the short way is what the general way would have written or read; anything else goes that.
 *
 * @since 0.1.0
 */
import type { StreamIpcPayloads } from "../framing/StreamIpcPayloads.ts"
import { textOf } from "../payload/PhpText.ts"
import { type Out, type Shape, unread } from "../Wire.ts"
import type { WriteBuffer } from "../WriteBuffer.ts"
import { type Form, Found, type Frame, isAt, valueStart } from "./StreamIpcForm.ts"
import type { StreamIpcIds } from "./StreamIpcIds.ts"
import { jsonForm } from "./StreamIpcJsonForm.ts"
import type { Vocabulary, Word } from "./StreamIpcMapping.ts"
import { phpForm } from "./StreamIpcPhpForm.ts"

/** The short way of each serializer, made when it is first gone. */
export class ShortWays {
  readonly #vocabulary: Vocabulary
  readonly #ids: StreamIpcIds
  #json: Short | undefined
  #php: Short | undefined

  constructor(vocabulary: Vocabulary, ids: StreamIpcIds) {
    this.#vocabulary = vocabulary
    this.#ids = ids
  }

  /** Answers the short way of what a connection speaks; the old generation has none. */
  of({ generation, isJson }: StreamIpcPayloads): Short | undefined {
    if (generation !== "v1") return undefined
    if (isJson) return (this.#json ??= new Short(jsonForm, this.#vocabulary, this.#ids))
    return (this.#php ??= new Short(phpForm, this.#vocabulary, this.#ids))
  }
}

/** A word as bytes. */
interface ShortWord {
  readonly word: Word
  /** What of its message, or of its answer's, is known before. */
  readonly frame: Frame
  readonly name: Uint8Array
  readonly answerName: Uint8Array
}

/** Words by the bytes of their class: most differ in length already. */
class Table {
  readonly #byLength: Array<Array<ShortWord> | undefined> = []

  add(word: ShortWord): void {
    ;(this.#byLength[word.name.length] ??= []).push(word)
  }

  find(bytes: Uint8Array, start: number, end: number): Word | undefined {
    const words = this.#byLength[end - start]
    if (words === undefined) return undefined
    for (const { name, word } of words) if (isAt(bytes, start, end, name)) return word
    return undefined
  }
}

const found = new Found()
const none = new Uint8Array(0)

export class Short {
  readonly #form: Form
  readonly #ids: StreamIpcIds
  readonly #says: ReadonlyArray<ShortWord>
  readonly #answers: ReadonlyArray<ShortWord>
  readonly #requests = new Table()
  readonly #events = new Table()

  constructor(form: Form, { answers, says }: Vocabulary, ids: StreamIpcIds) {
    this.#form = form
    this.#ids = ids
    this.#says = says.map((word) => this.#word(word, word.kind === "event" ? "notification" : "request", word.class))
    this.#answers = answers.map((word) => this.#word(word, "response", word.answerClass))
    for (const word of this.#answers) (word.word.kind === "event" ? this.#events : this.#requests).add(word)
  }

  #word(word: Word, kind: Found["kind"], phpClass: string): ShortWord {
    const form = this.#form
    return {
      word,
      frame: form.frameOf(kind, phpClass),
      name: form.nameOf(word.class),
      answerName: form.nameOf(word.answerClass)
    }
  }

  /** Writes a request or an event, and answers the bytes of its frame's payload; -1 if it did not. */
  said(method: number, number: number, payload: unknown, buffer: WriteBuffer): number {
    const { frame, word } = this.#says[method]!
    const { json } = word.payload
    if (json === undefined || !word.isPlain) return -1
    const written = this.#form.write(frame, { prefix: this.#ids.prefix, number, text: "" }, json, payload, buffer)
    return written < 0 ? -1 : written
  }

  /** Writes an answer. Answers as `said`. */
  answered(method: number, text: string, value: unknown, buffer: WriteBuffer): number {
    const { frame, word } = this.#answers[method]!
    const { json } = word.success
    if (json === undefined || !word.isPlain || text === "") return -1
    const written = this.#form.write(frame, { prefix: none, number: 0, text }, json, value, buffer)
    return written < 0 ? -1 : written
  }

  /** Reads a message, or answers false. */
  read(bytes: Uint8Array, start: number, end: number, out: Out): boolean {
    if (!this.#form.read(bytes, start, end, found)) return false
    switch (found.kind) {
      case "request":
        return this.#request(out)
      case "response":
        return this.#response(out)
      case "notification":
        return this.#event(end - start, out)
    }
  }

  #request(out: Out): boolean {
    const word = this.#requests.find(found.bytes, found.classStart, found.classEnd)
    const payload = word === undefined || !word.isPlain ? unread : readAll(word.payload)
    // An id that is no text goes the general way, which keeps its bytes.
    const text = payload === unread ? undefined : textOf(found.bytes, found.idStart, found.idEnd)
    if (text === undefined) return false
    const { class: phpClass, method } = word!
    const id = this.#ids.owe({ id: text, class: phpClass })
    out.message({ _tag: "Request", id, method, payload, timeoutMillis: 0, headers: undefined })
    return true
  }

  #event(bytes: number, out: Out): boolean {
    const word = this.#events.find(found.bytes, found.classStart, found.classEnd)
    const payload = word === undefined || !word.isPlain ? unread : readAll(word.payload)
    if (payload === unread) return false
    out.message({ _tag: "Event", method: word!.method, payload, bytes })
    return true
  }

  #response(out: Out): boolean {
    const id = this.#ids.numberAt(found.bytes, found.idStart, found.idEnd)
    const word = this.#ids.asked(id)
    if (word === undefined || !word.isPlain) return false
    const { answerName } = this.#says[word.method]!
    const isAnswer = found.classEnd - found.classStart === answerName.length
    if (!isAnswer || !isAt(found.bytes, found.classStart, found.classEnd, answerName)) return false
    const value = readAnswer(word.success)
    if (value === unread) return false
    this.#ids.forget(id)
    out.message({ _tag: "Success", id, method: word.method, value })
    return true
  }
}

const readAll = (shape: Shape): unknown =>
  shape.json === undefined ? unread : shape.json.read(found.json, found.jsonStart, found.jsonEnd)

/** Reads what stands for a value, or an object. */
const readAnswer = (shape: Shape): unknown => {
  const { json: bytes, jsonEnd, jsonStart } = found
  if (shape.json === undefined) return unread
  if (isAt(bytes, jsonStart, jsonEnd, valueStart)) {
    const value = shape.json.read(bytes, jsonStart + valueStart.length, jsonEnd - 1)
    if (value !== unread) return value
  }
  return readAll(shape)
}
