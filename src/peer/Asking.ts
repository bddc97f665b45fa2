/**
 * Calls: the entries of the session that resume whoever waits.
 *
 * @since 0.1.0
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import { Call, type Duty, type Side } from "../session/Exchange.ts"
import type { Headers, Refusal } from "../session/Message.ts"
import type { Connection } from "./Connection.ts"
import { done, Inbox } from "./Inbox.ts"

/** What is the same for every call of a method over a connection. */
export interface Route {
  readonly connection: Connection
  readonly method: number
  readonly tag: string
  /** Items of an input that one message may hold. */
  readonly inputsPerMessage: number
}

/** What one call asks. */
export interface Question {
  readonly payload: unknown
  readonly timeoutMillis: number
  readonly headers: Headers | undefined
}

type Resume = (answer: Exit.Exit<unknown, unknown>) => void

/** A call whose answer is one value. */
export class UnaryCall extends Call {
  protected readonly route: Route
  protected readonly resume: Resume
  /** Told that more input may be sent. */
  wake: (() => void) | undefined = undefined

  constructor(route: Route, question: Question, resume: Resume) {
    super(route.method, question.payload, question.timeoutMillis, question.headers)
    this.route = route
    this.resume = resume
  }

  override succeeded(value: unknown): void {
    this.resume(Exit.succeed(value))
  }

  override failed(error: unknown): void {
    this.resume(Exit.fail(error))
  }

  override refused(reason: Refusal, side: Side): void {
    this.resume(this.refusal(reason, side))
  }

  protected refusal(reason: Refusal, side: Side): Exit.Exit<never, unknown> {
    // The peer counts from when the request arrived; the caller knows the deadline they gave.
    const told = reason._tag === "TimedOut" ? { ...reason, afterMillis: this.timeoutMillis } : reason
    return Exit.fail(this.route.connection.error(told, side, this.route.tag))
  }

  override credited(): void {
    this.wake?.()
  }

  /** Gives the call up. */
  cancel(): Effect.Effect<void> {
    return Effect.sync(() => this.route.connection.session.cancel(this))
  }
}

/**
 * Asks, and waits for the answer. The caller's interruption gives the call up.
 *
 * @param started hears of the call before it is asked.
 */
export const ask = (
  route: Route,
  question: Question,
  started?: (call: UnaryCall) => void
): Effect.Effect<unknown, unknown> =>
  Effect.callback((resume) => {
    const call = new UnaryCall(route, question, resume)
    started?.(call)
    route.connection.ask(call)
    return call.state === "settled" ? undefined : call.cancel()
  })

type OnProgress = (progress: unknown) => Effect.Effect<void>

/**
 * A call that reports progress.
 *
 * Reports run one at a time, the latest one waiting; the answer waits for them, so that the last report is seen before.
 * A call without an answer ends at once: a report that hangs must not keep it from its deadline.
 */
class ReportedCall extends UnaryCall {
  readonly #runFork: <A>(effect: Effect.Effect<A>) => Fiber.Fiber<A>
  readonly #onProgress: OnProgress
  readonly #finish: Resume
  #running: Fiber.Fiber<void> | undefined
  #latest: { readonly value: unknown } | undefined
  #answer: Exit.Exit<unknown, unknown> | undefined

  constructor(
    route: Route,
    question: Question,
    onProgress: OnProgress,
    runFork: <A>(effect: Effect.Effect<A>) => Fiber.Fiber<A>,
    resume: Resume
  ) {
    super(route, question, (answer) => {
      this.#answer = answer
      if (this.#running === undefined) resume(answer)
    })
    this.#onProgress = onProgress
    this.#runFork = runFork
    this.#finish = resume
  }

  override progressed(value: unknown): void {
    if (this.#running !== undefined) {
      this.#latest = { value }
      return
    }
    const fiber = this.#runFork(Effect.suspend(() => this.#onProgress(value)))
    this.#running = fiber
    fiber.addObserver((exit) => this.#reported(exit))
  }

  override refused(reason: Refusal, side: Side): void {
    this.#finish(this.refusal(reason, side))
    this.#stopReports()
  }

  #reported(exit: Exit.Exit<void>): void {
    this.#running = undefined
    const latest = this.#latest
    this.#latest = undefined
    if (Exit.isFailure(exit)) {
      // A report that dies is the caller's own bug: it dies with it.
      this.route.connection.session.cancel(this)
      this.#finish(exit)
    } else if (latest !== undefined) {
      this.progressed(latest.value)
    } else if (this.#answer !== undefined) {
      this.#finish(this.#answer)
    }
  }

  /** Gives the call up, and the report that runs. */
  stop(): void {
    this.route.connection.session.cancel(this)
    this.#stopReports()
  }

  #stopReports(): void {
    this.#latest = undefined
    this.#running?.interruptUnsafe()
  }
}

/** Asks with reports of progress. */
export const askReported = (
  route: Route,
  question: Question,
  onProgress: OnProgress,
  started?: (call: UnaryCall) => void
): Effect.Effect<unknown, unknown> =>
  Effect.contextWith((context: Context.Context<never>) =>
    Effect.callback((resume) => {
      const call = new ReportedCall(route, question, onProgress, Effect.runForkWith(context), resume)
      started?.(call)
      route.connection.ask(call)
      return Effect.sync(() => call.stop())
    })
  )

/** A call whose answer is a stream. */
export class StreamCall extends UnaryCall {
  readonly inbox: Inbox<unknown, unknown>

  constructor(route: Route, question: Question) {
    const { session } = route.connection
    super(route, question, (answer) => this.inbox.end(Exit.isSuccess(answer) ? done : Exit.failCause(answer.cause)))
    this.inbox = new Inbox((items, bytes) => session.consumed(this, items, bytes))
  }

  override items(items: ReadonlyArray<unknown>, bytes: number): void {
    this.inbox.push(items, bytes)
  }
}

/** An exchange on which this side sends items. */
export type SendingExchange = (Call | Duty) & { wake: (() => void) | undefined }

/** Sends every item of a batch, at most `most` in a message, waiting for credit. */
export const sendAll = (
  connection: Connection,
  exchange: SendingExchange,
  items: ReadonlyArray<unknown>,
  most: number
): Effect.Effect<void> =>
  Effect.suspend(() => {
    const sent = sendSome(connection, exchange, items, 0, most)
    return sent === items.length ? Effect.void : waitAndSend(connection, exchange, items, sent, most)
  })

/** Sends items from `start` on for as long as there is credit, and answers where it stopped. */
const sendSome = (
  connection: Connection,
  exchange: SendingExchange,
  items: ReadonlyArray<unknown>,
  start: number,
  most: number
): number => {
  let sent = start
  while (sent < items.length) {
    const whole = sent === 0 && items.length <= most
    const taken = connection.session.sendItems(exchange, whole ? items : items.slice(sent, sent + most))
    if (taken === 0) return sent
    sent += taken
  }
  return sent
}

const waitAndSend = (
  connection: Connection,
  exchange: SendingExchange,
  items: ReadonlyArray<unknown>,
  start: number,
  most: number
): Effect.Effect<void> =>
  Effect.callback((resume) => {
    let sent = start
    exchange.wake = () => {
      sent = sendSome(connection, exchange, items, sent, most)
      if (sent < items.length) return
      exchange.wake = undefined
      resume(Effect.void)
    }
    // A fiber may yield between any two steps, so there may be credit since it was asked for.
    exchange.wake()
    return Effect.sync(() => {
      exchange.wake = undefined
    })
  })
