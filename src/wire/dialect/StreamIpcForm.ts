/**
 * The short way: how a serializer puts fields into an envelope, and finds them there, byte by byte.
 *
 * It knows the one order in which PHP and this side write. Anything else is read by the general way.
 *
 * @since 0.1.0
 */
import type { Plan } from "../payload/JsonPlan.ts"
import type { Read } from "../payload/JsonReader.ts"
import type { Write } from "../payload/JsonWriter.ts"

/** What comes with an object. */
export type Kind = "request" | "response" | "notification"

/** What of a message is known before it is written, or read. */
export interface Frame {
  readonly kind: Kind
  /** What precedes the id. */
  readonly open: Uint8Array
  /** What is between the id and the fields: the class above all. */
  readonly head: Uint8Array
}

/** Where an id is that was found. */
export class FoundId {
  start = 0
  end = 0
}

/** One serializer's short way. */
export interface Form {
  /** What precedes the id in each kind of message. */
  readonly envelopes: Readonly<Record<Kind, Uint8Array>>
  /** What precedes the fields of an object of this class. */
  readonly frameOf: (kind: Kind, phpClass: string) => Frame
  /** What the envelope of a message says it is. */
  readonly kindAt: (bytes: Uint8Array, start: number, end: number) => Kind
  /**
   * Finds the id that stands at an offset, and answers where what follows it begins, or -1. It may hold what is no byte of a
   * plain id, and means something else then.
   */
  readonly idAt: (bytes: Uint8Array, at: number, end: number, found: FoundId) => number
  /** Answers where the head ends that begins at an offset, or -1. */
  readonly headEnd: (bytes: Uint8Array, at: number, end: number, kind: Kind) => number
  /** Puts what precedes an id's own bytes, and answers the offset after it. */
  readonly putBeforeId: (idBytes: number, into: Uint8Array, at: number) => number
  /** Makes what writes the fields of an object behind its head; undefined where that cannot be done so. */
  readonly writer: (plan: Plan) => Write | undefined
  /** Makes what reads them. */
  readonly reader: (plan: Plan) => Read | undefined
}

export const closeBrace = 0x7d

export const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)
