/**
 * Links to worker threads that this one starts.
 *
 * The script serves, or asks, over `MessagePort.layerListener()`. What it prints is no matter for the link. A thread ends
 * with the scope of its link, and with the process. It shares the process: a thread that calls `process.exit` ends itself
 * only, but one that crashes in native code ends all.
 *
 * **Example** (A script that serves itself, in a thread)
 *
 * ```ts
 * import { Console, Effect, Schema } from "effect"
 * import { Handlers, Protocol, Request, RpcClient, RpcServer } from "effect-ipc"
 * import { MessagePort, Worker } from "effect-ipc/node"
 * import { isMainThread } from "node:worker_threads"
 *
 * class Double extends Request.Class<Double>()("Double", { payload: { n: Schema.Int }, success: Schema.Int }) {}
 * const Numbers = Protocol.make("numbers", { version: "1.0.0", server: [Double] })
 *
 * const handlers = Handlers.layer(Numbers)({ Double: ({ n }) => Effect.succeed(2 * n) })
 * const serve = RpcServer.run(Numbers).pipe(Effect.provide(handlers), Effect.provide(MessagePort.layerListener()))
 * const ask = Effect.flatMap(RpcClient.make(Numbers), (numbers) => numbers.Double({ n: 21 })).pipe(
 *   Effect.flatMap(Console.log),
 *   Effect.scoped,
 *   Effect.provide(Worker.layer({ script: new URL(import.meta.url) }))
 * )
 * Effect.runPromise(isMainThread ? ask : serve) // prints 42
 * ```
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as WorkerThreads from "node:worker_threads"
import { Transport } from "../transport/Transport.ts"
import { TransportError } from "../transport/TransportError.ts"
import type { Wire } from "../wire/Wire.ts"
import * as NodeWire from "./NodeWire.ts"
import * as RealTime from "./RealTime.ts"
import { Thread } from "./Thread.ts"
import * as ThreadFault from "./ThreadFault.ts"

/**
 * What to start, and how it is to end.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** A file: a `file:` URL, an absolute path, or one that begins with `./` from the working directory. Or a `data:` URL. */
  readonly script: URL | string
  /** What the script finds as `workerData`: copied by the structured clone algorithm for each thread. */
  readonly workerData?: unknown
  /** What the script finds in `process.argv` after its own path. */
  readonly args?: ReadonlyArray<string> | undefined
  /** Environment variables; `undefined` removes one. The thread has a copy of its own. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** Adds `env` to this thread's environment instead of starting from nothing. Default: true. */
  readonly extendEnv?: boolean | undefined
  /** Options of Node for the thread. Default: those of this process. */
  readonly execArgv?: ReadonlyArray<string> | undefined
  /**
   * Limits in MiB, as Node has them. A thread that exceeds one ends, and its link says so. But V8 aborts the whole process
   * when a thread takes memory faster than it can be stopped, which a small `maxYoungGenerationSizeMb` makes unlikely.
   */
  readonly resourceLimits?: WorkerThreads.ResourceLimits | undefined
  /** A name for debuggers and for the link's address. Default: the script's path in the address. */
  readonly name?: string | undefined
  /**
   * What happens to what the thread prints to stdout. `"inherit"`, the default: it is passed on to this process's.
   * `"drain"`: nothing. A function gets it as text, as it comes; it must not throw.
   */
  readonly stdout?: "drain" | "inherit" | ((text: string) => void) | undefined
  /** As `stdout`, for stderr. */
  readonly stderr?: "drain" | "inherit" | ((text: string) => void) | undefined
  /** Bytes of stderr, and of what was thrown, that are kept for `stderrTail` of `Disconnected`. Default: 65536 (64 KiB). */
  readonly stderrTailBytes?: number | undefined
  /** What the script speaks. Default: the native wire, without checksums. */
  readonly wire?: Wire | undefined
  /**
   * Bytes that the thread has not read, besides the 256 KiB that may always be under way, before `offer` answers false.
   * Default: 262144 (256 KiB).
   */
  readonly outgoingHighBytes?: number | undefined
  /** How long the script may take until it listens, in real time. Default: 10 seconds. */
  readonly openTimeout?: Duration.Input | undefined
  /** How a thread that is no longer wanted is ended, in real time. */
  readonly shutdown?:
    | {
        /** How long it may take to exit after this side took leave, before it is terminated. Default: 2 seconds. */
        readonly endInputFor?: Duration.Input | undefined
      }
    | undefined
}

/**
 * Starts a thread that runs `script` each time a link is opened.
 *
 * `open` is done once the script listens. It fails with a `TransportError` of stage `"open"` when there is no such
 * script, when the script throws or exits before it listens, when it does not listen within `openTimeout`, or when Node
 * does not take the options. A link whose thread is gone ends with `Exited`: the exit code, and the end of stderr with
 * what was thrown, after the last it sent was delivered. Closing a link delivers what was offered, tells the script that
 * this side left, waits for the thread to exit, and terminates it.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<Transport> => {
  const address = `worker:${options.name ?? ThreadFault.pathOf(options.script)}`
  return Layer.sync(Transport, () => ({
    address,
    wire: options.wire ?? NodeWire.privateWire(),
    open: Effect.map(
      Effect.acquireRelease(start(options, address), (thread) => thread.close, { interruptible: true }),
      (thread) => thread.link
    )
  }))
}

/** Done once the script listens. A thread that does not come to that is ended here. */
const start = (options: Options, address: string): Effect.Effect<Thread, TransportError> =>
  Effect.callback<Thread, TransportError>((resume) => {
    const fail = (detail: string, cause?: unknown) =>
      Effect.fail(new TransportError({ stage: "open", address, detail, cause }))
    let worker: WorkerThreads.Worker
    try {
      worker = spawn(options)
    } catch (error) {
      return resume(fail(ThreadFault.ofOptions(error, options.script), error))
    }
    const settle = (end: Effect.Effect<Thread, TransportError>): void => {
      clearTimeout(timer)
      resume(end)
    }
    const openTimeout = options.openTimeout ?? "10 seconds"
    const timer = setTimeout(() => {
      const within = Duration.format(Duration.fromInputUnsafe(openTimeout))
      settle(Effect.andThen(thread.terminate, fail(ThreadFault.silent(within))))
    }, RealTime.timerMillis(openTimeout))
    const thread: Thread = new Thread({
      address: `${address} (thread ${worker.threadId})`,
      worker,
      stdout: options.stdout ?? "inherit",
      stderr: options.stderr ?? "inherit",
      tailBytes: options.stderrTailBytes ?? 64 * 1024,
      outgoingHighBytes: options.outgoingHighBytes,
      endInputMillis: RealTime.timerMillis(options.shutdown?.endInputFor ?? 2000),
      onListening: () => settle(Effect.succeed(thread)),
      onExit: () => settle(fail(ThreadFault.ofExit(thread, options.script), thread.thrown?.value))
    })
    return Effect.andThen(
      Effect.sync(() => clearTimeout(timer)),
      thread.terminate
    )
  })

const spawn = (options: Options): WorkerThreads.Worker =>
  new WorkerThreads.Worker(options.script, {
    stdout: true,
    stderr: true,
    workerData: options.workerData,
    argv: [...(options.args ?? [])],
    env: envOf(options),
    ...(options.execArgv === undefined ? {} : { execArgv: [...options.execArgv] }),
    ...(options.resourceLimits === undefined ? {} : { resourceLimits: options.resourceLimits }),
    ...(options.name === undefined ? {} : { name: options.name })
  })

/** Node would pass on `undefined` as text. */
const envOf = ({ env, extendEnv }: Options): NodeJS.ProcessEnv => {
  const all = extendEnv === false ? { ...env } : { ...process.env, ...env }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}
