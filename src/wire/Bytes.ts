/**
 * Memory for bytes that will be written before they are read.
 *
 * @since 0.1.0
 */
interface BufferClass {
  allocUnsafeSlow(bytes: number): Uint8Array<ArrayBuffer>
}

const buffer = (globalThis as { Buffer?: BufferClass }).Buffer

/** Allocates memory, without zeroing it where that can be: a third of the time of a large one, and less garbage. */
export const allocate = (bytes: number): Uint8Array =>
  buffer === undefined ? new Uint8Array(bytes) : new Uint8Array(buffer.allocUnsafeSlow(bytes).buffer)
