/**
 * Reads what PHP's `serialize` wrote, as its `unserialize` does. What follows the value is ignored, as there.
 *
 * ```
 * N;  b:1;  i:-5;  d:0.5;  s:5:"bytes";  a:2:{key value key value}  O:5:"Class":1:{name value}
 * E:9:"Suit:Clubs";  C:5:"Class":4:{data}  r:2; the same object again  R:2; the same reference
 * ```
 * Values are numbered from 1 as they begin; keys, and what `R` stands for, have no number. Lengths count bytes.
 *
 * Law 1: a length or count is believed only as far as there are bytes for it. Law 2: it throws a `PhpError`, nothing else.
 *
 * @since 0.1.0
 */
import { indexOf } from "../Bytes.ts"
import * as Utf8 from "../Utf8.ts"
import * as Floats from "./PhpFloats.ts"
import { type Holder, Properties, propertyOf, Root } from "./PhpHolders.ts"
import { textOf } from "./PhpText.ts"
import {
  dereference,
  float,
  integer,
  PhpArray,
  PhpCustom,
  PhpEnum,
  PhpError,
  type PhpKey,
  PhpObject,
  PhpReference,
  type PhpValue
} from "./PhpValue.ts"

const code = (character: string): number => character.charCodeAt(0)
const colon = code(":")
const semicolon = code(";")
const quote = code('"')
const minus = code("-")
const plus = code("+")
const zero = code("0")
const opening = code("{")
const closing = code("}")

/** The fewest bytes that a key with its value takes: `i:0;N;`. */
const entryBytes = 6
/** A longer number is none that PHP wrote. */
const mostNumberBytes = 512
const mostLengthDigits = 15
/** Up to here an integer is exact while it is read digit by digit. */
const exactDigits = 15

export class PhpReader {
  readonly #bytes: Uint8Array
  readonly #start: number
  readonly #end: number
  readonly #maxDepth: number
  #at: number
  #depth = 0
  /** The values that have a number, by where they are kept. */
  readonly #holders: Array<Holder> = []
  readonly #places: Array<PhpKey> = []

  constructor(bytes: Uint8Array, start: number, end: number, maxDepth: number) {
    this.#bytes = bytes
    this.#start = start
    this.#at = start
    this.#end = end
    this.#maxDepth = maxDepth
  }

  /** Reads the value. */
  read(): PhpValue {
    const root = new Root()
    this.#value(root, 0)
    return dereference(root.value!)
  }

  #value(holder: Holder, place: PhpKey): void {
    const bytes = this.#bytes
    const kind = bytes[this.#at]
    if (this.#at + 1 >= this.#end) this.#fail("Truncated", "the value ends too early")
    if (kind !== 0x52) {
      this.#holders.push(holder)
      this.#places.push(place)
    }
    const start = this.#at
    this.#at += 2
    if (bytes[start + 1] !== (kind === 0x4e ? semicolon : colon)) this.#failAt(start, "Malformed", "there is no value")
    switch (kind) {
      case 0x4e: // N
        return holder.set(place, null)
      case 0x62: // b
        return holder.set(place, this.#boolean())
      case 0x69: // i
        return holder.set(place, this.#integer())
      case 0x64: // d
        return holder.set(place, this.#float())
      case 0x73: // s
        return holder.set(place, this.#string())
      case 0x61: // a
        return this.#array(holder, place)
      case 0x4f: // O
        return this.#object(holder, place)
      case 0x45: // E
        return holder.set(place, this.#enum())
      case 0x43: // C
        return holder.set(place, this.#custom())
      case 0x72: // r
        return holder.set(place, this.#same())
      case 0x52: // R
        return holder.set(place, this.#reference())
      default:
        this.#failAt(start, "Malformed", "there is no value")
    }
  }

  #boolean(): boolean {
    const digit = this.#bytes[this.#at]! - zero
    if (digit !== 0 && digit !== 1) this.#fail("Malformed", "a boolean is 0 or 1")
    this.#at++
    this.#expect(semicolon)
    return digit === 1
  }

  #integer(): number | bigint {
    const bytes = this.#bytes
    const start = this.#at
    let at = start
    const negative = bytes[at] === minus
    if (negative || bytes[at] === plus) at++
    const from = at
    let value = 0
    for (; at < this.#end; at++) {
      const digit = bytes[at]! - zero
      if (digit < 0 || digit > 9) break
      value = value * 10 + digit
    }
    const digits = at - from
    if (digits === 0) this.#fail("Malformed", "an integer has no digit")
    if (digits > mostNumberBytes) this.#fail("OutOfRange", "an integer is too long")
    this.#at = at
    this.#expect(semicolon)
    if (digits > exactDigits)
      return integer(Utf8.read(bytes, bytes[start] === plus ? from : start, at), start - this.#start)
    return negative && value !== 0 ? -value : value
  }

  #float(): PhpValue {
    const start = this.#at
    const end = indexOf(this.#bytes, semicolon, start)
    if (end < 0 || end >= this.#end) this.#fail("Truncated", "a float has no end")
    if (end - start > mostNumberBytes) this.#fail("Malformed", "a float is too long")
    const value = Floats.read(Utf8.read(this.#bytes, start, end))
    if (value === undefined) this.#fail("Malformed", "there is no float")
    this.#at = end + 1
    return float(value)
  }

  #string(): string | Uint8Array {
    const start = this.#quoted()
    const end = this.#at - 1
    this.#expect(semicolon)
    return textOf(this.#bytes, start, end) ?? copyOf(this.#bytes, start, end)
  }

  /** Passes over a length and that many bytes between quotes, and answers where they begin; they end before the quote. */
  #quoted(): number {
    const length = this.#length()
    this.#expect(colon)
    this.#expect(quote)
    const start = this.#at
    if (length > this.#end - start) this.#fail("Truncated", `${length} bytes are claimed that are not there`)
    this.#at = start + length
    this.#expect(quote)
    return start
  }

  #name(what: string): string {
    const start = this.#quoted()
    const name = textOf(this.#bytes, start, this.#at - 1)
    if (name === undefined) this.#failAt(start, "NotText", `the name of ${what} is no UTF-8`)
    return name
  }

  #length(): number {
    const start = this.#at
    let length = 0
    for (; this.#at < this.#end; this.#at++) {
      const digit = this.#bytes[this.#at]! - zero
      if (digit < 0 || digit > 9) break
      length = length * 10 + digit
    }
    const digits = this.#at - start
    if (digits === 0 || digits > mostLengthDigits) this.#failAt(start, "Malformed", "there is no length")
    return length
  }

  /** Reads how many entries follow, up to the brace that opens them. */
  #count(): number {
    const count = this.#length()
    this.#expect(colon)
    this.#expect(opening)
    if (count * entryBytes > this.#end - this.#at) {
      this.#fail("Truncated", `${count} entries are claimed that are not there`)
    }
    if (++this.#depth > this.#maxDepth) this.#fail("TooDeep", `nested deeper than ${this.#maxDepth}`)
    return count
  }

  #close(): void {
    this.#expect(closing)
    this.#depth--
  }

  #array(holder: Holder, place: PhpKey): void {
    const count = this.#count()
    const array = new PhpArray()
    holder.set(place, array)
    for (let entry = 0; entry < count; entry++) {
      const key = this.#key("an array")
      // The place is taken before the value is read, which may refer to it.
      array.set(key, null)
      this.#value(array, key)
    }
    this.#close()
  }

  /** Reads a key: an integer or a string. */
  #key(of: string): PhpKey {
    const kind = this.#bytes[this.#at]
    if (this.#at + 1 >= this.#end) this.#fail("Truncated", "a key ends too early")
    if ((kind !== 0x69 && kind !== 0x73) || this.#bytes[this.#at + 1] !== colon) {
      this.#fail("Malformed", `a key of ${of} is an integer or a string`)
    }
    this.#at += 2
    if (kind === 0x69) return this.#integer()
    const key = this.#name("a key")
    this.#expect(semicolon)
    return key
  }

  #object(holder: Holder, place: PhpKey): void {
    const phpClass = this.#className()
    this.#expect(colon)
    const count = this.#count()
    const object = new PhpObject(phpClass)
    const { properties } = object
    holder.set(place, object)
    const inside = new Properties(properties)
    for (let entry = 0; entry < count; entry++) {
      properties.push(propertyOf(this.#key("an object"), this.#at - this.#start))
      this.#value(inside, entry)
    }
    this.#close()
  }

  #className(): string {
    const at = this.#at
    const name = this.#name("a class")
    if (name === "") this.#failAt(at, "Malformed", "a class has no name")
    return name
  }

  #enum(): PhpEnum {
    const start = this.#at
    const name = this.#name("an enum")
    this.#expect(semicolon)
    const at = name.indexOf(":")
    if (at <= 0 || at === name.length - 1) this.#failAt(start, "Malformed", "an enum has a class and a case")
    return new PhpEnum(name.slice(0, at), name.slice(at + 1))
  }

  #custom(): PhpCustom {
    const phpClass = this.#className()
    this.#expect(colon)
    const length = this.#length()
    this.#expect(colon)
    this.#expect(opening)
    const start = this.#at
    if (length > this.#end - start) this.#fail("Truncated", `${length} bytes are claimed that are not there`)
    this.#at = start + length
    this.#expect(closing)
    return new PhpCustom(phpClass, copyOf(this.#bytes, start, start + length))
  }

  /** Reads the number of a value, and answers its index. */
  #number(): number {
    const start = this.#at
    const number = this.#length()
    this.#expect(semicolon)
    if (number < 1 || number > this.#holders.length) {
      this.#failAt(start, "BadReference", `there is no value ${number} to refer to`)
    }
    return number - 1
  }

  #same(): PhpValue {
    const start = this.#at
    const index = this.#number()
    const value = dereference(this.#holders[index]!.get(this.#places[index]!) ?? null)
    if (value instanceof PhpObject || value instanceof PhpEnum || value instanceof PhpCustom) return value
    return this.#failAt(start, "BadReference", `value ${index + 1} is no object`)
  }

  #reference(): PhpReference {
    const index = this.#number()
    const holder = this.#holders[index]!
    const place = this.#places[index]!
    const value = holder.get(place) ?? null
    if (value instanceof PhpReference) return value
    const reference = new PhpReference(value)
    holder.set(place, reference)
    return reference
  }

  #expect(byte: number): void {
    if (this.#at >= this.#end) this.#fail("Truncated", "the value ends too early")
    if (this.#bytes[this.#at] !== byte) this.#fail("Malformed", `expected ${String.fromCharCode(byte)}`)
    this.#at++
  }

  #fail(reason: PhpError["reason"], detail: string): never {
    return this.#failAt(this.#at, reason, detail)
  }

  #failAt(at: number, reason: PhpError["reason"], detail: string): never {
    throw new PhpError(reason, detail, at - this.#start)
  }
}

/** A `Buffer` would share its memory with what it calls a slice. */
const copyOf = (bytes: Uint8Array, start: number, end: number): Uint8Array => new Uint8Array(bytes.subarray(start, end))
