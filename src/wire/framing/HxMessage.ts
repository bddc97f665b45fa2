/**
 * What hx/interop sends: headers and a body, without what they mean.
 *
 * Law 1: a message never changes; what alters headers answers others. Law 2: names are canonical, as Go writes them:
 * `content-length` is `Content-Length`, and a name with a byte that HTTP has no place for stays as it is.
 *
 * @since 0.1.0
 */
import { nameIsClean, valueIsClean } from "./HxText.ts"

/**
 * The headers that hx/interop itself gives a meaning.
 *
 * @category constants
 * @since 0.1.0
 */
export const Reserved = {
  class: "Interop-Rpc-Class",
  id: "Interop-Rpc-Id",
  error: "Interop-Error",
  contentType: "Content-Type",
  contentLength: "Content-Length"
} as const

/**
 * A name and its value.
 *
 * @category models
 * @since 0.1.0
 */
export type HxHeader = readonly [name: string, value: string]

const token = /^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/

/**
 * Answers the form of a header's name that all its spellings share, as Go's `textproto.CanonicalMIMEHeaderKey` does.
 *
 * @category names
 * @since 0.1.0
 */
export const canonical = (name: string): string => {
  if (!token.test(name)) return name
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase())
}

/**
 * The headers of one message: pairs in order, several of one name kept. Names are found whatever their case.
 *
 * Where a name is there more than once, `get` answers the first value, as Go and PHP do; Ruby and JavaScript take the last.
 *
 * @category models
 * @since 0.1.0
 */
export class HxHeaders implements Iterable<HxHeader> {
  static readonly empty: HxHeaders = new HxHeaders([])

  /** Makes headers of pairs, or of an object. */
  static make(headers: Iterable<HxHeader> | Readonly<Record<string, string>>): HxHeaders {
    const pairs = Symbol.iterator in headers ? [...(headers as Iterable<HxHeader>)] : Object.entries(headers)
    return pairs.length === 0 ? HxHeaders.empty : new HxHeaders(pairs.map(([name, value]) => [canonical(name), value]))
  }

  /** Makes headers of pairs with canonical names, which are asked for when somebody looks. */
  static lazy(read: () => ReadonlyArray<HxHeader>): HxHeaders {
    return new HxHeaders(read)
  }

  #pairs: ReadonlyArray<HxHeader> | (() => ReadonlyArray<HxHeader>)

  private constructor(pairs: ReadonlyArray<HxHeader> | (() => ReadonlyArray<HxHeader>)) {
    this.#pairs = pairs
  }

  /** All pairs, in order. */
  get pairs(): ReadonlyArray<HxHeader> {
    if (typeof this.#pairs === "function") this.#pairs = this.#pairs()
    return this.#pairs
  }

  get size(): number {
    return this.pairs.length
  }

  /** Goes through the pairs, in order. */
  [Symbol.iterator](): Iterator<HxHeader> {
    return this.pairs[Symbol.iterator]()
  }

  /** Answers the first value of a name. An empty value is a value. */
  get(name: string): string | undefined {
    const wanted = canonical(name)
    return this.pairs.find(([other]) => other === wanted)?.[1]
  }

  /** Answers all values of a name, in order. */
  getAll(name: string): ReadonlyArray<string> {
    const wanted = canonical(name)
    return this.pairs.filter(([other]) => other === wanted).map(([, value]) => value)
  }

  /** Tells whether there is a header of a name. */
  has(name: string): boolean {
    return this.get(name) !== undefined
  }

  /** Answers headers where `value` is the only one of a name: at the end, as in Go. */
  set(name: string, value: string): HxHeaders {
    return this.delete(name).add(name, value)
  }

  /** Answers headers with one more at the end. */
  add(name: string, value: string): HxHeaders {
    return new HxHeaders([...this.pairs, [canonical(name), value]])
  }

  /** Answers headers without those of a name. */
  delete(name: string): HxHeaders {
    const unwanted = canonical(name)
    return new HxHeaders(this.pairs.filter(([other]) => other !== unwanted))
  }

  /** Answers the pairs, as JSON has no headers. */
  toJSON(): ReadonlyArray<HxHeader> {
    return this.pairs
  }
}

/**
 * One message of hx/interop. `Content-Length` is among the headers of a message that was read, and written whatever
 * the headers say.
 *
 * @category models
 * @since 0.1.0
 */
export interface HxMessage {
  readonly headers: HxHeaders
  readonly body: Uint8Array
}

/**
 * Answers why a header cannot be written, or nothing. Written is what all four implementations read alike: a name of
 * letters, digits and single hyphens between them, and a value without line breaks, NUL, and white space at its ends,
 * which would not survive.
 *
 * @category names
 * @since 0.1.0
 */
export const objection = (name: string, value: string): string | undefined => {
  if (!nameIsClean(name)) return `the header ${shown(name)}: expected letters, digits and single hyphens between them`
  if (!valueIsClean(value)) return `the header ${shown(name)}: expected no line break, no NUL and no outer white space`
  return undefined
}

const shownChars = 64

/** A text of a peer, or of a user, short enough for a message. */
export const shown = (text: string): string =>
  JSON.stringify(text.length <= shownChars ? text : `${text.slice(0, shownChars)}…`)
