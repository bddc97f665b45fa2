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
import { type Holder, Properties, propertyOf, Root } from "./PhpHolders.ts"
import { copyOf, PhpScalars } from "./PhpScalars.ts"
import {
  dereference,
  PhpArray,
  PhpCustom,
  PhpEnum,
  type PhpKey,
  PhpObject,
  PhpReference,
  type PhpValue
} from "./PhpValue.ts"

const code = (character: string): number => character.charCodeAt(0)
const colon = code(":")
const semicolon = code(";")
const opening = code("{")
const closing = code("}")

/** The fewest bytes that a key with its value takes: `i:0;N;`. */
const entryBytes = 6
export class PhpReader extends PhpScalars {
  readonly #maxDepth: number
  #depth = 0
  /** The values that have a number, by where they are kept. */
  readonly #holders: Array<Holder> = []
  readonly #places: Array<PhpKey> = []

  constructor(bytes: Uint8Array, start: number, end: number, maxDepth: number) {
    super(bytes, start, end)
    this.#maxDepth = maxDepth
  }

  /** Reads the value. */
  read(): PhpValue {
    const root = new Root()
    this.#value(root, 0)
    return dereference(root.value!)
  }

  #value(holder: Holder, place: PhpKey): void {
    const bytes = this.bytes
    const kind = bytes[this.at]
    if (this.at + 1 >= this.end) this.fail("Truncated", "the value ends too early")
    if (kind !== 0x52) {
      this.#holders.push(holder)
      this.#places.push(place)
    }
    const start = this.at
    this.at += 2
    if (bytes[start + 1] !== (kind === 0x4e ? semicolon : colon)) this.failAt(start, "Malformed", "there is no value")
    switch (kind) {
      case 0x4e: // N
        return holder.set(place, null)
      case 0x62: // b
        return holder.set(place, this.boolean())
      case 0x69: // i
        return holder.set(place, this.integer())
      case 0x64: // d
        return holder.set(place, this.float())
      case 0x73: // s
        return holder.set(place, this.string())
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
        this.failAt(start, "Malformed", "there is no value")
    }
  }

  /** Reads how many entries follow, up to the brace that opens them. */
  #count(): number {
    const count = this.length()
    this.expect(colon)
    this.expect(opening)
    if (count * entryBytes > this.end - this.at) {
      this.fail("Truncated", `${count} entries are claimed that are not there`)
    }
    if (++this.#depth > this.#maxDepth) this.fail("TooDeep", `nested deeper than ${this.#maxDepth}`)
    return count
  }

  #close(): void {
    this.expect(closing)
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
    const kind = this.bytes[this.at]
    if (this.at + 1 >= this.end) this.fail("Truncated", "a key ends too early")
    if ((kind !== 0x69 && kind !== 0x73) || this.bytes[this.at + 1] !== colon) {
      this.fail("Malformed", `a key of ${of} is an integer or a string`)
    }
    this.at += 2
    if (kind === 0x69) return this.integer()
    return this.keyText()
  }

  #object(holder: Holder, place: PhpKey): void {
    const phpClass = this.#className()
    this.expect(colon)
    const count = this.#count()
    const object = new PhpObject(phpClass)
    const { properties } = object
    holder.set(place, object)
    const inside = new Properties(properties)
    for (let entry = 0; entry < count; entry++) {
      properties.push(propertyOf(this.#key("an object"), this.at - this.start))
      this.#value(inside, entry)
    }
    this.#close()
  }

  #className(): string {
    const at = this.at
    const name = this.name("a class")
    if (name === "") this.failAt(at, "Malformed", "a class has no name")
    return name
  }

  #enum(): PhpEnum {
    const start = this.at
    const name = this.name("an enum")
    this.expect(semicolon)
    const at = name.indexOf(":")
    if (at <= 0 || at === name.length - 1) this.failAt(start, "Malformed", "an enum has a class and a case")
    return new PhpEnum(name.slice(0, at), name.slice(at + 1))
  }

  #custom(): PhpCustom {
    const phpClass = this.#className()
    this.expect(colon)
    const length = this.length()
    this.expect(colon)
    this.expect(opening)
    const start = this.at
    if (length > this.end - start) this.fail("Truncated", `${length} bytes are claimed that are not there`)
    this.at = start + length
    this.expect(closing)
    return new PhpCustom(phpClass, copyOf(this.bytes, start, start + length))
  }

  /** Reads the number of a value, and answers its index. */
  #number(): number {
    const start = this.at
    const number = this.length()
    this.expect(semicolon)
    if (number < 1 || number > this.#holders.length) {
      this.failAt(start, "BadReference", `there is no value ${number} to refer to`)
    }
    return number - 1
  }

  #same(): PhpValue {
    const start = this.at
    const index = this.#number()
    const value = dereference(this.#holders[index]!.get(this.#places[index]!) ?? null)
    if (value instanceof PhpObject || value instanceof PhpEnum || value instanceof PhpCustom) return value
    return this.failAt(start, "BadReference", `value ${index + 1} is no object`)
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
}
