/**
 * Answers the peer's requests by a chain of handlers.
 *
 * Rule 1: handlers are asked one after another, in the order they came; the first that answers a message has answered.
 * Rule 2: each request has a fiber of its own, and gets one answer at most. Rule 3: what goes wrong in a handler is the
 * answer to its request, and no one else's trouble.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Result from "effect/Result"
import { IpcError } from "../../peer/IpcError.ts"
import type { PhpObject } from "../../wire/payload/PhpValue.ts"
import type { Registry } from "./Registry.ts"
import * as Message from "./StreamIpcMessage.ts"

/** Answers a request, or leaves it to the next handler. */
export type Answer<A> = (message: PhpObject | A) => Effect.Effect<unknown, unknown>

export interface Options<A> {
  readonly registry: Registry<A>
  readonly respond: (id: string, message: PhpObject) => Effect.Effect<void, IpcError>
  /** Whether a request without an answer is answered with an error. */
  readonly answersFailures: boolean
  readonly exposeStacks: boolean
  readonly maxRequests: number
  readonly fibers: FiberSet.FiberSet<void>
}

export class Answering<A> {
  readonly #options: Options<A>
  readonly #handlers = new Set<{ readonly answer: Answer<A> }>()
  #running = 0

  constructor(options: Options<A>) {
    this.#options = options
  }

  /** Adds a handler, and answers how to take it away. */
  handle(answer: Answer<A>): () => void {
    const entry = { answer }
    this.#handlers.add(entry)
    return () => void this.#handlers.delete(entry)
  }

  /** Answers a request in a fiber of its own. */
  start(id: string, request: PhpObject): Effect.Effect<void> {
    const { fibers, maxRequests } = this.#options
    if (this.#running >= maxRequests) return this.#fail(id, `Too many requests at a time: ${maxRequests} run already`)
    this.#running++
    const answering = this.#answer(id, request).pipe(
      Effect.catchCause((cause) => this.#died(id, cause)),
      Effect.ensuring(Effect.sync(() => this.#running--))
    )
    return Effect.asVoid(FiberSet.run(fibers, answering))
  }

  /** Interrupts all that run. */
  get stop(): Effect.Effect<void> {
    return FiberSet.clear(this.#options.fibers)
  }

  #answer(id: string, request: PhpObject): Effect.Effect<void, unknown> {
    const { registry } = this.#options
    const message = registry.decode(request)
    if (Result.isFailure(message)) return this.#fail(id, `Invalid request: ${request.class}\n${message.failure}`)
    return Effect.gen({ self: this }, function* () {
      for (const { answer } of Array.from(this.#handlers)) {
        const response = yield* Effect.suspend(() => answer(message.success))
        if (registry.has(response)) return yield* this.#respond(id, response)
      }
      yield* this.#fail(id, `Unhandled request: ${request.class}`)
    })
  }

  #respond(id: string, response: PhpObject | A): Effect.Effect<void, unknown> {
    const object = this.#options.registry.encode(response)
    if (Result.isFailure(object)) return Effect.fail(new Error(`the answer cannot be sent: ${object.failure}`))
    return Effect.catchIf(this.#options.respond(id, object.success), isDisconnected, () => Effect.void)
  }

  #died(id: string, cause: Cause.Cause<unknown>): Effect.Effect<void> {
    const [error] = Cause.prettyErrors(cause)
    const text = `Error in dispatch\n${error === undefined ? "unknown" : described(error)}`
    const stack = this.#options.exposeStacks && error?.stack !== undefined ? `\n${error.stack}` : ""
    return Effect.andThen(Effect.logDebug("a handler of php-stream-ipc failed", cause), this.#fail(id, text + stack))
  }

  /** Nobody hears of it where the peer expects no errors, or is gone. */
  #fail(id: string, text: string): Effect.Effect<void> {
    if (!this.#options.answersFailures) return Effect.void
    return Effect.ignore(this.#options.respond(id, Message.error(text)))
  }
}

const described = (error: Error): string => (error.message === "" ? error.name : `${error.name}: ${error.message}`)

const isDisconnected = (error: IpcError): boolean => error instanceof IpcError && error.reason._tag === "Disconnected"
