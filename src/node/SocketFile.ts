/**
 * The file of a Unix socket: where it may be, what may be in its place, how it appears and how it goes.
 *
 * Rule 1: a socket that someone listens on, and a file that is no socket, are never removed.
 * Rule 2: the socket appears at its path with its mode and already listening, by a link from a directory only we enter.
 * Rule 3: at close the path is removed only if it is still the socket we made.
 *
 * @internal
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Fs from "node:fs"
import * as Net from "node:net"
import * as Path from "node:path"
import { TransportError } from "../transport/TransportError.ts"
import { listen } from "./Acceptor.ts"
import * as LockFile from "./LockFile.ts"
import * as SocketPath from "./SocketPath.ts"
import { attempt } from "./SystemCall.ts"

export interface BindOptions {
  readonly path: string
  readonly mode: number
  readonly backlog: number
  readonly allowSharedDirectory: boolean
}

/**
 * Binds `server` and shows it at the path. Answers how to remove the path again.
 *
 * Fails with a `TransportError` of stage `"listen"`.
 */
export const bind = (server: Net.Server, options: BindOptions): Effect.Effect<() => void, TransportError> => {
  const fail = (detail: string, cause?: unknown) =>
    Effect.fail(new TransportError({ stage: "listen", address: `unix:${options.path}`, detail, cause }))
  if (process.platform === "win32") {
    return listen(server, { path: options.path, backlog: options.backlog }).pipe(
      Effect.as(() => {}),
      Effect.catch((error) => fail(`the system says ${error.code ?? error.message}`, error))
    )
  }
  const fault = SocketPath.fault(options.path) ?? SocketPath.fault(scratchOf(options.path)) ?? directoryFault(options)
  if (fault !== undefined) return fail(fault)
  return LockFile.withLock(`${Path.resolve(options.path)}.lock`, 5000, claim(server, options)).pipe(
    Effect.catch((error) => {
      if (error instanceof TransportError) return Effect.fail(error)
      if ("_tag" in error) {
        return fail(
          `process ${error.pid} has held ${options.path}.lock for 5 seconds; if it does not listen here, remove that file`
        )
      }
      return fail(bindFault(error, options.path), error)
    })
  )
}

/** Room for `/.XXXXXX/s`, where the socket is made before it is shown. */
const scratchOf = (path: string, scratch = ".XXXXXX"): string => Path.join(Path.dirname(path), scratch, "s")

const directoryFault = ({ allowSharedDirectory, path }: BindOptions): string | undefined => {
  const directory = Path.dirname(Path.resolve(path))
  try {
    Fs.mkdirSync(directory, { mode: 0o700 })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === "ENOENT") return `${Path.dirname(directory)} does not exist; create it first`
    if (code !== "EEXIST") return `${directory} cannot be created (${code}); create it with mode 0700`
  }
  const stat = Fs.statSync(directory, { throwIfNoEntry: false })
  if (stat === undefined || !stat.isDirectory()) return `${directory} is not a directory; choose another path`
  if (allowSharedDirectory) return undefined
  const user = process.geteuid!()
  const remedy = "whoever can write there can put a socket in the place of this one"
  if (stat.uid !== user && stat.uid !== 0) {
    return `${directory} belongs to user ${stat.uid}, not to ${user}: ${remedy}; choose another, or set allowSharedDirectory`
  }
  // Sticky as /tmp: others may add files but not touch ours. And a group with the user's own number has no one else.
  const sticky = (stat.mode & 0o1000) !== 0
  const others = (stat.mode & 0o002) !== 0 || ((stat.mode & 0o020) !== 0 && !(stat.gid === user || stat.gid === 0))
  return others && !sticky
    ? `others may write to ${directory}: ${remedy}; chmod it to 0700, or set allowSharedDirectory`
    : undefined
}

/** Holds the lock: looks at what is at the path, then takes its place. */
const claim = (
  server: Net.Server,
  options: BindOptions
): Effect.Effect<() => void, TransportError | NodeJS.ErrnoException> =>
  Effect.gen(function* () {
    const path = Path.resolve(options.path)
    const taken = yield* occupant(options.path, path)
    if (taken !== undefined) {
      return yield* new TransportError({ stage: "listen", address: `unix:${options.path}`, detail: taken })
    }
    const scratch = yield* attempt(() => Fs.mkdtempSync(`${Path.dirname(path)}/.`))
    return yield* Effect.ensuring(
      Effect.gen(function* () {
        const made = scratchOf(options.path, Path.basename(scratch))
        yield* listen(server, { path: made, backlog: options.backlog })
        return yield* attempt(() => show(Path.join(scratch, "s"), path, options.mode))
      }),
      Effect.sync(() => Fs.rmSync(scratch, { recursive: true, force: true }))
    )
  })

/** Says who has the path; removes a socket that nobody listens on. */
const occupant = (path: string, absolute: string): Effect.Effect<string | undefined, NodeJS.ErrnoException> =>
  Effect.gen(function* () {
    const stat = yield* attempt(() => Fs.lstatSync(absolute, { throwIfNoEntry: false }))
    if (stat === undefined) return undefined
    if (!stat.isSocket())
      return "a file that is no socket is in the way and was left alone; remove it or choose another path"
    const answer = yield* probe(path)
    if (answer === "ENOENT") return undefined
    if (answer !== "ECONNREFUSED") {
      return answer === "EACCES" || answer === "EPERM"
        ? "a socket of another user is there; choose another path"
        : "someone already listens there; stop that server or choose another path"
    }
    yield* attempt(() => {
      if (Fs.lstatSync(absolute, { throwIfNoEntry: false })?.ino === stat.ino) Fs.unlinkSync(absolute)
    })
    return undefined
  })

/** Dials the socket and hangs up: the system's code if that fails, or `undefined` if someone listens. */
const probe = (path: string): Effect.Effect<string | undefined> =>
  Effect.callback<string | undefined>((resume) => {
    const socket = Net.connect({ path })
    socket.once("connect", () => {
      socket.destroy()
      resume(Effect.undefined)
    })
    socket.on("error", (error: NodeJS.ErrnoException) => resume(Effect.succeed(error.code)))
    return Effect.sync(() => socket.destroy())
  })

const show = (made: string, path: string, mode: number): (() => void) => {
  Fs.chmodSync(made, mode)
  try {
    Fs.linkSync(made, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw error
    // A file system without hard links.
    Fs.renameSync(made, path)
  }
  const own = Fs.lstatSync(path)
  return () => {
    try {
      const stat = Fs.lstatSync(path, { throwIfNoEntry: false })
      if (stat?.ino === own.ino && stat.dev === own.dev) Fs.unlinkSync(path)
    } catch {
      // The directory is gone or closed to us; so is the socket.
    }
  }
}

const bindFault = (error: NodeJS.ErrnoException, path: string): string => {
  switch (error.code) {
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return `this user may not create files in ${Path.dirname(Path.resolve(path))}; choose another directory`
    case "EEXIST":
      return "someone else has just put a file there; try again or choose another path"
    default:
      return `the system says ${error.code ?? error.message}`
  }
}
