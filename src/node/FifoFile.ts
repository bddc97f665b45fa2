/**
 * The file of a FIFO: what may be at its path, how it is made, and how it goes.
 *
 * Rule 1: what is no FIFO is left alone, and never opened.
 * Rule 2: at the end the path is removed only if it is still the FIFO we made.
 *
 * @internal
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Fs from "node:fs"
import * as Path from "node:path"

/** What is wrong and what to do about it, in one sentence. */
export interface Fault {
  readonly detail: string
  readonly cause?: unknown
}

/** Making a file takes a few milliseconds, unless its file system hangs. */
const makeMillis = 5000

export class FifoFile {
  readonly path: string
  readonly #create: boolean
  #made: Fs.Stats | undefined

  constructor(path: string, create: boolean) {
    this.path = Path.resolve(path)
    this.#create = create
  }

  /** Succeeds when a FIFO is at the path, which is made first if that was asked for. */
  get ready(): Effect.Effect<void, Fault> {
    return Effect.flatMap(this.#isThere, (there) => {
      if (there) return Effect.void
      return this.#create ? this.#make : Effect.fail<Fault>({ detail: missing(this.path) })
    })
  }

  /** Removes the FIFO if it was made here. */
  remove(): void {
    const made = this.#made
    this.#made = undefined
    try {
      const stat = Fs.lstatSync(this.path, { throwIfNoEntry: false })
      if (made === undefined || stat?.ino !== made.ino || stat.dev !== made.dev) return
      // Whoever is blocked in opening it would never find it at its path again. Both ends are open for a moment, so
      // they go on, and read the end of the file.
      const fd = Fs.openSync(this.path, Fs.constants.O_RDWR | Fs.constants.O_NONBLOCK)
      try {
        Fs.unlinkSync(this.path)
      } finally {
        Fs.closeSync(fd)
      }
    } catch {
      // The directory is gone or closed to us.
    }
  }

  get #isThere(): Effect.Effect<boolean, Fault> {
    return Effect.suspend(() => {
      try {
        const stat = Fs.statSync(this.path, { throwIfNoEntry: false })
        if (stat === undefined || stat.isFIFO()) return Effect.succeed(stat !== undefined)
        const kind = stat.isDirectory() ? "a directory" : stat.isFile() ? "a regular file" : "a file of another kind"
        return Effect.fail<Fault>({
          detail: `${this.path} is ${kind}, not a FIFO, and was left alone; remove it or choose another path`
        })
      } catch (error) {
        return Effect.fail(systemFault(error as NodeJS.ErrnoException, this.path))
      }
    })
  }

  /** Uninterruptible, so that what was made is known. */
  get #make(): Effect.Effect<void, Fault> {
    return Effect.uninterruptible(
      Effect.flatMap(mkfifo(this.path), (failure) => {
        if (failure === undefined)
          return Effect.sync(() => void (this.#made = Fs.lstatSync(this.path, { throwIfNoEntry: false })))
        // The other side may have made it at the same time.
        return Effect.flatMap(this.#isThere, (there) => (there ? Effect.void : Effect.fail(failure)))
      })
    )
  }
}

/** Makes a FIFO for this user only. Node has no call for it, so the command of the same name does it. */
const mkfifo = (path: string): Effect.Effect<Fault | undefined> =>
  Effect.callback((resume) => {
    const { execFile } = process.getBuiltinModule("node:child_process")
    const env = { ...process.env, LC_ALL: "C" }
    execFile("mkfifo", ["-m", "600", path], { env, timeout: makeMillis }, (error, _stdout, stderr) => {
      if (error === null) return resume(Effect.undefined)
      const said = error.code === ("ENOENT" as unknown) ? "there is no command mkfifo" : stderr.trim() || error.message
      const directory = Path.dirname(path)
      const detail = Fs.existsSync(directory)
        ? `${path} cannot be made (${said}); make it by other means or choose another path`
        : `${directory} does not exist; create it first`
      resume(Effect.succeed({ detail, cause: error }))
    })
  })

const missing = (path: string): string =>
  `there is no FIFO at ${path}; start the side that makes it, make it with \`mkfifo -m 600\`, or set create: true`

/** What is wrong when the system refuses a file. */
export const systemFault = (error: NodeJS.ErrnoException, path: string): Fault => ({
  detail:
    error.code === "EACCES" || error.code === "EPERM"
      ? `this user may not use ${path}; run as the user who owns it, or have its mode changed`
      : `the system says ${error.code ?? error.message} for ${path}`,
  cause: error
})
