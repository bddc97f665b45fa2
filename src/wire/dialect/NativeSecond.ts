/**
 * The frames of a link's second stream, where they travel among text.
 *
 * They are cut on their own, and mean what they mean on the first stream. Frames of one exchange may come on either.
 *
 * @since 0.1.0
 */
import type { Sum } from "../framing/Crc32.ts"
import * as Frame from "../framing/MarkedFrame.ts"
import type { NativeReader } from "./NativeReader.ts"

export class NativeSecond implements Frame.FrameSink {
  readonly frames: Frame.Reader
  readonly #first: NativeReader

  constructor(first: NativeReader, maxBodyBytes: number, sum: Sum | undefined) {
    this.#first = first
    this.frames = new Frame.Reader(this, maxBodyBytes, sum)
  }

  frame(kind: number, flags: number, id: number, number: number, bytes: Uint8Array, start: number, end: number): void {
    this.#first.frame(kind, flags, id, number, bytes, start, end)
  }

  oversized(kind: number, id: number, number: number, bodyBytes: number): void {
    this.#first.oversized(kind, id, number, bodyBytes)
  }

  corrupt(kind: number, id: number, number: number, bodyBytes: number): void {
    this.#first.corrupt(kind, id, number, bodyBytes)
  }

  junk(bytes: Uint8Array): void {
    this.#first.out!.junk(bytes, 1)
  }
}
