/**
 * Links to processes that this one starts: frames over their stdin and stdout (and stderr), or over descriptor 3.
 *
 * A child leads a process group of its own, so that what it starts ends with it. It sees the end of its input when this
 * process closes the link or dies; one that does not heed it is terminated, then killed, by this process or, when this
 * process was killed itself, by a small shell that watches it. Ctrl-C in a terminal reaches only this process, which
 * ends its children by closing their scopes.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as NodeChildProcess from "node:child_process"
import * as Fs from "node:fs"
import type { Socket } from "node:net"
import type { Readable, Writable } from "node:stream"
import { fileURLToPath } from "node:url"
import { Transport } from "../transport/Transport.ts"
import { TransportError } from "../transport/TransportError.ts"
import type { Wire } from "../wire/Wire.ts"
import { Child } from "./Child.ts"
import * as Intake from "./Intake.ts"
import * as NodeWire from "./NodeWire.ts"
import * as Streams from "./Streams.ts"

/**
 * What to start, and how it is to end.
 *
 * @category models
 * @since 0.1.0
 */
export type Options = (Program | Script) & Common

/**
 * Any program of this machine.
 *
 * @category models
 * @since 0.1.0
 */
export interface Program {
  /** The program, looked up on `PATH`. No shell is involved. */
  readonly command: string
  readonly args?: ReadonlyArray<string> | undefined
}

/**
 * A script, run by the Node that runs this one.
 *
 * @category models
 * @since 0.1.0
 */
export interface Script {
  /** A path, from the working directory; or a URL, as of `new URL("child.ts", import.meta.url)`. */
  readonly script: string | URL
  readonly args?: ReadonlyArray<string> | undefined
  /** Options for Node itself. Default: none. */
  readonly execArgv?: ReadonlyArray<string> | undefined
}

/**
 * How a child lives, and how it is to end.
 *
 * @category models
 * @since 0.1.0
 */
export interface Common extends Streams.Options {
  /** Default: this process's working directory. */
  readonly cwd?: string | undefined
  /** Environment variables; `undefined` removes one. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** Adds `env` to this process's environment instead of starting from nothing. Default: true. */
  readonly extendEnv?: boolean | undefined
  /** What the child speaks. Default: the native wire; the child adds checksums, this side checks them. */
  readonly wire?: Wire | undefined
  /**
   * Where frames travel. `"stdout"`, the default: from stdout, to stdin. `"fd3"`: both ways over descriptor 3; stdin is
   * then empty and stdout is treated like stderr. `"stdout+stderr"`: from stdout and from stderr, among its text, for
   * programs that write messages to both; there is no order between the two.
   */
  readonly frames?: "stdout" | "fd3" | "stdout+stderr" | undefined
  /**
   * What happens to stderr, which is always read. `"drain"`, the default: nothing. `"inherit"`: it is passed on to this
   * process's stderr. A function gets it as text, as it comes; it must not throw. Of a stderr that carries frames it is
   * what lies between them; once the link is closed, all of it.
   */
  readonly stderr?: "drain" | "inherit" | ((text: string) => void) | undefined
  /** Bytes of stderr that are kept for `stderrTail` of `Disconnected`. Default: 65536 (64 KiB). */
  readonly stderrTailBytes?: number | undefined
  /** How a child that is no longer wanted is ended, in real time. */
  readonly shutdown?:
    | {
        /**
         * How long it may take to exit after the end of its input, before it is terminated. Default: 2 seconds; none
         * where the wire says that its peers do not notice the end of their input.
         */
        readonly endInputFor?: Duration.Input | undefined
        /** How long it may take to exit after SIGTERM, before it is killed. Default: 2 seconds. */
        readonly terminateFor?: Duration.Input | undefined
      }
    | undefined
  /**
   * Lets a small shell, one for all children of this process, end the child when this process is killed. Not on Windows.
   * Default: true.
   */
  readonly guard?: boolean | undefined
}

/**
 * Starts `command`, or `script`, each time a link is opened.
 *
 * `open` fails with a `TransportError` of stage `"open"` when the command cannot be started. A link whose process is
 * gone ends with `Exited`: exit code or signal, and the end of stderr, after its last output was delivered. Closing a
 * link flushes it, ends the child's input, waits for it to exit, sends SIGTERM, waits, and sends SIGKILL, each to the
 * whole process group.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<Transport> => {
  const program = programOf(options)
  const address = addressOf(options)
  return Layer.sync(Transport, () => ({
    address,
    wire: options.wire ?? (options.frames === "fd3" ? NodeWire.privateWire() : NodeWire.childWire()),
    open: Effect.map(
      Effect.acquireRelease(start({ ...options, ...program }, address), (child) => child.close),
      (child) => child.link
    )
  }))
}

const programOf = (what: Program | Script): Required<Program> => {
  if ("command" in what) return { command: what.command, args: what.args ?? [] }
  return { command: process.execPath, args: [...(what.execArgv ?? []), pathOf(what.script), ...(what.args ?? [])] }
}

const addressOf = (what: Program | Script): string => {
  const started = "command" in what ? what.command : pathOf(what.script)
  return `child:${[started, ...(what.args ?? [])].join(" ")}`
}

const pathOf = (script: string | URL): string => (typeof script === "string" ? script : fileURLToPath(script))

const start = (options: Program & Common, address: string): Effect.Effect<Child, TransportError> =>
  Effect.callback<Child, TransportError>((resume) => {
    const fail = (error: NodeJS.ErrnoException) =>
      resume(
        Effect.fail(new TransportError({ stage: "open", address, detail: spawnFault(error, options), cause: error }))
      )
    try {
      const spawned = spawn(options)
      if (spawned.pid === undefined) spawned.once("error", fail)
      else resume(Effect.succeed(childOf(spawned, options, address)))
    } catch (error) {
      fail(error as NodeJS.ErrnoException)
    }
  })

const spawn = (options: Program & Common): NodeChildProcess.ChildProcess =>
  NodeChildProcess.spawn(options.command, options.args ?? [], {
    cwd: options.cwd,
    env: options.extendEnv === false ? { ...options.env } : { ...process.env, ...options.env },
    detached: process.platform !== "win32",
    windowsHide: true,
    stdio: options.frames === "fd3" ? ["ignore", "pipe", "pipe", "pipe"] : ["pipe", "pipe", "pipe"]
  })

const childOf = (spawned: NodeChildProcess.ChildProcess, options: Common, address: string): Child => {
  // Which of them are there follows from `spawn`.
  const [stdin, stdout, stderr, fd3] = spawned.stdio as unknown as [Writable, Socket, Readable, Socket]
  const overFd3 = options.frames === "fd3"
  const { intake, socket } = Intake.adopt(overFd3 ? fd3 : stdout)
  return new Child({
    address: `${address} (pid ${spawned.pid})`,
    process: spawned,
    readable: socket,
    writable: overFd3 ? socket : stdin,
    intake,
    second: options.frames === "stdout+stderr" ? stderr : undefined,
    texts: overFd3 ? [stdout, stderr] : [stderr],
    onText: options.stderr === "inherit" ? passOn : options.stderr === "drain" ? undefined : options.stderr,
    tailBytes: options.stderrTailBytes ?? 64 * 1024,
    outgoingHighBytes: Streams.highBytes(options),
    guard: options.guard ?? true,
    flushMillis: Streams.flushMillis(options),
    endInputMillis: Duration.toMillis(options.shutdown?.endInputFor ?? (heedsEnd(options) ? 2000 : 0)),
    terminateMillis: Duration.toMillis(options.shutdown?.terminateFor ?? 2000)
  })
}

const heedsEnd = ({ wire }: Common): boolean => wire?.endsWithInput !== false

const passOn = (text: string): void => {
  process.stderr.write(text)
}

const spawnFault = (error: NodeJS.ErrnoException, { command, cwd }: Program & Common): string => {
  if (cwd !== undefined && Fs.statSync(cwd, { throwIfNoEntry: false })?.isDirectory() !== true) {
    return `the working directory ${cwd} does not exist or is no directory; create it, or change cwd`
  }
  switch (error.code) {
    case "ENOENT":
      if (!command.includes("/")) return `${command} was not found on PATH; install it, or give its full path`
      return Fs.existsSync(command)
        ? `${command} exists, but the interpreter named in its first line does not; install that`
        : `${command} does not exist; check the path`
    case "EACCES":
    case "EPERM":
      return `${command} may not be executed by this user; make it executable (chmod +x), or run its interpreter`
    case "E2BIG":
      return "arguments and environment are too long for this system; pass less, e.g. by a file or as messages"
    case "EAGAIN":
    case "EMFILE":
    case "ENFILE":
    case "ENOMEM":
      return `the system has no room for another process (${error.code}); close some, or raise the limits (ulimit)`
    default:
      return `the system says ${error.code ?? error.message}`
  }
}
