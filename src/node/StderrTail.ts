/**
 * The last bytes a process wrote to stderr, in bounded memory.
 *
 * @internal
 * @since 0.1.0
 */
export class StderrTail {
  readonly #maxBytes: number
  readonly #chunks: Array<Uint8Array> = []
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    while (this.#chunks.length > 1 && this.#bytes - this.#chunks[0]!.length >= this.#maxBytes) {
      this.#bytes -= this.#chunks.shift()!.length
    }
  }

  get text(): string {
    const all = Buffer.concat(this.#chunks)
    let start = Math.max(0, all.length - this.#maxBytes)
    // A character that was cut at the front is left out.
    if (start > 0) while (start < all.length && (all[start]! & 0xc0) === 0x80) start++
    return all.toString("utf8", start)
  }
}
