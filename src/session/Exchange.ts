/**
 * One request and its answer, as each side sees it: a `Call` is an answer we wait for, a `Duty` one we owe.
 *
 * These are the entries of the session's tables. Whoever asks or answers extends them, so that an exchange is one
 * object from the handler to the table. The fields belong to the session; the methods are its only way to tell.
 *
 * Law: of `succeeded`, `failed` and `refused` exactly one is called on a call, once, and nothing after it. A duty gets
 * `started` once, then at most one `stopped`, and nothing after that or after its answer.
 *
 * @since 0.1.0
 */
import type { Inflow, Outflow } from "./Flow.ts"
import type { AnswerMessage, Headers, Refusal, RequestMessage } from "./Message.ts"

/**
 * Who found out: this side, before or after sending, or the peer.
 *
 * @category models
 * @since 0.1.0
 */
export type Side = "local" | "remote"

export abstract class Exchange {
  id = 0
  readonly method: number
  state: "new" | "waiting" | "open" | "settled" = "new"
  deadlineMillis = Infinity
  /** What this side sends on the exchange, once it sends items. */
  outflow: Outflow | undefined = undefined
  /** What it receives, once items arrived. */
  inflow: Inflow | undefined = undefined
  /** The caller has said that its input is complete. */
  inputOver = false

  constructor(method: number) {
    this.method = method
  }

  /** Items may be sent, after `sendItems` had taken none. */
  credited(): void {}
  /** Items arrived: of the answer for a call, of the input for a duty. */
  items(_items: ReadonlyArray<unknown>, _bytes: number): void {}
}

/**
 * An answer we wait for.
 *
 * @category models
 * @since 0.1.0
 */
export abstract class Call extends Exchange {
  timeoutMillis: number
  readonly payload: unknown
  readonly headers: Headers | undefined

  /** @param timeoutMillis how long the call may take, waiting and writing included; 0 is for ever. */
  constructor(method: number, payload: unknown, timeoutMillis: number, headers: Headers | undefined) {
    super(method)
    this.payload = payload
    this.timeoutMillis = timeoutMillis
    this.headers = headers
  }

  abstract succeeded(value: unknown): void
  abstract failed(error: unknown): void
  abstract refused(reason: Refusal, side: Side): void
  progressed(_value: unknown): void {}
}

/**
 * An answer we owe.
 *
 * @category models
 * @since 0.1.0
 */
export abstract class Duty extends Exchange {
  timeoutMillis = 0
  /** The answer, while it may not be sent yet. */
  parked: AnswerMessage | undefined = undefined
  /** The latest progress, while the link takes no more bytes. */
  latestProgress: { readonly value: unknown } | undefined = undefined

  abstract started(request: RequestMessage): void
  /** The caller cancelled or left, or the deadline passed: nobody waits for the answer any more. */
  abstract stopped(): void
  /** The input is complete. */
  inputEnded(): void {}
}
