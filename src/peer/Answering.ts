/**
 * Duties: the entries of the session that run a handler and answer with how it ends.
 *
 * A handler that is done when it returns is answered at once, without a fiber; any other runs in a fiber of its own,
 * which is interrupted when nobody waits for the answer any more.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import { Duty } from "../session/Exchange.ts"
import type { RequestMessage } from "../session/Message.ts"
import type { Connection } from "./Connection.ts"
import { done, Inbox } from "./Inbox.ts"
import type { IpcError } from "./IpcError.ts"
import type { Permits } from "./Permits.ts"
import * as Refused from "./Refused.ts"

/** A handler as it was given: its result is an Effect, or a Stream where the request answers one. */
export type Handler = (payload: unknown, context: object) => unknown

/** Handlers as a layer built them, with the context they run in. */
export interface Answers {
  readonly handlers: Readonly<Record<string, Handler>>
  readonly context: Context.Context<never>
}

/** What the duties of one method need. */
export interface Task {
  readonly tag: string
  readonly handler: Handler
  readonly hasInput: boolean
  readonly hasProgress: boolean
  /** Sends what a handler streams; undefined where the answer is one value. */
  readonly stream:
    | ((connection: Connection, duty: Answering, stream: unknown) => Effect.Effect<unknown, unknown>)
    | undefined
  /** Makes the stream of the input. */
  readonly input: ((inbox: Inbox<unknown, IpcError>) => unknown) | undefined
}

/** What the duties of one connection need. */
export interface Desk {
  readonly connection: Connection
  /** The second argument of a handler whose call has nothing of its own to tell. */
  readonly context: object
  readonly permits: ReadonlyArray<Permits>
  /** Runs a handler's Effect in the handlers' context, counted until it ends. */
  run(effect: Effect.Effect<unknown, unknown>): Fiber.Fiber<unknown, unknown>
  /** Reports a handler that died. */
  died(tag: string, cause: Cause.Cause<unknown>): void
}

export class Answering extends Duty {
  readonly #desk: Desk
  readonly #task: Task
  #inbox: Inbox<unknown, IpcError> | undefined
  #fiber: Fiber.Fiber<unknown, unknown> | undefined
  /** Leaves the line for a permit, or gives the permit back. */
  #leave: (() => void) | undefined
  /** Told that more items may be sent. */
  wake: (() => void) | undefined = undefined

  constructor(method: number, desk: Desk, task: Task) {
    super(method)
    this.#desk = desk
    this.#task = task
  }

  override started(request: RequestMessage): void {
    if (this.#task.hasInput) {
      const { session } = this.#desk.connection
      this.#inbox = new Inbox((items, bytes) => session.consumed(this, items, bytes))
    }
    if (this.#desk.permits.length === 0) return this.#run(request)
    this.#queue(request, 0)
  }

  override stopped(): void {
    if (this.#fiber === undefined) this.#leaveLine()
    else this.#fiber.interruptUnsafe()
    this.#endInput()
  }

  override items(items: ReadonlyArray<unknown>, bytes: number): void {
    this.#inbox?.push(items, bytes)
  }

  override inputEnded(): void {
    this.#inbox?.end(done)
  }

  override credited(): void {
    this.wake?.()
  }

  /** Runs once there is a permit of each kind: of the connection, and of the server. */
  #queue(request: RequestMessage, next: number): void {
    const permits = this.#desk.permits[next]
    const before = this.#leave
    if (permits === undefined) return this.#run(request)
    let taken = false
    const leaveLine = permits.take(() => {
      taken = true
      this.#leave = () => {
        permits.release()
        before?.()
      }
      // It was stopped together with the one whose permit this is.
      if (this.state === "settled") return this.#leaveLine()
      this.#queue(request, next + 1)
    })
    if (taken) return
    this.#leave = () => {
      leaveLine()
      before?.()
    }
  }

  #run(request: RequestMessage): void {
    let result: unknown
    try {
      result = this.#task.handler(request.payload, this.#context(request))
      if (this.#task.stream !== undefined) result = this.#task.stream(this.#desk.connection, this, result)
    } catch (defect) {
      return this.#finish(Exit.die(defect))
    }
    if (Exit.isExit(result)) return this.#finish(result)
    const fiber = this.#desk.run(result as Effect.Effect<unknown, unknown>)
    const exit = fiber.pollUnsafe()
    if (exit !== undefined) return this.#finish(exit)
    this.#fiber = fiber
    fiber.addObserver((late) => this.#finish(late))
    if (this.state === "settled") fiber.interruptUnsafe()
  }

  #context(request: RequestMessage): object {
    const { connection, context: plain } = this.#desk
    if (this.#inbox === undefined && !this.#task.hasProgress && request.headers === undefined) return plain
    const context: Record<string, unknown> = { ...plain }
    if (request.headers !== undefined) context.headers = request.headers
    if (this.#inbox !== undefined) context.input = this.#task.input!(this.#inbox)
    if (this.#task.hasProgress) {
      context.report = (progress: unknown) =>
        Effect.suspend(() => {
          const refused = connection.session.progress(this, progress)
          return refused === undefined ? Effect.void : Effect.die(connection.error(refused, "local", this.#task.tag))
        })
    }
    return context
  }

  /** Who still reads the input of a call that is over, e.g. a fiber that the handler left behind, must not wait for ever. */
  #endInput(): void {
    if (this.#inbox === undefined) return
    const over = { _tag: "Disconnected", detail: "the call was over before its input" } as const
    this.#inbox.end(Exit.fail(this.#desk.connection.error(over, "remote", this.#task.tag)))
  }

  #leaveLine(): void {
    const leave = this.#leave
    this.#leave = undefined
    leave?.()
  }

  #finish(exit: Exit.Exit<unknown, unknown>): void {
    this.#leaveLine()
    this.#endInput()
    const { connection } = this.#desk
    const { session } = connection
    if (Exit.isSuccess(exit)) return session.succeed(this, exit.value)
    if (this.state === "settled") return
    const failure = Cause.findError(exit.cause)
    if (Result.isSuccess(failure)) return session.fail(this, failure.success)
    const refused = Refused.reasonOf(exit.cause)
    if (refused !== undefined) {
      // Who hears it asks elsewhere, or waits for the next connection: so it must be true of all calls.
      if (refused._tag === "Draining") connection.drain()
      return session.refuse(this, refused)
    }
    this.#desk.died(this.#task.tag, exit.cause)
    session.refuse(this, { _tag: "RemoteDefect", detail: describe(exit.cause) })
  }
}

/** What the caller learns of a defect. The stack stays here: it is logged. */
const describe = (cause: Cause.Cause<unknown>): string => {
  const [error] = Cause.prettyErrors(cause)
  return Cause.hasInterruptsOnly(cause) || error === undefined
    ? "it interrupted itself"
    : `${error.name}: ${error.message}`
}
