/**
 * What the tests of this room share: bytes as hex, streams cut to pieces, and an `Out` that takes everything down.
 */
import * as Zlib from "node:zlib"
import fc from "fast-check"
import type { Message, Refusal } from "../../src/session/Message.ts"
import type { About, Codec, Out } from "../../src/wire/Wire.ts"
import { WriteBuffer } from "../../src/wire/WriteBuffer.ts"

export const checksum = (bytes: Uint8Array, seed?: number): number => Zlib.crc32(bytes, seed)

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")

/** Bytes of hex text; blanks and line ends part digits, `#` begins a comment. */
export const bytesOf = (text: string): Uint8Array => {
  const digits = text.replaceAll(/#.*$/gm, "").replaceAll(/\s/g, "")
  if (!/^([0-9a-f]{2})*$/i.test(digits)) throw new Error("expected hex digits")
  return new Uint8Array(Buffer.from(digits, "hex"))
}

export const concat = (...parts: ReadonlyArray<Uint8Array | string>): Uint8Array =>
  new Uint8Array(Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part))))

/** Cuts `bytes` into pieces of these sizes, taken in turn; a size of 0 stands for an empty piece. */
export const cut = (bytes: Uint8Array, sizes: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const pieces: Array<Uint8Array> = []
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!
    pieces.push(bytes.slice(at, at + size))
    at += size
  }
  return pieces
}

/** Sizes of pieces: many small ones, some large, not all of them empty. */
export const sizes = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 200 })), { minLength: 1, maxLength: 6 })
  .filter((all) => all.some((size) => size > 0))

/**
 * Reads a chunk that is someone else's: the memory is written over as soon as `read` returns, as links do that read
 * everything into one buffer.
 */
export const lend = (chunk: Uint8Array, read: (chunk: Uint8Array) => void): void => {
  const lent = Buffer.from(chunk)
  read(lent)
  lent.fill(0xee)
}

export interface Refused {
  readonly about: About
  readonly id: number
  readonly method: number
  readonly reason: Refusal
}

/** Takes down what a codec says and writes. */
export class Recorder implements Out {
  readonly buffer = new WriteBuffer()
  readonly messages: Array<Message> = []
  readonly refused: Array<Refused> = []
  /** The sizes of events that were refused. */
  readonly lostEvents: Array<number> = []
  /** Junk, one character a byte. */
  skipped = ""
  /** As `skipped`, of the second stream. */
  strayed = ""
  /** Why nothing more is read. */
  readonly ends: Array<Refusal> = []
  onMessage: ((message: Message) => void) | undefined

  message(message: Message): void {
    this.messages.push(message)
    this.onMessage?.(message)
  }

  junk(bytes: Uint8Array, stream?: number): void {
    this[stream === 1 ? "strayed" : "skipped"] += Buffer.from(bytes).toString("latin1")
  }

  refuse(about: About, id: number, method: number, reason: Refusal): void {
    this.refused.push({ about, id, method, reason })
  }

  refuseEvent(bytes: number, reason: Refusal): void {
    this.refused.push({ about: "none", id: 0, method: -1, reason })
    this.lostEvents.push(bytes)
  }

  lost(reason: Refusal): void {
    this.ends.push(reason)
  }

  /** Takes what was written, as one array. */
  written(): Uint8Array {
    const chunks: Array<Uint8Array> = []
    this.buffer.flush((chunk) => chunks.push(chunk))
    return concat(...chunks)
  }

  /** What was said, without what was written. */
  get said(): unknown {
    return { messages: this.messages, refused: this.refused, skipped: this.skipped }
  }
}

/** The bytes of messages. Throws when one of them cannot be said. */
export const write = (codec: Codec, ...messages: ReadonlyArray<Message>): Uint8Array => {
  const out = new Recorder()
  for (const message of messages) {
    const written = codec.write(message, out)
    if (typeof written !== "number") throw new Error(`${message._tag}: ${JSON.stringify(written)}`)
  }
  return out.written()
}

/** What a codec says to pieces of bytes, each of which is only lent. */
export const read = (codec: Codec, ...pieces: ReadonlyArray<Uint8Array>): Recorder => {
  const out = new Recorder()
  for (const piece of pieces) lend(piece, (chunk) => codec.read(chunk, out))
  return out
}
