/** Cuts a byte stream into frames: four bytes of length, big-endian, then the body. Copies only what came in pieces. */
export class FrameReader {
  readonly #frame: (bytes: Buffer, start: number, end: number) => void
  /** A body that is larger than the chunk it began in, and how much of it is still missing. */
  #body: Buffer | undefined
  #missing = 0
  /** One to three bytes of a length. */
  #head: Buffer | undefined

  /** The bytes given to `frame` may be kept. */
  constructor(frame: (bytes: Buffer, start: number, end: number) => void) {
    this.#frame = frame
  }

  push(chunk: Buffer): void {
    let at = 0
    if (this.#body !== undefined) {
      const body = this.#body
      at = chunk.copy(body, body.length - this.#missing, 0, Math.min(this.#missing, chunk.length))
      this.#missing -= at
      if (this.#missing > 0) return
      this.#body = undefined
      this.#frame(body, 0, body.length)
    } else if (this.#head !== undefined) {
      chunk = Buffer.concat([this.#head, chunk])
      this.#head = undefined
    }
    while (chunk.length - at >= 4) {
      const start = at + 4
      const end = start + chunk.readUInt32BE(at)
      if (end > chunk.length) return this.#begin(chunk, start, end)
      this.#frame(chunk, start, end)
      at = end
    }
    if (at < chunk.length) this.#head = chunk.subarray(at)
  }

  #begin(chunk: Buffer, start: number, end: number): void {
    this.#body = Buffer.allocUnsafe(end - start)
    chunk.copy(this.#body, 0, start)
    this.#missing = end - chunk.length
  }
}
