/**
 * What a user may set of a peer, with the defaults.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Schedule from "effect/Schedule"
import { accepts } from "../protocol/Protocol.ts"
import * as Greeting from "../session/Greeting.ts"
import type * as Session from "../session/Session.ts"
import type { Headers } from "../session/Message.ts"
import type { Lexicon, Wire } from "../wire/Wire.ts"
import type { IpcError } from "./IpcError.ts"

/**
 * Options that a client and a server share. Limits hold for each connection.
 *
 * @category models
 * @since 0.1.0
 */
export interface PeerOptions {
  /** The largest frame this side reads, in bytes; at least 65536. Default: 16777216 (16 MiB). */
  readonly maxFrameBytes?: number | undefined
  /**
   * How values are written. With `"binary"` they are smaller, and are written so to a peer that has set it too and
   * declares the same messages; to any other, and where a value has no binary form (recursive, any JSON), in JSON. Loads
   * `effect/encoding/SchemaBinary` before the peer says Hello. Default: `"json"`.
   */
  readonly payload?: "json" | "binary" | undefined
  /** How many calls of the peer may be in flight; the peer's calls wait, and one that is sent all the same is refused with
   * `Overloaded`. At least 16. Default: 16384. */
  readonly maxCallsInFlight?: number | undefined
  /** Bytes that may wait for a peer that does not read, before the connection is closed. Default: 67108864 (64 MiB). */
  readonly outgoingMaxBytes?: number | undefined
  /** How many handlers of one connection run at a time; the other calls wait. Default: no limit. */
  readonly concurrency?: number | undefined
  /** Events a subscriber may lag behind before its stream fails with `Overloaded`. Default: 256. */
  readonly eventBuffer?: number | undefined
  /** How long the peer may take to say Hello, and to prove the secret where it must. Default: 10 seconds. */
  readonly handshakeTimeout?: Duration.Input | undefined
  /** How long closing waits for what is running. Default: 10 seconds. */
  readonly drainTimeout?: Duration.Input | undefined
  /**
   * Pings a peer that is silent for this long; after twice this long it is `PeerSilent`. Default: what the transport's
   * wire says, which is 30 seconds over TCP and Effect's sockets, and `"Infinity"`, no heartbeat, elsewhere.
   */
  readonly heartbeat?: Duration.Input | undefined
  /**
   * What both sides must know; who does not is refused with `Unauthorized`. Default: none.
   *
   * On links that only the kernel carries (Unix socket, FIFO, stdio, child process, worker thread, memory) the client sends it, and may have
   * one that its server does not ask for. On a wire with `proof`, as TCP has, it is never sent: each side proves to the
   * other that it knows it, and calls and events wait for that, at most for `handshakeTimeout`. There, both sides have
   * one or none. Who overhears a proof can try guesses on it, so take 128 random bits or more. It keeps strangers out
   * and encrypts nothing: use TLS where others can read or change what is sent.
   */
  readonly secret?: Redacted.Redacted<string> | undefined
  /** Which versions of the protocol the peer may have. Default: the same major one; below 1.0, the same minor one. */
  readonly accepts?: ((version: string) => boolean) | undefined
  /** Hears of what concerns no call: junk between frames, a message nobody can read. Default: a log line (warning). */
  readonly onFault?: ((error: IpcError) => Effect.Effect<void>) | undefined
  /**
   * Whether calls have spans: of kind `client` where they are asked, `server` where they are answered, joined by the
   * header `traceparent`. Default: whether a `Tracer` other than Effect's own is provided.
   */
  readonly tracing?: boolean | undefined
  /** Whether calls are measured, by the metrics of the module `Metrics`. Default: false. */
  readonly metrics?: boolean | undefined
}

/**
 * Options of a client besides those of every peer.
 *
 * @category models
 * @since 0.1.0
 */
export interface ClientOptions {
  /** Headers of every call. */
  readonly headers?: Headers | undefined
  /** The deadline of a call that has none of its own, nor its request. Default: none. */
  readonly timeout?: Duration.Input | undefined
  /**
   * When to open a connection again after one has ended, or could not be opened; its input is the error that says why.
   * It starts afresh once a connection was ready. Default: never; the client ends with its connection.
   */
  readonly reconnect?: Schedule.Schedule<unknown, IpcError> | undefined
  /** Calls and events that may wait for a connection; more fail with `Overloaded`. For `reconnect`. Default: 16384. */
  readonly maxCallsHeld?: number | undefined
}

export const defaults = {
  maxFrameBytes: 16 * 1024 * 1024,
  maxCallsInFlight: 16384,
  maxCallsHeld: 16384,
  outgoingMaxBytes: 64 * 1024 * 1024,
  eventBuffer: 256,
  timeoutMillis: 10_000
} as const

const leastFrameBytes = 64 * 1024
const leastCalls = 16

export const maxFrameBytes = (options: PeerOptions): number =>
  Math.max(leastFrameBytes, options.maxFrameBytes ?? defaults.maxFrameBytes)

/** Milliseconds of a duration; `Infinity` for an infinite one. */
export const millis = (duration: Duration.Input | undefined, otherwise: number): number =>
  duration === undefined ? otherwise : Duration.toMillis(duration)

/** What a session needs to know. */
export const session = (
  options: PeerOptions,
  lexicon: Lexicon,
  wire: Wire,
  role: "dialer" | "acceptor"
): Session.Options => {
  const secret = options.secret === undefined ? undefined : Redacted.value(options.secret)
  const prover = secret === undefined ? undefined : wire.proof
  const said = prover === undefined ? secret : undefined
  return {
    hello: {
      wireVersion: Greeting.wireVersion,
      protocol: lexicon.protocol,
      version: lexicon.version,
      fingerprint: lexicon.fingerprint,
      methods: lexicon.says.map((method) => method.tag),
      payloads: options.payload === "binary" ? ["json", "binary"] : ["json"],
      limits: {
        frameBytes: maxFrameBytes(options),
        calls: Math.max(leastCalls, options.maxCallsInFlight ?? defaults.maxCallsInFlight)
      },
      features: [],
      pid: (globalThis as { process?: { pid?: number } }).process?.pid,
      secret: role === "dialer" ? said : undefined
    },
    accepts: acceptable(options.accepts, lexicon.version),
    secret: role === "acceptor" ? said : undefined,
    proof: secret === undefined || prover === undefined ? undefined : { role, secret, prover },
    correlate: wire.can.correlate,
    eventWindow: wire.eventWindow,
    goodbye: wire.can.goodbye,
    heartbeatMillis: beats(wire) ? millis(options.heartbeat, wire.heartbeatMillis ?? Infinity) : Infinity,
    judgesSilence: wire.can.heartbeat,
    handshakeMillis: millis(options.handshakeTimeout, defaults.timeoutMillis),
    drainMillis: millis(options.drainTimeout, defaults.timeoutMillis)
  }
}

/** A wire whose peers do not answer a ping may ask for them all the same. */
const beats = (wire: Wire): boolean => wire.can.heartbeat || wire.heartbeatMillis !== undefined

/** The peer's version may be any text, so a check of the user's own may well throw on it: that is no. */
const acceptable =
  (own: PeerOptions["accepts"], version: string) =>
  (theirs: string): boolean => {
    if (own === undefined) return accepts(version, theirs)
    try {
      return own(theirs)
    } catch {
      return false
    }
  }
