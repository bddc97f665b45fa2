/**
 * Named sockets where innmind/ipc has them, so that its programs and ours find each other by name.
 *
 * The server `demo` listens at `<directory>/demo.sock`. A name is made of letters, digits, `-` and `_`.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { type Listener, Transport } from "../transport/Transport.ts"
import { TransportError } from "../transport/TransportError.ts"
import * as Innmind from "../wire/dialect/Innmind.ts"
import type { Wire } from "../wire/Wire.ts"
import { visit } from "./InnmindVisit.ts"
import { timerMillis, wait as sleep } from "./RealTime.ts"
import type * as Streams from "./Streams.ts"
import { attempt } from "./SystemCall.ts"
import * as UnixSocket from "./UnixSocket.ts"

/**
 * Where the sockets are.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /**
   * The directory of the sockets. Default: `innmind/ipc` in `$TMPDIR`, or in `/tmp` without that, as the 4.x line has it. A
   * program of the 5.x line is given its directory: give the same.
   */
  readonly directory?: string | undefined
}

/** How often a socket that is waited for is looked for, in milliseconds. */
const lookMillis = 50

const suffix = ".sock"
const validName = /^[a-zA-Z0-9_-]+$/

const directoryOf = ({ directory }: Options): string =>
  directory ?? Path.join((process.env.TMPDIR ?? "") || "/tmp", "innmind", "ipc")

const isName = (name: string): boolean => validName.test(name)

const pathOf = (name: string, options: Options): string => Path.join(directoryOf(options), `${name}${suffix}`)

const nameFault = (name: string, stage: "open" | "listen"): TransportError | undefined =>
  isName(name)
    ? undefined
    : new TransportError({
        stage,
        address: `innmind:${name}`,
        detail: `${JSON.stringify(name)} is no name: use letters, digits, "-" and "_", at least one`
      })

/**
 * Answers the path of the socket of a name. Fails with a `TransportError` of stage `"open"` when it is none.
 *
 * @category accessors
 * @since 0.1.0
 */
export const path = (name: string, options: Options = {}): Effect.Effect<string, TransportError> =>
  Effect.suspend(() => {
    const fault = nameFault(name, "open")
    return fault === undefined ? Effect.succeed(pathOf(name, options)) : Effect.fail(fault)
  })

/**
 * Answers whether there is a socket of this name: its file, which a server that was killed leaves behind. `wait` tells
 * whether someone listens. Fails as `path` does.
 *
 * @category accessors
 * @since 0.1.0
 */
export const exists = (name: string, options: Options = {}): Effect.Effect<boolean, TransportError> =>
  Effect.map(path(name, options), isSocket)

const isSocket = (file: string): boolean => {
  try {
    return Fs.statSync(file, { throwIfNoEntry: false })?.isSocket() === true
  } catch {
    // A part of the path is closed to this user, or no directory.
    return false
  }
}

/**
 * Answers the names of which there are sockets, in order; none where there is no directory. Fails with a `TransportError`
 * of stage `"open"` when the directory cannot be read.
 *
 * @category accessors
 * @since 0.1.0
 */
export const list = (options: Options = {}): Effect.Effect<ReadonlyArray<string>, TransportError> =>
  Effect.suspend(() => {
    const directory = directoryOf(options)
    return attempt(() => namesIn(directory)).pipe(
      Effect.catch((error) => {
        if (error.code === "ENOENT") return Effect.succeed([])
        const detail = `the directory cannot be read (${error.code}); check it`
        return Effect.fail(new TransportError({ stage: "open", address: `unix:${directory}`, detail, cause: error }))
      })
    )
  })

const namesIn = (directory: string): ReadonlyArray<string> =>
  Fs.readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isSocket() && entry.name.endsWith(suffix))
    .map(({ name }) => name.slice(0, -suffix.length))
    .filter(isName)
    .sort()

/**
 * Waits until a server of this name listens: until its socket is there and takes a connection, which is then closed with
 * the handshake. In real time.
 *
 * Fails with a `TransportError` of stage `"open"` when the name is none, or nobody listens within `timeout` (default: it
 * waits for ever); it says what was in the way last.
 *
 * @category combinators
 * @since 0.1.0
 */
export const wait = (
  name: string,
  options: Options & { readonly timeout?: Duration.Input | undefined } = {}
): Effect.Effect<void, TransportError> =>
  Effect.gen(function* () {
    const { open } = yield* dialer(name, options)
    yield* patient(visit(open), options.timeout ?? Duration.infinity)
  }).pipe(Effect.scoped)

/**
 * Dials the server of this name each time a link is opened.
 *
 * `open` fails with a `TransportError` of stage `"open"` when the name is none, when nobody listens, or as that of
 * `UnixSocket.layer` does.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options: Options &
    Streams.Options & {
      readonly name: string
      /** What the server speaks. Default: `Innmind.wire()`, the 4.x line. */
      readonly wire?: Wire | undefined
      /** How long `open` waits for someone to listen. Default: not at all. */
      readonly wait?: Duration.Input | undefined
    }
): Layer.Layer<Transport> =>
  Layer.effect(
    Transport,
    Effect.map(Effect.result(dialer(options.name, options)), (dialed) => {
      if (dialed._tag === "Failure") {
        return { address: dialed.failure.address, wire: options.wire, open: Effect.fail(dialed.failure) }
      }
      const transport = dialed.success
      return { ...transport, open: patient(transport.open, options.wait ?? 0) }
    })
  )

/**
 * Listens under this name.
 *
 * The directory is made where it is missing, with what the umask leaves of 0777, as innmind/ipc makes it: whichever side
 * comes first. A socket that nobody listens on is replaced. Building the layer fails with a `TransportError` of stage
 * `"listen"` when the name is none, when someone listens under it, or as that of
 * `UnixSocket.layerListener` does. Closing the layer's scope stops listening and removes the socket.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import * as Fold from "effect-ipc/Fold"
 * import * as Innmind from "effect-ipc/Innmind"
 * import * as Protocol from "effect-ipc/Protocol"
 * import * as Request from "effect-ipc/Request"
 * import * as InnmindSocket from "effect-ipc/node/InnmindSocket"
 *
 * class Ping extends Request.Class<Ping>()("Ping", {
 *   success: Schema.String,
 *   annotations: Innmind.annotations({ literal: "ping", success: { content: "text" } })
 * }) {}
 * const Counter = Protocol.make("counter", { version: "1.0.0", server: [Ping] })
 *
 * // Answers 42 pings, each from whatever client, and is over.
 * const counted = Fold.run(Counter, 0, {
 *   Ping: (count) => Effect.succeed(count === 41 ? Fold.finish(42, "pong") : Fold.next(count + 1, "pong"))
 * })
 * counted.pipe(Effect.provide(InnmindSocket.layerListener({ name: "counter" })))
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerListener = (
  options: Options &
    Streams.Options & {
      readonly name: string
      /** What clients speak. Default: `Innmind.wire()`, the 4.x line. */
      readonly wire?: Wire | undefined
      /** Takes the name of a server that listens, as the 5.x line does; its clients stay with it. Default: false. */
      readonly takeOver?: boolean | undefined
      /** Who may dial, as file permissions. Default: 0o600, this user only. */
      readonly mode?: number | undefined
      /** Connections that may wait to be accepted; further ones are dropped. Default: 511. */
      readonly backlog?: number | undefined
      /** Listens even where others could put a socket of theirs in the place of this one. Default: false. */
      readonly allowSharedDirectory?: boolean | undefined
    }
): Layer.Layer<Listener, TransportError> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const { name, takeOver = false } = options
      const fault = nameFault(name, "listen")
      if (fault !== undefined) return yield* fault
      const file = pathOf(name, options)
      yield* makeDirectory(Path.dirname(file))
      if (isSocket(file)) yield* takeOver ? remove(file) : assertFree(name, options, file)
      return UnixSocket.layerListener({ ...options, path: file, wire: options.wire ?? Innmind.wire() })
    })
  )

const makeDirectory = (directory: string): Effect.Effect<void, TransportError> =>
  attempt(() => Fs.mkdirSync(directory, { recursive: true, mode: 0o777 })).pipe(
    Effect.asVoid,
    Effect.mapError((cause) => listenError(directory, `the directory cannot be made (${cause.code}); check it`, cause))
  )

const remove = (file: string): Effect.Effect<void, TransportError> =>
  attempt(() => Fs.rmSync(file, { force: true })).pipe(
    Effect.mapError((cause) => listenError(file, `the socket cannot be replaced (${cause.code})`, cause))
  )

/** The listener looks as well, but hangs up without a goodbye on whom it finds. */
const assertFree = (name: string, options: Options, file: string): Effect.Effect<void, TransportError> =>
  Effect.gen(function* () {
    const { open } = yield* Effect.orDie(dialer(name, options))
    const met = yield* Effect.result(visit(open))
    if (met._tag === "Failure") return
    const detail = "someone already listens under this name; stop that server, choose another name, or set takeOver"
    return yield* listenError(file, detail)
  }).pipe(Effect.scoped)

const listenError = (file: string, detail: string, cause?: unknown): TransportError =>
  new TransportError({ stage: "listen", address: `unix:${file}`, detail, cause })

/** The transport to the socket of a name. */
const dialer = (
  name: string,
  options: Options & Streams.Options & { readonly wire?: Wire | undefined }
): Effect.Effect<Transport["Service"], TransportError, Scope.Scope> =>
  Effect.gen(function* () {
    const file = yield* path(name, options)
    const wire = options.wire ?? Innmind.wire()
    return Context.get(yield* Layer.build(UnixSocket.layer({ ...options, path: file, wire })), Transport)
  })

/** Tries again until it succeeds or the time is over. */
const patient = <A, R>(
  attempted: Effect.Effect<A, TransportError, R>,
  duration: Duration.Input
): Effect.Effect<A, TransportError, R> =>
  Effect.suspend(() => {
    const giveUpAt = performance.now() + timerMillis(duration)
    const again: Effect.Effect<A, TransportError, R> = Effect.catch(attempted, (error) =>
      performance.now() >= giveUpAt ? Effect.fail(error) : Effect.andThen(sleep(lookMillis), again)
    )
    return again
  })
