/**
 * Links over a pair of FIFOs (named pipes): the way to programs that can open files and nothing else.
 *
 * Each direction has a FIFO of its own, and either program may open either file first, with a plain `open` too: neither
 * side blocks. The link ends when the peer closes the file it writes. One pair carries one link at a time, between two
 * programs; where clients come and go use `UnixSocket`. Not on Windows.
 *
 * @example
 * ```ts
 * import { Effect, Layer, Schema } from "effect"
 * import { Handlers, Protocol, Request, RpcClient, RpcServer } from "effect-ipc"
 * import { Fifo } from "effect-ipc/node"
 *
 * class Add extends Request.Class<Add>()("Add", {
 *   payload: { a: Schema.Int, b: Schema.Int },
 *   success: Schema.Int
 * }) {}
 * const Adder = Protocol.make("adder", { version: "1.0.0", server: [Add], client: [] })
 *
 * // One program reads `a` and writes `b`. It ends when the other closes `a`.
 * export const server = RpcServer.run(Adder).pipe(
 *   Effect.provide(Handlers.layer(Adder)({ Add: ({ a, b }) => Effect.succeed(a + b) })),
 *   Effect.provide(Fifo.layerListener({ read: "a", write: "b", create: true }))
 * )
 *
 * // The other writes `a` and reads `b`.
 * export const client = Effect.flatMap(RpcClient.make(Adder), (adder) => adder.Add({ a: 1, b: 2 })).pipe(
 *   Effect.scoped,
 *   Effect.provide(Fifo.layer({ read: "b", write: "a", create: true }))
 * )
 * ```
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Fs from "node:fs"
import type { Link } from "../transport/Link.ts"
import { Listener, Transport } from "../transport/Transport.ts"
import { TransportError } from "../transport/TransportError.ts"
import type { Wire } from "../wire/Wire.ts"
import * as FifoEnds from "./FifoEnds.ts"
import { type Fault, FifoFile } from "./FifoFile.ts"
import * as FifoLink from "./FifoLink.ts"
import * as LockFile from "./LockFile.ts"
import * as NodeWire from "./NodeWire.ts"
import type * as Streams from "./Streams.ts"
import { attempt } from "./SystemCall.ts"
import * as Whole from "./Whole.ts"

/**
 * Which files to use, and how.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends Streams.Options {
  /** The FIFO that the peer writes. */
  readonly read: string
  /** The FIFO that the peer reads. */
  readonly write: string
  /**
   * Makes a FIFO that is missing, with mode 0600, by the command `mkfifo`. Both sides may ask for it; who made one
   * removes it when it closes. Default: false, so that a mistyped path is an error.
   */
  readonly create?: boolean | undefined
  /**
   * Refuses to write where another program with this library does, by a file `WRITE.lock` that goes at the end; one that
   * a crash left is taken over. Turn it off where this user may not make files. Default: true.
   */
  readonly lock?: boolean | undefined
  /** What the peer speaks. Default: the native wire, with checksums. */
  readonly wire?: Wire | undefined
  /** How long to wait, in real time, for the peer to open `write` for reading. Default: for ever. */
  readonly openTimeout?: Duration.Input | undefined
}

/**
 * Opens the two FIFOs each time a link is opened.
 *
 * `open` waits until the peer reads, and can be interrupted. It fails with a `TransportError` of stage `"open"` when a
 * FIFO is missing and was not to be made, when something else is at a path, when this user may not use it, when both
 * paths lead to one file, when someone writes there already, or after `openTimeout`. Closing a link flushes it, closes
 * `write`, and waits until the peer has closed too, for at most two seconds; what comes by then is thrown away.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<Transport> =>
  Layer.sync(Transport, () => ({
    address: addressOf(options),
    wire: wireOf(options),
    open: staged(
      "open",
      options,
      Effect.flatMap(claim(options), (pair) => open(pair, options))
    )
  }))

/**
 * Takes the program at the other end as the one link, and ends after it.
 *
 * Building the layer fails with a `TransportError` of stage `"listen"` for the reasons that `layer` names, but waits for
 * no one. The first `accept` waits for the peer and answers the link; later ones fail with `Cause.Done`. Closing a link
 * is as with `layer`; the files go, if they were made here, when the layer closes.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerListener = (options: Options): Layer.Layer<Listener, TransportError> =>
  Layer.effect(
    Listener,
    Effect.map(staged("listen", options, claim(options)), (pair) => {
      let accepted = false
      const accept = staged("listen", options, open(pair, options))
      return {
        address: addressOf(options),
        wire: wireOf(options),
        accept: Effect.suspend((): Effect.Effect<Link, TransportError | Cause.Done, Scope.Scope> => {
          if (accepted) return Effect.fail(Cause.Done())
          accepted = true
          return Effect.onError(accept, () => Effect.sync(() => void (accepted = false)))
        })
      }
    })
  )

const addressOf = ({ read, write }: Options): string => `fifo:<${read} >${write}`

const wireOf = ({ wire }: Options): Wire => wire ?? NodeWire.sharedWire()

/** Wholly or not at all, and says of what fails at which stage that was. */
const staged = <A>(
  stage: "open" | "listen",
  options: Options,
  use: Effect.Effect<A, Fault, Scope.Scope>
): Effect.Effect<A, TransportError, Scope.Scope> =>
  Effect.mapError(Whole.wholly(use), (fault) => new TransportError({ stage, address: addressOf(options), ...fault }))

interface Pair {
  readonly read: FifoFile
  readonly write: FifoFile
}

/** Sees to it that both files are there, and that no one else of ours writes. Waits for no peer. */
const claim = (options: Options): Effect.Effect<Pair, Fault, Scope.Scope> =>
  Effect.gen(function* () {
    const fault = faultOf(options)
    if (fault !== undefined) return yield* Effect.fail<Fault>({ detail: fault })
    const create = options.create ?? false
    const [read, write] = [new FifoFile(options.read, create), new FifoFile(options.write, create)]
    for (const file of [read, write]) {
      yield* Effect.addFinalizer(() => Effect.sync(() => file.remove()))
      yield* file.ready
    }
    if (options.lock ?? true) yield* lock(write)
    return { read, write }
  })

const faultOf = ({ read, write }: Options): string | undefined => {
  if (process.platform === "win32") return "Windows has no FIFOs; use UnixSocket, which takes the name of a pipe there"
  if ([read, write].some((path) => path === "" || path.includes("\0"))) {
    return "a path is not empty and has no NUL byte; name the FIFO to read and the one to write"
  }
  if (read === write) return "it cannot read what it writes itself; each direction needs a FIFO of its own"
  return undefined
}

/** How long a lock may be one that its holder is just letting go, in milliseconds. */
const patienceMillis = 100

const lock = ({ path }: FifoFile): Effect.Effect<void, Fault, Scope.Scope> => {
  // One lock for all ways that lead to the file.
  const at = attempt(() => `${Fs.realpathSync(path)}.lock`)
  return Effect.flatMap(at, (at) => LockFile.hold(at, patienceMillis)).pipe(
    Effect.mapError((error): Fault =>
      "_tag" in error
        ? { detail: `${holder(error)} writes to ${path} already; end it, or use another pair of FIFOs` }
        : {
            detail: `the lock ${path}.lock cannot be made (${error.code}); let this user make files there, or set lock: false`,
            cause: error
          }
    )
  )
}

const holder = ({ pid }: LockFile.Busy): string => {
  if (pid === process.pid) return "this process"
  return pid === 0 ? "another process" : `process ${pid}`
}

const open = ({ read, write }: Pair, options: Options): Effect.Effect<Link, Fault, Scope.Scope> =>
  Effect.flatMap(FifoEnds.open(read, write, Duration.toMillis(options.openTimeout ?? Duration.infinity)), (ends) =>
    FifoLink.make(ends, { ...options, address: addressOf(options) })
  )
