/**
 * Bytes to write, gathered: what one tick has to say leaves in few chunks.
 *
 * Codecs write in place: `reserve` room in the slab, write, `commit`. A large chunk passes as it is (`foreign`).
 *
 * Law: memory that was handed out by `flush` is written again only after `reuse`, which the owner calls when
 * everything handed out has left. So a slab that still travels is never touched.
 *
 * @since 0.1.0
 */
import { allocate } from "./Bytes.ts"

const slabBytes = 64 * 1024

/** Slabs that no buffer uses: an idle connection holds none. */
const spare: Array<Uint8Array> = []
const sparesKept = 16

const none = new Uint8Array(0)

/**
 * What one connection has to say, until it is offered to the link.
 *
 * @category models
 * @since 0.1.0
 */
export class WriteBuffer {
  /** The memory that offsets answered by `reserve` point into; it may be another one after each `reserve`. */
  slab: Uint8Array = none
  #start = 0
  #end = 0
  /** Chunks before what is in the slab, in order. */
  #chunks: Array<Uint8Array> = []
  #chunkBytes = 0
  #flushing = false

  /** Bytes gathered and not flushed yet. */
  get bytes(): number {
    return this.#chunkBytes + this.#end - this.#start
  }

  /** The offset in `slab` after what is written. */
  get end(): number {
    return this.#end
  }

  /** Whether what was written at `offset` of `slab` has not been handed out. */
  holds(slab: Uint8Array, offset: number): boolean {
    return slab === this.slab && offset >= this.#start
  }

  /** Makes room for `bytes` after what is written, and answers its offset in `slab`. */
  reserve(bytes: number): number {
    if (this.#end + bytes > this.slab.length) this.#renew(bytes)
    return this.#end
  }

  /** Counts `bytes` of what was reserved as written. */
  commit(bytes: number): void {
    this.#end += bytes
  }

  /** Puts a large chunk after what is written, without a copy: it must not change until it has left. */
  foreign(chunk: Uint8Array): void {
    this.#seal()
    this.#chunks.push(chunk)
    this.#chunkBytes += chunk.length
  }

  /** Hands out everything gathered, in order, and what is written meanwhile. */
  flush(take: (chunk: Uint8Array) => void): void {
    // Who takes a chunk may come back here: chunks would then overtake each other.
    if (this.#flushing) return
    this.#flushing = true
    while (this.bytes > 0) {
      this.#seal()
      const chunks = this.#chunks
      this.#chunks = []
      this.#chunkBytes = 0
      for (const chunk of chunks) take(chunk)
    }
    this.#flushing = false
  }

  /** Says that everything handed out has left, so that its memory may be written again. */
  reuse(): void {
    if (this.bytes > 0 || this.#flushing || this.slab === none) return
    if (this.slab.length === slabBytes && spare.length < sparesKept) spare.push(this.slab)
    this.slab = none
    this.#start = 0
    this.#end = 0
  }

  #seal(): void {
    if (this.#end === this.#start) return
    const chunk = this.slab.subarray(this.#start, this.#end)
    this.#chunks.push(chunk)
    this.#chunkBytes += chunk.length
    this.#start = this.#end
  }

  #renew(bytes: number): void {
    this.#seal()
    this.slab = bytes > slabBytes ? allocate(bytes) : (spare.pop() ?? allocate(slabBytes))
    this.#start = 0
    this.#end = 0
  }
}
