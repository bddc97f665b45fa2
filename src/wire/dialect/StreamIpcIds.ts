/**
 * The ids of php-stream-ipc, which are any text, and those of a session, which are numbers.
 *
 * Ours are `<prefix>.<number>`. Those of the peer get numbers of their own, until they are answered.
 *
 * @since 0.1.0
 */
import { Slots } from "./Slots.ts"
import type { Word } from "./StreamIpcMapping.ts"

/** A request of the peer that has no answer yet. */
export interface Owed {
  readonly id: string
  /** The class of the request. */
  readonly class: string
}

const zero = 0x30
const mostDigits = 15

export class StreamIpcIds {
  readonly #prefix: string
  /** The bytes before the number in an id of ours. */
  readonly prefix: Uint8Array
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
    const { prefix } = this
    const from = start + prefix.length
    if (end - from < 1 || end - from > mostDigits || bytes[from] === zero) return 0
    for (let index = 0; index < prefix.length; index++) if (bytes[start + index] !== prefix[index]) return 0
    let number = 0
    for (let at = from; at < end; at++) {
      const digit = bytes[at]! - zero
      if (digit < 0 || digit > 9) return 0
      number = number * 10 + digit
    }
    return number
  }

  /** Answers a number for a request of the peer. */
  owe(owed: Owed): number {
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
