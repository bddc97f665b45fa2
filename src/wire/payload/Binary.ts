/**
 * Values as bytes by `effect/encoding/SchemaBinary`: each in an envelope of its own, with a length, the version of the
 * format, and a hash of the layout. This file is loaded only where a peer asks for it.
 *
 * Law 1: what cannot travel in binary as faithfully as in JSON is not written; the caller says it in JSON.
 * Law 2: what comes is checked before it is decoded: envelopes that fill their bytes, none larger than the schema bears,
 * and no number that would take longer to read than it took to send.
 *
 * @since 0.1.0
 */
import * as SchemaBinary from "effect/encoding/SchemaBinary"
import type * as Schema from "effect/Schema"
import { indexOf } from "../Bytes.ts"

/** How many bytes in a row may have their high bit set: a number of that form takes time by the square of its length. */
export const mostHighBytes = 1024

/** A decoder holds on to the memory it read last, which must not be a large frame. */
const keptBytes = 64 * 1024

const highBit = 0x80

/** The three bytes that stand for the character U+FFFD, which UTF-8 also puts where it cannot say what is there. */
const replacement = [0xef, 0xbf, 0xbd] as const

export class Binary {
  readonly #schema: Schema.Codec<unknown, unknown>
  readonly #maxBytes: number
  readonly #encoder: SchemaBinary.Encoder
  #parser: SchemaBinary.Parser<unknown> | undefined

  /**
   * Throws when the schema has no binary form. An envelope has at most `maxBytes`, its length not counted. `written` is
   * what values are checked by before they are written, where that is not the schema itself; it has the same layout.
   */
  constructor(schema: Schema.Codec<unknown, unknown>, maxBytes: number, written = schema) {
    this.#schema = schema
    this.#maxBytes = maxBytes
    this.#encoder = SchemaBinary.encoder(written, { fingerprint: true })
  }

  /** Answers the envelope of a value, or undefined where it must travel in another way. */
  write(value: unknown): Uint8Array | undefined {
    let bytes: Uint8Array
    try {
      bytes = this.#encoder.encode(value)
    } catch {
      // What is wrong with it is said by the way that is taken instead.
      return undefined
    }
    return bytes.length > this.#maxBytes || isHigh(bytes, 0, bytes.length) || mayHaveLost(bytes) ? undefined : bytes
  }

  /** Reads the values of the envelopes between two offsets. Throws when they are no such thing. */
  read(bytes: Uint8Array, start: number, end: number): ReadonlyArray<unknown> {
    const count = this.#count(bytes, start, end)
    if (isHigh(bytes, start, end)) throw new Error(`more than ${mostHighBytes} bytes in a row with their high bit set`)
    const parser = (this.#parser ??= SchemaBinary.parser(this.#schema, { fingerprint: true }))
    // One that has failed is of no further use.
    this.#parser = undefined
    // A Buffer would not do: bytes in a value are copied by `slice`, which for a Buffer is no copy.
    const values = parser.feedSync(new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start))
    // What is wrong with a later envelope is told when one asks again.
    if (values.length !== count) parser.endSync()
    if (end - start <= keptBytes) this.#parser = parser
    return values
  }

  #count(bytes: Uint8Array, start: number, end: number): number {
    let count = 0
    for (let at = start; at < end; count++) {
      let length = 0
      let scale = 1
      let byte: number
      do {
        if (at === end || scale > maxScale) throw new Error("the length of a value is cut off, or too large")
        byte = bytes[at++]!
        length += (byte & ~highBit) * scale
        scale *= highBit
      } while (byte >= highBit)
      if (length > this.#maxBytes) throw new Error(`a value has ${length} bytes, at most ${this.#maxBytes} are read`)
      if (length > end - at) throw new Error(`a value has ${length} bytes, and ${end - at} have come`)
      at += length
    }
    return count
  }
}

/** A length has at most five bytes. */
const maxScale = highBit ** 4

/** Whether too many bytes in a row have their high bit set. Looks at few: one without it clears all that is near. */
const isHigh = (bytes: Uint8Array, start: number, end: number): boolean => {
  for (let at = start + mostHighBytes; at < end;) {
    let low = at
    while (low >= at - mostHighBytes && bytes[low]! >= highBit) low--
    if (low < at - mostHighBytes) return true
    at = low + mostHighBytes + 1
  }
  return false
}

/** Whether there may have been half of a surrogate pair, which JSON can say. */
const mayHaveLost = (bytes: Uint8Array): boolean => {
  const [first, second, third] = replacement
  for (let at = indexOf(bytes, first, 0); at >= 0; at = indexOf(bytes, first, at + 1)) {
    if (bytes[at + 1] === second && bytes[at + 2] === third) return true
  }
  return false
}
