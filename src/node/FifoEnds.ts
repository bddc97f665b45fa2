/**
 * The two ends of a link over FIFOs: one descriptor to read, one to write, opened without ever blocking.
 *
 * Rule 1: the end to read is opened first. It is there at once, and lets go on who is blocked in opening the other end
 * of it; so two sides meet whichever file each of them opens first.
 * Rule 2: the end to write is there once someone reads; until then the system answers ENXIO, and is asked again.
 * Rule 3: a file is opened for reading or for writing, never for both: who holds both ends is never told of an end.
 *
 * @internal
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Fs from "node:fs"
import { type Fault, type FifoFile, systemFault } from "./FifoFile.ts"
import { wait } from "./RealTime.ts"

/** The longest pause between two looks for a reader. */
const maxPauseMillis = 50

const { O_NONBLOCK, O_RDONLY, O_WRONLY } = Fs.constants

/** Owns its descriptors until they are taken. */
export class FifoEnds {
  readonly #read: FifoFile
  readonly #write: FifoFile
  #reading: number | undefined
  #writing: number | undefined

  constructor(read: FifoFile, write: FifoFile) {
    this.#read = read
    this.#write = write
  }

  /** Opens what can be opened; answers whether both ends are open. Uninterruptible, so that what is open is known. */
  get tryOpen(): Effect.Effect<boolean, Fault> {
    return Effect.gen({ self: this }, function* () {
      // In each round: the other side may have removed the files as it left, and made others.
      yield* this.#read.ready
      yield* this.#write.ready
      if (this.#reading !== undefined && !isAt(this.#reading, this.#read.path)) this.close()
      this.#reading ??= yield* openAt(this.#read.path, O_RDONLY)
      if (this.#reading === undefined) return false
      if (isAt(this.#reading, this.#write.path)) {
        const detail = `${this.#read.path} and ${this.#write.path} are the same FIFO; each direction needs one of its own`
        return yield* Effect.fail<Fault>({ detail })
      }
      this.#writing ??= yield* openAt(this.#write.path, O_WRONLY)
      return this.#writing !== undefined
    }).pipe(Effect.uninterruptible)
  }

  /** Hands the descriptors over, once both are open. */
  take(): { readonly reading: number; readonly writing: number } {
    const taken = { reading: this.#reading!, writing: this.#writing! }
    this.#reading = this.#writing = undefined
    return taken
  }

  close(): void {
    if (this.#reading !== undefined) Fs.closeSync(this.#reading)
    if (this.#writing !== undefined) Fs.closeSync(this.#writing)
    this.#reading = this.#writing = undefined
  }
}

/**
 * Waits until both ends are open; the scope owns them until they are taken.
 *
 * Fails when no one opens `write` for reading within `patienceMillis`, in real time.
 */
export const open = (
  read: FifoFile,
  write: FifoFile,
  patienceMillis: number
): Effect.Effect<FifoEnds, Fault, Scope.Scope> =>
  Effect.gen(function* () {
    const giveUpAt = performance.now() + patienceMillis
    const ends = yield* Effect.acquireRelease(
      Effect.sync(() => new FifoEnds(read, write)),
      (ends) => Effect.sync(() => ends.close())
    )
    for (let pauseMillis = 1; !(yield* ends.tryOpen); pauseMillis = Math.min(pauseMillis * 2, maxPauseMillis)) {
      const leftMillis = giveUpAt - performance.now()
      if (leftMillis <= 0) {
        const waited = Duration.format(Duration.millis(patienceMillis))
        const detail = `no one opened ${write.path} for reading within ${waited}; start the other side, which reads it`
        return yield* Effect.fail<Fault>({ detail })
      }
      yield* wait(Math.min(pauseMillis, leftMillis))
    }
    return ends
  })

/** Answers nothing if there is no reader for what would be written, or if the file has just gone. */
const openAt = (path: string, flag: number): Effect.Effect<number | undefined, Fault> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(Fs.openSync(path, flag | O_NONBLOCK))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === "ENXIO" || code === "ENOENT") return Effect.undefined
      return Effect.fail(systemFault(error as NodeJS.ErrnoException, path))
    }
  })

const isAt = (fd: number, path: string): boolean => {
  try {
    const [open, there] = [Fs.fstatSync(fd), Fs.statSync(path)]
    return open.ino === there.ino && open.dev === there.dev
  } catch {
    return false
  }
}
