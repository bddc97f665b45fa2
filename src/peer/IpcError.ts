/**
 * The one error for what is not the application's.
 *
 * `IpcError` carries a `reason`: recover from one with `Effect.catchReason("IpcError", "Disconnected", ...)`. Every
 * reason has the facts and a message that says what to do. Sizes are in bytes, times in milliseconds. `side` says who
 * found out: `local` is this side, `remote` the peer.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

const Side = Schema.Literals(["local", "remote"])

/** Where it happened, and in which call, if in one. */
const place = { address: Schema.String, method: Schema.optionalKey(Schema.String) }

const inCall = (reason: { readonly method?: string | undefined }): string =>
  reason.method === undefined ? "" : `call "${reason.method}": `

const by = (side: "local" | "remote"): string => (side === "local" ? "this side" : "the peer")

/**
 * No connection came about: nobody answers at the address, or who answers says no Hello in time.
 *
 * @category errors
 * @since 0.1.0
 */
export class ConnectFailed extends Schema.TaggedError<ConnectFailed>()("ConnectFailed", {
  ...place,
  detail: Schema.String
}) {
  override get message(): string {
    return `${inCall(this)}cannot connect to ${this.address}: ${this.detail}`
  }
}

/**
 * The listener broke while it accepted. (One that cannot start fails its layer with a `TransportError`.)
 *
 * @category errors
 * @since 0.1.0
 */
export class ListenFailed extends Schema.TaggedError<ListenFailed>()("ListenFailed", {
  ...place,
  detail: Schema.String
}) {
  override get message(): string {
    return `cannot go on listening at ${this.address}: ${this.detail}`
  }
}

/**
 * The connection ended before the answer came. The work may have been done or not: send again only what is idempotent.
 *
 * A process at the other end that is gone left its exit code or signal, and the last it wrote to stderr.
 *
 * @category errors
 * @since 0.1.0
 */
export class Disconnected extends Schema.TaggedError<Disconnected>()("Disconnected", {
  ...place,
  detail: Schema.String,
  exitCode: Schema.optionalKey(Schema.Int),
  signal: Schema.optionalKey(Schema.String),
  stderrTail: Schema.optionalKey(Schema.String)
}) {
  override get message(): string {
    const stderr =
      this.stderrTail === undefined || this.stderrTail === "" ? "" : `; its last stderr:\n${this.stderrTail}`
    return `${inCall(this)}disconnected from ${this.address}: ${this.detail}${stderr}`
  }
}

/**
 * The deadline passed: waiting to be sent, being sent and being answered all count. The peer was told to stop.
 *
 * `detail` is there when the call was never asked, as there was no connection.
 *
 * @category errors
 * @since 0.1.0
 */
export class TimedOut extends Schema.TaggedError<TimedOut>()("TimedOut", {
  ...place,
  side: Side,
  afterMillis: Schema.Number,
  detail: Schema.optionalKey(Schema.String)
}) {
  override get message(): string {
    if (this.detail !== undefined) {
      return `${inCall(this)}not asked within ${this.afterMillis} ms, as there was no connection: ${this.detail}`
    }
    return `${inCall(this)}no answer from ${this.address} within ${this.afterMillis} ms; raise the call's timeout if that is too short`
  }
}

/**
 * The peer sent nothing for two heartbeats, not even an answer to a ping.
 *
 * @category errors
 * @since 0.1.0
 */
export class PeerSilent extends Schema.TaggedError<PeerSilent>()("PeerSilent", {
  ...place,
  afterMillis: Schema.Number
}) {
  override get message(): string {
    return `${inCall(this)}${this.address} has been silent for ${this.afterMillis} ms: it hangs, or the link is dead`
  }
}

/**
 * The two sides do not speak the same protocol, or versions that do not go together.
 *
 * @category errors
 * @since 0.1.0
 */
export class Incompatible extends Schema.TaggedError<Incompatible>()("Incompatible", {
  ...place,
  local: Schema.String,
  remote: Schema.String
}) {
  override get message(): string {
    return `${this.address} speaks ${this.remote}, this side ${this.local}: upgrade one of them, or connect elsewhere`
  }
}

/**
 * The secret is missing or wrong; or, in a call, middleware does not let the caller do this.
 *
 * @category errors
 * @since 0.1.0
 */
export class Unauthorized extends Schema.TaggedError<Unauthorized>()("Unauthorized", {
  ...place,
  side: Side,
  detail: Schema.String
}) {
  override get message(): string {
    return `${inCall(this)}${by(this.side)} refused access to ${this.address}: ${this.detail}`
  }
}

/**
 * The side that was asked does not know the method: it is older, or newer. The call did not start.
 *
 * @category errors
 * @since 0.1.0
 */
export class UnknownMethod extends Schema.TaggedError<UnknownMethod>()("UnknownMethod", { ...place, side: Side }) {
  override get message(): string {
    return `${inCall(this)}${this.address} does not know this method: its version of the protocol differs`
  }
}

/**
 * A value does not fit its schema. `side` says where: local before it was sent, or as it was read; remote at the peer.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidPayload extends Schema.TaggedError<InvalidPayload>()("InvalidPayload", {
  ...place,
  side: Side,
  part: Schema.Literals(["payload", "success", "error", "item", "input", "progress"]),
  detail: Schema.String
}) {
  override get message(): string {
    return `${inCall(this)}${by(this.side)} found the ${this.part} invalid: ${this.detail}`
  }
}

/**
 * A message is larger than the side that reads it allows. Only this call fails.
 *
 * @category errors
 * @since 0.1.0
 */
export class Oversized extends Schema.TaggedError<Oversized>()("Oversized", {
  ...place,
  side: Side,
  bytes: Schema.Number,
  maxBytes: Schema.Number
}) {
  override get message(): string {
    return `${inCall(this)}a message of ${this.bytes} bytes is larger than the ${this.maxBytes} allowed: send it as a stream, or raise maxFrameBytes at the side that reads it`
  }
}

/**
 * A limit was reached. A call that was refused with it did not start, so it is safe to send again.
 *
 * @category errors
 * @since 0.1.0
 */
export class Overloaded extends Schema.TaggedError<Overloaded>()("Overloaded", {
  ...place,
  side: Side,
  what: Schema.String,
  limit: Schema.Number
}) {
  override get message(): string {
    return `${inCall(this)}${by(this.side)} has reached its limit of ${this.limit} ${this.what}: try again later, or raise it`
  }
}

/**
 * A side takes no new work, because it is closing: mostly the peer. The call did not start, so it is safe to send again
 * elsewhere, or on the next connection.
 *
 * @category errors
 * @since 0.1.0
 */
export class Draining extends Schema.TaggedError<Draining>()("Draining", { ...place, side: Side }) {
  override get message(): string {
    return `${inCall(this)}${this.side === "local" ? "this side" : this.address} is closing and takes no new calls`
  }
}

/**
 * The peer broke the rules of the wire.
 *
 * @category errors
 * @since 0.1.0
 */
export class Malformed extends Schema.TaggedError<Malformed>()("Malformed", {
  ...place,
  side: Side,
  detail: Schema.String
}) {
  override get message(): string {
    const [reader, writer] = this.side === "local" ? ["this side", this.address] : [this.address, "this side"]
    return `${inCall(this)}${reader} got from ${writer} what is not of this wire: ${this.detail}`
  }
}

/**
 * The handler at the other side died: a bug there. Other calls are not affected.
 *
 * @category errors
 * @since 0.1.0
 */
export class RemoteDefect extends Schema.TaggedError<RemoteDefect>()("RemoteDefect", {
  ...place,
  detail: Schema.String,
  stackText: Schema.optionalKey(Schema.String)
}) {
  override get message(): string {
    return `${inCall(this)}the handler at ${this.address} died: ${this.detail}`
  }
}

/**
 * The wire of this transport cannot say what the protocol, or the call, needs, or would send a secret where others may
 * read it.
 *
 * @category errors
 * @since 0.1.0
 */
export class Unsayable extends Schema.TaggedError<Unsayable>()("Unsayable", { ...place, detail: Schema.String }) {
  override get message(): string {
    return `${inCall(this)}${this.address} cannot be told this: ${this.detail}`
  }
}

/**
 * Every reason of an {@link IpcError}.
 *
 * @category models
 * @since 0.1.0
 */
export const Reason = Schema.Union([
  ConnectFailed,
  ListenFailed,
  Disconnected,
  TimedOut,
  PeerSilent,
  Incompatible,
  Unauthorized,
  UnknownMethod,
  InvalidPayload,
  Oversized,
  Overloaded,
  Draining,
  Malformed,
  RemoteDefect,
  Unsayable
])

/**
 * One of them.
 *
 * @category models
 * @since 0.1.0
 */
export type Reason = typeof Reason.Type

/**
 * Tells whether an error is one that may pass by itself, of something that did not begin: there was no connection yet
 * (`ConnectFailed` of `RpcClient.make`), or the peer took no more work (`Overloaded`, `Draining`). To try again is safe
 * then, whatever was asked.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schedule from "effect/Schedule"
 * import * as IpcError from "effect-ipc/IpcError"
 * import * as RpcClient from "effect-ipc/RpcClient"
 * import { Calculator } from "./protocol.ts"
 *
 * const program = Effect.gen(function* () {
 *   const calculator = yield* RpcClient.make(Calculator)
 *   return yield* calculator.Divide({ dividend: 1, divisor: 3 })
 * }).pipe(
 *   Effect.scoped,
 *   Effect.retry({ while: IpcError.isTransient, schedule: Schedule.exponential("50 millis"), times: 5 })
 * )
 * ```
 *
 * @category guards
 * @since 0.1.0
 */
export const isTransient = (error: unknown): boolean => {
  if (!(error instanceof IpcError)) return false
  const { _tag, method } = error.reason
  // The first calls go out before the peer's Hello, so of one that failed to connect nobody knows.
  return _tag === "Overloaded" || _tag === "Draining" || (_tag === "ConnectFailed" && method === undefined)
}

/**
 * What is not the application's went wrong; `reason` says what.
 *
 * @category errors
 * @since 0.1.0
 */
export class IpcError extends Schema.TaggedError<IpcError>("effect-ipc/IpcError")("IpcError", { reason: Reason }) {
  override get message(): string {
    return this.reason.message
  }
}
