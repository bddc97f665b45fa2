/**
 * Texts over a byte duplex, each in a frame of four bytes of length and UTF-8.
 *
 * The frames of one tick leave in one write: they are encoded side by side into a slab, which is used again as soon as
 * the system has taken what was written.
 */
import type { Duplex } from "./duplex.ts"
import { FrameReader } from "./FrameReader.ts"

const slabBytes = 64 * 1024

export class JsonChannel {
  readonly #output: Duplex["output"]
  #slab = Buffer.allocUnsafeSlow(slabBytes)
  #start = 0
  #end = 0
  #scheduled = false
  readonly #flush = (): void => {
    this.#scheduled = false
    this.#write()
  }

  constructor({ input, output }: Duplex, onText: (text: string) => void) {
    this.#output = output
    const reader = new FrameReader((bytes, start, end) => onText(bytes.toString("utf8", start, end)))
    input.on("data", (chunk: Buffer) => reader.push(chunk))
  }

  send(text: string): void {
    // At most three bytes per UTF-16 unit.
    const most = 4 + text.length * 3
    if (most > slabBytes) return this.#sendLarge(text)
    if (most > slabBytes - this.#end) this.#renew()
    const length = this.#slab.write(text, this.#end + 4, "utf8")
    this.#slab.writeUInt32BE(length, this.#end)
    this.#end += 4 + length
    if (this.#scheduled) return
    this.#scheduled = true
    process.nextTick(this.#flush)
  }

  #sendLarge(text: string): void {
    this.#write()
    const length = Buffer.byteLength(text)
    const frame = Buffer.allocUnsafe(4 + length)
    frame.writeUInt32BE(length, 0)
    frame.write(text, 4, "utf8")
    this.#output.write(frame)
  }

  #renew(): void {
    this.#write()
    if (this.#end === 0) return
    this.#slab = Buffer.allocUnsafeSlow(slabBytes)
    this.#start = 0
    this.#end = 0
  }

  #write(): void {
    if (this.#end > this.#start) this.#output.write(this.#slab.subarray(this.#start, this.#end))
    this.#start = this.#end
    if (this.#output.writableLength > 0) return
    this.#start = 0
    this.#end = 0
  }
}
