/**
 * The framing of a system that others wrote: its own messages as bytes, without what they mean.
 *
 * A dialect makes messages of a session out of them; who works below requests takes them as they are.
 *
 * @since 0.1.0
 */
import type { Refusal } from "../session/Message.ts"
import type { WriteBuffer } from "./WriteBuffer.ts"

export type { Refusal } from "../session/Message.ts"

/**
 * A recipe for framers: how messages of the kind `M` look as bytes.
 *
 * @category models
 * @since 0.1.0
 */
export interface Format<M> {
  readonly name: string
  /**
   * How long a message that has begun may get no byte before it is abandoned, in milliseconds, where what is no message may
   * look like the beginning of one. Left out: for ever.
   */
  readonly abandonAfterMillis?: number | undefined
  /** Makes the reader and writer of one connection. */
  open(options: FormatOptions): Framer<M>
}

/**
 * What a framer is told of its connection.
 *
 * @category models
 * @since 0.1.0
 */
export interface FormatOptions {
  /** The largest message read, in bytes, headers and body together. */
  readonly maxFrameBytes: number
}

/**
 * One connection's reader and writer of messages. It has no I/O and no clock, and never throws.
 *
 * @category models
 * @since 0.1.0
 */
export interface Framer<M> {
  /**
   * Reads a chunk, cut anywhere, into messages. The chunk is borrowed: a message that is kept has bytes of its own. A
   * second stream, where a link has one, is 1, and its messages are whole within it.
   */
  read(chunk: Uint8Array, out: FramerOut<M>, stream?: number): void
  /** Says that no more bytes will come: what is unfinished is told. */
  end(out: FramerOut<M>): void
  /** Whether a message has begun on a stream and is not whole. Left out: never. */
  isUnfinished?(stream: number): boolean
  /** Gives up the message that has begun on a stream: its beginning was junk, and the rest of what is held is searched. */
  abandon?(out: FramerOut<M>, stream: number): void
  /** Writes a message whole and answers its bytes, or why it cannot be said; then nothing was written. */
  write(message: M, buffer: WriteBuffer): number | Refusal
}

/**
 * Where a framer puts what it reads.
 *
 * @category models
 * @since 0.1.0
 */
export interface FramerOut<M> {
  message(message: M): void
  /** Bytes that belong to no message were skipped. They are borrowed. */
  junk(bytes: Uint8Array, stream?: number): void
  /** A message came whole but cannot be understood; the next one can be read. */
  refuse(reason: Refusal): void
  /** Where one message ends and the next begins is not known any more: nothing more is read. */
  lost(reason: Refusal): void
}
