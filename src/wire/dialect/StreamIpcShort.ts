/**
 * The short way of a connection: values straight to and from the bytes of either serializer, by the code that is generated
 * for their shapes. It is ten times as fast as the general way.
 *
 * Law: what goes the short way is what the general way would have written or read; anything else goes that.
 *
 * @since 0.1.0
 */
import { isAt } from "../Bytes.ts"
import * as MagicFrame from "../framing/MagicFrame.ts"
import type { Generation } from "../framing/StreamIpcFrames.ts"
import type { StreamIpcPayloads } from "../framing/StreamIpcPayloads.ts"
import * as Base64 from "../payload/Base64.ts"
import { type Out, unread } from "../Wire.ts"
import type { WriteBuffer } from "../WriteBuffer.ts"
import { nameIn } from "./StreamIpcClasses.ts"
import { closeBrace, type Form, FoundId, type Kind } from "./StreamIpcForm.ts"
import { type Id, idBytes, isPlainPrefix, putId, type StreamIpcIds } from "./StreamIpcIds.ts"
import { jsonForm } from "./StreamIpcJsonForm.ts"
import type { Vocabulary, Word } from "./StreamIpcMapping.ts"
import { phpForm } from "./StreamIpcPhpForm.ts"
import { Spoken } from "./StreamIpcSpoken.ts"

/** The short ways of a connection, each made when it is first gone. */
export class ShortWays {
  readonly #vocabulary: Vocabulary
  readonly #ids: StreamIpcIds
  readonly #ways: Array<Short | undefined> = []

  constructor(vocabulary: Vocabulary, ids: StreamIpcIds) {
    this.#vocabulary = vocabulary
    this.#ids = ids
  }

  /** Answers the short way of what a connection speaks. */
  of({ generation, isJson }: StreamIpcPayloads): Short {
    const way = (generation === "v1" ? 0 : 2) + (isJson ? 1 : 0)
    return (this.#ways[way] ??= new Short(generation, isJson, this.#vocabulary, this.#ids))
  }
}

/** Larger messages go the general way: they are mostly one large value. */
const mostBytes = 64 * 1024
/** With less room than this left, a value is not worth a try; one that needs more than the next is made first. */
const leastRoom = 2 * 1024
const mostRoom = 60 * 1024
/** Room for an id, and what is around it and behind the fields. */
const besidesBytes = 128
const newline = 0x0a

export class Short {
  readonly #form: Form
  readonly #generation: Generation
  readonly #inBase64: boolean
  readonly #ids: StreamIpcIds
  /** By the numbers of methods. */
  readonly #says: ReadonlyArray<Spoken>
  readonly #asked: ReadonlyArray<Spoken>
  readonly #answers: ReadonlyArray<Spoken>
  readonly #requests: Heads
  readonly #events: Heads
  readonly #isPlainPrefix: boolean
  /** What is made into Base64. */
  #scratch: Uint8Array | undefined

  constructor(generation: Generation, isJson: boolean, { answers, says }: Vocabulary, ids: StreamIpcIds) {
    const form = isJson ? jsonForm(generation) : phpForm(generation)
    const spoken = (kind: Kind, word: Word, phpClass: string) =>
      new Spoken(form, kind, word, nameIn(phpClass, generation))
    this.#form = form
    this.#generation = generation
    this.#inBase64 = generation === "old" && !isJson
    this.#ids = ids
    this.#isPlainPrefix = isPlainPrefix(ids.prefix)
    this.#says = says.map((word) => spoken(kindOf(word), word, word.class))
    this.#asked = says.map((word) => spoken("response", word, word.answerClass))
    this.#answers = answers.map((word) => spoken("response", word, word.answerClass))
    const taken = answers.map((word) => spoken(kindOf(word), word, word.class))
    this.#requests = new Heads(taken.filter(({ frame }) => frame.kind === "request"))
    this.#events = new Heads(taken.filter(({ frame }) => frame.kind === "notification"))
  }

  /** Writes a request or an event, and answers the bytes of its payload; -1 if it did not. */
  said(method: number, number: number, payload: unknown, buffer: WriteBuffer): number {
    if (!this.#isPlainPrefix) return -1
    return this.#write(this.#says[method]!, { prefix: this.#ids.prefix, number, text: "" }, payload, buffer)
  }

  /** Writes an answer. Answers as `said`. */
  answered(method: number, id: Id, value: unknown, buffer: WriteBuffer): number {
    return this.#write(this.#answers[method]!, id, value, buffer)
  }

  #write(spoken: Spoken, id: Id, value: unknown, buffer: WriteBuffer): number {
    const length = spoken.frame.kind === "notification" ? 0 : idBytes(id)
    if (length < 0) return -1
    if (this.#inBase64) return this.#writeLine64(spoken, id, length, value, buffer)
    const { frame } = spoken
    const before = this.#generation === "v1" ? MagicFrame.headerBytes : 0
    const besides = before + frame.open.length + frame.head.length + besidesBytes
    for (let room = leastRoom; ; room = mostRoom) {
      const frameAt = buffer.reserve(besides + room)
      const { slab } = buffer
      const start = frameAt + before
      const end = this.#place(spoken, id, length, value, slab, start, slab.length)
      if (end >= 0) {
        const bytes = end - start
        if (before > 0) MagicFrame.writeHeader(slab, frameAt, bytes)
        else slab[end] = newline
        buffer.commit(before > 0 ? end - frameAt : bytes + 1)
        return bytes
      }
      if (room === mostRoom || slab.length - frameAt >= mostRoom) return -1
    }
  }

  #writeLine64(spoken: Spoken, id: Id, length: number, value: unknown, buffer: WriteBuffer): number {
    const scratch = (this.#scratch ??= new Uint8Array(mostRoom))
    const end = this.#place(spoken, id, length, value, scratch, 0, scratch.length)
    if (end < 0) return -1
    const bytes = Base64.encodedBytes(end)
    const at = buffer.reserve(bytes + 1)
    Base64.write(scratch, end, buffer.slab, at)
    buffer.slab[at + bytes] = newline
    buffer.commit(bytes + 1)
    return bytes
  }

  /** Puts a payload in place, and answers the offset after it, or -1. */
  #place(
    spoken: Spoken,
    id: Id,
    idLength: number,
    value: unknown,
    slab: Uint8Array,
    start: number,
    most: number
  ): number {
    const { head, kind, open } = spoken.frame
    const isAlone = kind === "notification"
    let at = start
    if (!isAlone) {
      at = put(open, slab, at)
      at = putId(id, slab, this.#form.putBeforeId(idLength, slab, at))
    }
    at = put(head, slab, at)
    // Behind the fields come a brace, and the end of a line.
    const end = spoken.write(value, slab, at, most - 2)
    if (end < 0 || isAlone) return end
    slab[end] = closeBrace
    return end + 1
  }

  /** Reads a message, or answers false. */
  read(bytes: Uint8Array, start: number, end: number, out: Out): boolean {
    if (end - start > mostBytes) return false
    if (!this.#inBase64) return this.#payload(bytes, start, end, end - start, out)
    const decoded = Base64.read(bytes, start, end)
    return decoded !== undefined && this.#payload(decoded, 0, decoded.length, end - start, out)
  }

  #payload(bytes: Uint8Array, start: number, end: number, size: number, out: Out): boolean {
    const form = this.#form
    const kind = form.kindAt(bytes, start, end)
    if (kind === "notification") return this.#event(bytes, start, end, size, out)
    const at = form.idAt(bytes, start + form.envelopes[kind].length, end, found)
    if (at < 0 || bytes[end - 1] !== closeBrace) return false
    return kind === "request" ? this.#request(bytes, at, end - 1, out) : this.#response(bytes, at, end - 1, out)
  }

  #request(bytes: Uint8Array, at: number, end: number, out: Out): boolean {
    const spoken = this.#requests.at(bytes, at, end, this.#form)
    if (spoken === undefined) return false
    const payload = spoken.read(bytes, at + spoken.frame.head.length, end)
    if (payload === unread) return false
    const { class: phpClass, method } = spoken.word
    const id = this.#ids.oweAt(bytes, found.start, found.end, phpClass)
    if (id === 0) return false
    out.message({ _tag: "Request", id, method, payload, timeoutMillis: 0, headers: undefined })
    return true
  }

  #event(bytes: Uint8Array, start: number, end: number, size: number, out: Out): boolean {
    const spoken = this.#events.at(bytes, start, end, this.#form)
    if (spoken === undefined) return false
    const payload = spoken.read(bytes, start + spoken.frame.head.length, end)
    if (payload === unread) return false
    out.message({ _tag: "Event", method: spoken.word.method, payload, bytes: size })
    return true
  }

  #response(bytes: Uint8Array, at: number, end: number, out: Out): boolean {
    const id = this.#ids.numberAt(bytes, found.start, found.end)
    const word = this.#ids.asked(id)
    if (word === undefined) return false
    const spoken = this.#asked[word.method]!
    const { head } = spoken.frame
    if (!isAt(bytes, at, end, head)) return false
    const value = spoken.read(bytes, at + head.length, end)
    if (value === unread) return false
    this.#ids.forget(id)
    out.message({ _tag: "Success", id, method: word.method, value })
    return true
  }
}

const found = new FoundId()

const kindOf = (word: Word): Kind => (word.kind === "event" ? "notification" : "request")

/** Puts bytes at `at`, where there is room, and answers the offset after them. */
const put = (from: Uint8Array, into: Uint8Array, at: number): number => {
  into.set(from, at)
  return at + from.length
}

/** What may be said, by how it begins: most differ in length already. */
class Heads {
  readonly #byLength: Array<Array<Spoken> | undefined> = []
  /** The next message is likely of the class that the last one had. */
  #last: Spoken | undefined

  constructor(all: ReadonlyArray<Spoken>) {
    for (const spoken of all) (this.#byLength[spoken.frame.head.length] ??= []).push(spoken)
    this.#last = all[0]
  }

  /** Finds what begins at an offset. */
  at(bytes: Uint8Array, at: number, end: number, form: Form): Spoken | undefined {
    const last = this.#last
    if (last === undefined) return undefined
    if (isAt(bytes, at, end, last.frame.head)) return last
    const length = form.headEnd(bytes, at, end, last.frame.kind) - at
    for (const spoken of this.#byLength[length] ?? []) {
      if (isAt(bytes, at, end, spoken.frame.head)) return (this.#last = spoken)
    }
    return undefined
  }
}
