/**
 * The headers of a message that is being read: where they stand, and no strings until somebody asks.
 *
 * Offsets count from the message's first byte, so that a message that is cut may move.
 *
 * @since 0.1.0
 */
import * as Utf8 from "../Utf8.ts"
import { canonical, type HxHeader, HxHeaders, Reserved } from "./HxMessage.ts"
import { Known, known, readDigits, trimEnd, trimStart, unknown } from "./HxText.ts"

const nothing = new Uint8Array(0)

/** Offsets of a name and its value: four numbers a header. */
const width = 4

/** The canonical form of each known name. */
const names = [Reserved.class, Reserved.id, Reserved.error, Reserved.contentType, Reserved.contentLength]

/** What the headers say about where the body ends. */
export type BodyLength = number | "paragraph" | "unclear"

export class HxHead {
  /** The memory that the message is in, and where it begins there; set by who reads. */
  bytes: Uint8Array = nothing
  base = 0
  #offsets: Array<number> = []
  #count = 0
  #knownCount = 0
  /** Which header is the first of each known name; -1 where there is none. */
  readonly #first = [-1, -1, -1, -1, -1]
  #lengthsDiffer = false

  get count(): number {
    return this.#count
  }

  /** Whether there are headers besides those of the known names. */
  get hasMore(): boolean {
    return this.#knownCount < this.#count
  }

  clear(): void {
    // The memory of a large message must not be kept until the next one comes.
    this.bytes = nothing
    this.#count = 0
    this.#knownCount = 0
    this.#lengthsDiffer = false
    for (let name = 0; name < this.#first.length; name++) this.#first[name] = -1
  }

  /**
   * Adds the line between two offsets of `bytes`, whose first colon stands at `colon`. `named` is what stands before
   * that, where it is one of the known names and has been seen.
   */
  add(
    bytes: Uint8Array,
    base: number,
    start: number,
    colon: number,
    end: number,
    named: Known | typeof unknown = unknown
  ): void {
    this.bytes = bytes
    this.base = base
    const nameStart = named === unknown ? trimStart(bytes, start, colon) : start
    const nameEnd = named === unknown ? trimEnd(bytes, nameStart, colon) : colon
    const valueStart = trimStart(bytes, colon + 1, end)
    const at = this.#count * width
    this.#offsets[at] = nameStart - base
    this.#offsets[at + 1] = nameEnd - base
    this.#offsets[at + 2] = valueStart - base
    this.#offsets[at + 3] = trimEnd(bytes, valueStart, end) - base
    const name = named === unknown ? known(bytes, nameStart, nameEnd) : named
    if (name !== unknown) this.#note(name)
    this.#count++
  }

  #note(name: Known): void {
    this.#knownCount++
    const first = this.#first[name]!
    if (first < 0) this.#first[name] = this.#count
    else if (name === Known.contentLength && this.#length(this.#count) !== this.#length(first)) {
      this.#lengthsDiffer = true
    }
  }

  /**
   * What the headers say of the body's end. Lengths that differ are unclear, for readers differ in which of them they
   * take; so is whatever is no number.
   */
  get bodyLength(): BodyLength {
    const header = this.#first[Known.contentLength]!
    if (header < 0) return "paragraph"
    if (this.#lengthsDiffer) return "unclear"
    const length = this.#length(header)
    return length === -1 ? "unclear" : length
  }

  #length(header: number): BodyLength {
    const start = this.valueStart(header)
    const end = this.valueEnd(header)
    return start === end ? "paragraph" : readDigits(this.bytes, start, end)
  }

  /** Which header is the first of a known name; -1 if there is none. */
  find(name: Known): number {
    return this.#first[name]!
  }

  /** Where in `bytes` the value of a header begins. */
  valueStart(header: number): number {
    return this.base + this.#offsets[header * width + 2]!
  }

  /** Where in `bytes` the value of a header ends. */
  valueEnd(header: number): number {
    return this.base + this.#offsets[header * width + 3]!
  }

  value(header: number): string {
    return Utf8.read(this.bytes, this.valueStart(header), this.valueEnd(header))
  }

  /** The canonical name of a header. */
  name(header: number): string {
    return nameOf(this.bytes, this.base, this.#offsets, header)
  }

  /** The first value of a header of this canonical name. */
  get(name: string): string | undefined {
    for (let header = 0; header < this.#count; header++) if (this.name(header) === name) return this.value(header)
    return undefined
  }

  /** Whether a header has one of the known names, whether or not it is the first of them. */
  isKnown(header: number): boolean {
    const at = header * width
    return known(this.bytes, this.base + this.#offsets[at]!, this.base + this.#offsets[at + 1]!) !== unknown
  }

  /** All values of a known name, in order. */
  values(name: Known): ReadonlyArray<string> {
    const all: Array<string> = []
    const first = this.find(name)
    if (first < 0) return all
    for (let header = first; header < this.#count; header++) {
      if (this.name(header) === names[name]) all.push(this.value(header))
    }
    return all
  }

  /** The headers, for keeping: they have bytes of their own. */
  own(): HxHeaders {
    if (this.#count === 0) return HxHeaders.empty
    const count = this.#count
    const offsets = this.#offsets.slice(0, count * width)
    const bytes = new Uint8Array(this.bytes.subarray(this.base, this.base + offsets.at(-1)!))
    return HxHeaders.lazy(() => pairsOf(bytes, offsets, count))
  }
}

const nameOf = (bytes: Uint8Array, base: number, offsets: ReadonlyArray<number>, header: number): string => {
  const start = base + offsets[header * width]!
  const end = base + offsets[header * width + 1]!
  const name = known(bytes, start, end)
  return name === unknown ? canonical(Utf8.read(bytes, start, end)) : names[name]!
}

const pairsOf = (bytes: Uint8Array, offsets: ReadonlyArray<number>, count: number): ReadonlyArray<HxHeader> => {
  const pairs: Array<HxHeader> = []
  for (let header = 0; header < count; header++) {
    const value = Utf8.read(bytes, offsets[header * width + 2]!, offsets[header * width + 3]!)
    pairs.push([nameOf(bytes, 0, offsets, header), value])
  }
  return pairs
}
