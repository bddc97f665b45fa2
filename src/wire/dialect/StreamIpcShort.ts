/**
 * The short way of a connection: values straight to and from the bytes of either serializer, by the generated code of their
 * shapes. It is five times as fast as the general way.
 *
 * Law: what goes the short way is what the general way would have written or read; anything else goes that.
 *
 * @since 0.1.0
 */
import * as MagicFrame from "../framing/MagicFrame.ts"
import type { StreamIpcPayloads } from "../framing/StreamIpcPayloads.ts"
import * as Utf8 from "../Utf8.ts"
import { type Out, type Shape, unread } from "../Wire.ts"
import type { WriteBuffer } from "../WriteBuffer.ts"
import { ascii, Found, type Form, isAt, put } from "./StreamIpcForm.ts"
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
  /** What precedes the payload, or the answer. */
  readonly head: Uint8Array
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

const openBrace = 0x7b
const closeBrace = 0x7d
const valueStart = ascii('{"value":')
/** Where JSON is written before it goes into a frame, with room for what puts it into an object. */
const json = new Uint8Array(16 * 1024)
const besidesBytes = 1024
const found = new Found()

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
      head: form.headOf(kind, phpClass),
      name: form.nameOf(word.class),
      answerName: form.nameOf(word.answerClass)
    }
  }

  /** Writes a request or an event, and answers the bytes of its frame's payload; -1 if it did not. */
  said(method: number, id: string, payload: unknown, buffer: WriteBuffer): number {
    const { head, word } = this.#says[method]!
    const end = word.isPlain ? written(word.payload, payload) : -1
    if (end < 0) return -1
    return this.#put(word.kind === "event" ? "notification" : "request", head, id, valueStart.length, end, buffer)
  }

  /** Writes an answer. Answers as `said`. */
  answered(method: number, id: string, value: unknown, buffer: WriteBuffer): number {
    const { head, word } = this.#answers[method]!
    const end = word.isPlain ? written(word.success, value) : -1
    if (end < 0) return -1
    if (json[valueStart.length] === openBrace) {
      // An object that looks like what stands for a value is put into one.
      if (isAt(json, valueStart.length, end, valueStart)) return -1
      return this.#put("response", head, id, valueStart.length, end, buffer)
    }
    put(valueStart, json, 0)
    json[end] = closeBrace
    return this.#put("response", head, id, 0, end + 1, buffer)
  }

  #put(
    kind: Found["kind"],
    head: Uint8Array,
    id: string,
    jsonStart: number,
    jsonEnd: number,
    buffer: WriteBuffer
  ): number {
    const form = this.#form
    const at = buffer.reserve(MagicFrame.headerBytes + besidesBytes + (jsonEnd - jsonStart) * form.growth)
    const { slab } = buffer
    const start = at + MagicFrame.headerBytes
    const end = form.write(kind, head, id, json, jsonStart, jsonEnd, slab, start, slab.length)
    if (end < 0) return -1
    MagicFrame.writeHeader(slab, at, end - start)
    buffer.commit(end - at)
    return end - start
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
    if (payload === unread) return false
    const { class: phpClass, method } = word!
    const id = this.#ids.owe({ id: Utf8.read(found.bytes, found.idStart, found.idEnd), class: phpClass })
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
    const id = this.#ids.numberOf(Utf8.read(found.bytes, found.idStart, found.idEnd))
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

/** Writes a value behind the room for what may precede it, and answers the offset after it; -1 if it did not. */
const written = (shape: Shape, value: unknown): number =>
  shape.json === undefined ? -1 : shape.json.write(value, json, valueStart.length, json.length - 1)

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
