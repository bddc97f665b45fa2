/**
 * A buffer that a dialling socket reads into again and again, instead of a new one for each chunk.
 *
 * @internal
 * @since 0.1.0
 */
import type { OnReadOpts } from "node:net"

export interface Intake {
  /** Takes the chunks, each borrowed. What comes while it is undefined is thrown away. */
  to: ((chunk: Uint8Array) => void) | undefined
  /** Given to the socket when it is made. */
  readonly onread: OnReadOpts
}

export const make = (bufferBytes: number): Intake => {
  const intake: Intake = {
    to: undefined,
    onread: {
      buffer: Buffer.allocUnsafeSlow(bufferBytes),
      callback: (bytes, buffer) => {
        intake.to?.(buffer.subarray(0, bytes))
        return true
      }
    }
  }
  return intake
}
