/**
 * The ids of php-stream-ipc, which are any text, and those of a session, which are numbers.
 *
 * Ours are `<prefix>.<number>`. Those of the peer get numbers of their own, until they are answered.
 *
 * @since 0.1.0
 */
import * as Utf8 from "../Utf8.ts"
import { digits as putDigits } from "../payload/PhpPut.ts"
import { Slots } from "./Slots.ts"
import type { Word } from "./StreamIpcMapping.ts"

/** An id: what precedes its number, and that; or, where the number is 0, its text. */
export interface Id {
  readonly prefix: Uint8Array
  readonly number: number
  readonly text: string
}

/** A request of the peer that has no answer yet. */
export interface Owed extends Id {
  /** The class of the request. */
  readonly class: string
}

const zero = 0x30
const dot = 0x2e
const mostDigits = 15
/** Longer ids, and those that need an escape, are not written or kept byte by byte. */
const mostPrefixBytes = 48
const mostIdBytes = 64
const noPrefix = new Uint8Array(0)

/** Of ASCII, what needs no escape: 1. */
const plainBytes = new Uint8Array(256).fill(1, 0x20, 0x7f)
for (const byte of [0x22, 0x5c]) plainBytes[byte] = 0

export class StreamIpcIds {
  readonly #prefix: string
  /** The bytes before the number in an id of ours. */
  readonly prefix: Uint8Array
  /** Those of the peer's last id that had a number. */
  #peerPrefix: Uint8Array = noPrefix
  readonly #calls = new Slots<Word>()
  readonly #owed = new Slots<Owed>()
  #last = 0

  constructor(prefix: string) {
    this.#prefix = `${prefix}.`
    this.prefix = new TextEncoder().encode(this.#prefix)
  }

  /** Answers the id of a call of ours. */
  textOf(id: number): string {
    return this.#prefix + id
  }

  called(id: number, word: Word): void {
    this.#calls.set(id, word)
  }

  /** Answers what a call of ours asked for. */
  asked(id: number): Word | undefined {
    return this.#calls.get(id)
  }

  forget(id: number): void {
    this.#calls.delete(id)
  }

  /** Answers the number in an id of ours; 0 for any other id. */
  numberOf(text: string): number {
    const bytes = new TextEncoder().encode(text)
    return this.numberAt(bytes, 0, bytes.length)
  }

  /** As `numberOf`, of the bytes between two offsets. */
  numberAt(bytes: Uint8Array, start: number, end: number): number {
    return numberBehind(this.prefix, bytes, start, end)
  }

  /** Answers a number for a request of the peer, whose id is text. */
  owe(id: string, phpClass: string): number {
    return this.#owe({ prefix: noPrefix, number: 0, text: id, class: phpClass })
  }

  /**
   * As `owe`, where the id's bytes are between two offsets; 0 for one that is not plain. Where it is a number behind what
   * others have too, no text is made.
   */
  oweAt(bytes: Uint8Array, start: number, end: number, phpClass: string): number {
    let number = numberBehind(this.#peerPrefix, bytes, start, end)
    if (number === 0 && this.#notePrefix(bytes, start, end)) number = numberBehind(this.#peerPrefix, bytes, start, end)
    if (number > 0) return this.#owe({ prefix: this.#peerPrefix, number, text: "", class: phpClass })
    return arePlain(bytes, start, end) ? this.owe(Utf8.read(bytes, start, end), phpClass) : 0
  }

  /** Notes what precedes the number in an id, where that is plain, and answers whether it is. */
  #notePrefix(bytes: Uint8Array, start: number, end: number): boolean {
    let at = end
    while (at > start && bytes[at - 1] !== dot) at--
    if (at === start || at - start > mostPrefixBytes || !arePlain(bytes, start, at)) return false
    this.#peerPrefix = new Uint8Array(bytes.subarray(start, at))
    return true
  }

  #owe(owed: Owed): number {
    this.#owed.set(++this.#last, owed)
    return this.#last
  }

  /** Takes the request that a number stands for. */
  take(number: number): Owed | undefined {
    const owed = this.#owed.get(number)
    this.#owed.delete(number)
    return owed
  }

  owed(number: number): Owed | undefined {
    return this.#owed.get(number)
  }
}

/** The text of an id. */
export const idText = ({ number, prefix, text }: Id): string =>
  number === 0 ? text : Utf8.read(prefix, 0, prefix.length) + number

const numberBehind = (prefix: Uint8Array, bytes: Uint8Array, start: number, end: number): number => {
  const { length } = prefix
  const from = start + length
  if (end - from < 1 || end - from > mostDigits || bytes[from] === zero) return 0
  for (let index = 0; index < length; index++) if (bytes[start + index] !== prefix[index]) return 0
  let number = 0
  for (let at = from; at < end; at++) {
    const digit = bytes[at]! - zero
    if (digit < 0 || digit > 9) return 0
    number = number * 10 + digit
  }
  return number
}

/** Whether a byte of an id is written as it is by either serializer. */
const isPlainByte = (byte: number): boolean => plainBytes[byte] === 1

const arePlain = (bytes: Uint8Array, start: number, end: number): boolean => {
  for (let at = start; at < end; at++) if (!isPlainByte(bytes[at]!)) return false
  return true
}

/** How many bytes an id takes that can be put byte by byte; -1 for another. */
export const idBytes = ({ number, prefix, text }: Id): number => {
  if (number > 0) {
    let digits = 1
    for (let most = 10; most <= number; most *= 10) digits++
    return prefix.length + digits
  }
  if (text === "" || text.length > mostIdBytes) return -1
  for (let index = 0; index < text.length; index++) if (!isPlainByte(text.charCodeAt(index))) return -1
  return text.length
}

/** Whether what precedes a number can be put as it is. */
export const isPlainPrefix = (prefix: Uint8Array): boolean =>
  prefix.length <= mostPrefixBytes && arePlain(prefix, 0, prefix.length)

/** Puts an id at `at`, and answers the offset after it. */
export const putId = ({ number, prefix, text }: Id, into: Uint8Array, at: number): number => {
  if (number > 0) {
    for (let index = 0; index < prefix.length; index++) into[at + index] = prefix[index]!
    return putDigits(number, into, at + prefix.length)
  }
  for (let index = 0; index < text.length; index++) into[at + index] = text.charCodeAt(index)
  return at + text.length
}
