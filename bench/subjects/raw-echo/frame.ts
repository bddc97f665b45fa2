import type { Writable } from "node:stream"

/** Writes a frame with one system call and without a copy of its body. */
export const writeFrame = (output: Writable, body: Uint8Array): void => {
  const head = Buffer.allocUnsafe(4)
  head.writeUInt32BE(body.length, 0)
  output.cork()
  output.write(head)
  output.write(body)
  output.uncork()
}
