/**
 * Streams over descriptors that this process was started with.
 *
 * Pipes and sockets are never blocking. Node does not close descriptors 0 to 2, so neither does destroying a stream of
 * them.
 *
 * @internal
 * @since 0.1.0
 */
import * as Fs from "node:fs"
import * as Net from "node:net"
import { type Duplex, type Readable, Writable } from "node:stream"
import * as Intake from "./Intake.ts"

const retryMillis = 2

/** The two ends of stdio. */
export const stdio = (): {
  readonly readable: Readable
  readonly intake: Intake.Intake | undefined
  readonly writable: Writable
} => {
  const piped = isPipe(0)
  const intake = piped ? Intake.make() : undefined
  return {
    readable:
      intake === undefined
        ? process.stdin
        : paused(new Net.Socket({ fd: 0, readable: true, writable: false, onread: intake.onread })),
    intake,
    writable: isPipe(1) ? new Net.Socket({ fd: 1, readable: false, writable: true }) : blocking(1)
  }
}

/**
 * A socket this process inherited, both ways.
 *
 * Throws when there is none.
 */
export const socket = (fd: number): { readonly duplex: Duplex; readonly intake: Intake.Intake } => {
  if (!isPipe(fd)) throw new Error("it is no pipe or socket")
  const intake = Intake.make()
  return {
    duplex: paused(new Net.Socket({ fd, allowHalfOpen: true, readable: true, writable: true, onread: intake.onread })),
    intake
  }
}

const isPipe = (fd: number): boolean => {
  const stat = Fs.fstatSync(fd)
  return stat.isFIFO() || stat.isSocket()
}

/** The constructor has begun to read. */
const paused = (socket: Net.Socket): Net.Socket => socket.pause()

/** Writes to a file or a terminal, which are never waited for. */
const blocking = (fd: number): Writable => {
  const write = (chunk: Uint8Array, from: number, done: (error?: Error) => void): void => {
    try {
      for (let at = from; at < chunk.length;) at = from += Fs.writeSync(fd, chunk, at)
    } catch (error) {
      // A terminal that someone made non-blocking is full.
      if ((error as NodeJS.ErrnoException).code === "EAGAIN")
        return void setTimeout(write, retryMillis, chunk, from, done)
      return done(error as Error)
    }
    done()
  }
  return new Writable({ decodeStrings: true, write: (chunk: Buffer, _encoding, done) => write(chunk, 0, done) })
}
