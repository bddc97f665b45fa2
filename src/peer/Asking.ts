/**
 * Calls: the entries of the session that resume whoever waits.
 *
 * @since 0.1.0
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { Call, type Duty, type Side } from "../session/Exchange.ts"
import type { Headers, Refusal } from "../session/Message.ts"
import type { Connection } from "./Connection.ts"
import { done, Inbox } from "./Inbox.ts"
import { type OnProgress, type Reporting, Reports } from "./Reports.ts"

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

/**
 * A call that may hear of progress.
 *
 * Its answer waits for the last report. Without an answer it ends at once: a report that hangs must not keep it from
 * its deadline.
 */
export class ReportedCall extends UnaryCall {
  readonly #end: Resume
  readonly #reports: Reports | undefined

  /** @param end hears how the call ends; what it hears after that is nothing new. */
  constructor(route: Route, question: Question, reporting: Reporting | undefined, end: Resume) {
    super(route, question, (answer) => {
      if (this.#reports === undefined) end(answer)
      else this.#reports.afterLast(() => end(answer))
    })
    this.#end = end
    this.#reports =
      reporting &&
      new Reports(reporting, (cause) => {
        // It is the caller's own bug, so the call dies of it.
        route.connection.session.cancel(this)
        end(Exit.failCause(cause))
      })
  }

  override progressed(value: unknown): void {
    this.#reports?.report(value)
  }

  override refused(reason: Refusal, side: Side): void {
    this.#end(this.refusal(reason, side))
    this.#reports?.stop()
  }

  override cancel(): Effect.Effect<void> {
    return Effect.sync(() => {
      this.route.connection.session.cancel(this)
      this.#reports?.stop()
    })
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
      const call = new ReportedCall(route, question, { onProgress, runFork: Effect.runForkWith(context) }, resume)
      started?.(call)
      route.connection.ask(call)
      return call.cancel()
    })
  )

/** A call whose answer is a stream. */
export class StreamCall extends ReportedCall {
  readonly inbox: Inbox<unknown, unknown>

  constructor(route: Route, question: Question, reporting: Reporting | undefined) {
    const { session } = route.connection
    super(route, question, reporting, (answer) =>
      this.inbox.end(Exit.isSuccess(answer) ? done : Exit.failCause(answer.cause))
    )
    this.inbox = new Inbox((items, bytes) => session.consumed(this, items, bytes))
  }

  override items(items: ReadonlyArray<unknown>, bytes: number): void {
    this.inbox.push(items, bytes)
  }
}

/** An exchange on which this side sends items. */
export type SendingExchange = (Call | Duty) & { wake: (() => void) | undefined }

/** Sends every item of a batch, at most `most` in a message: as far as there is credit at once, the rest in the effect. */
export const sendAll = (
  connection: Connection,
  exchange: SendingExchange,
  items: ReadonlyArray<unknown>,
  most: number
): Effect.Effect<void> => {
  const sent = sendSome(connection, exchange, items, 0, most)
  return sent === items.length ? Effect.void : waitAndSend(connection, exchange, items, sent, most)
}

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
