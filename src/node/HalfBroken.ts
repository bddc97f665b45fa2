/**
 * Lets a duplex be read to its end although a write to it has failed.
 *
 * A Node duplex destroys itself when a write fails, with all that the peer had sent before it left: the last answers of
 * a server that crashed. There is no public option against that for a socket. Where Node ignores these fields, those
 * bytes are lost, and nothing else changes.
 *
 * @internal
 * @since 0.1.0
 */
import type { Duplex } from "node:stream"

interface State {
  autoDestroy: boolean
  errored: unknown
}

export const keepReading = (duplex: Duplex): void => {
  const { _readableState: reading, _writableState: writing } = duplex as unknown as Record<string, State | undefined>
  if (reading === undefined || writing === undefined) return
  reading.autoDestroy = writing.autoDestroy = false
  duplex.on("error", (error) => {
    // Else the reading side, for which it is no error, would never say that it has ended.
    if (isOfWriting(error)) reading.errored = null
  })
}

/** A duplex has one event for the errors of both ways. */
export const isOfWriting = (error: NodeJS.ErrnoException): boolean =>
  error.syscall === "write" ||
  error.syscall === "shutdown" ||
  error.code === "EPIPE" ||
  error.code === "ERR_STREAM_WRITE_AFTER_END"
