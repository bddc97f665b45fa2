/**
 * The calls of one hx/interop client: their ids, and whom an answer is for.
 *
 * Law: a call settles once: by its answer, by the end of the connection, or by who gave it up; it is forgotten then.
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { IpcError } from "../../peer/IpcError.ts"
import { ofCall } from "../../peer/Reason.ts"
import { HxFailure } from "./HxFailure.ts"
import * as HxMessage from "./HxMessage.ts"

type Answer = Deferred.Deferred<HxMessage.HxMessage, IpcError | HxFailure>

interface Pending {
  readonly id: string
  readonly name: string
  readonly answer: Answer
}

export class HxCalls {
  readonly #prefix: string
  readonly #asked: () => void
  readonly #pending = new Map<string, Pending>()
  /** Go counts from 0, so "0" is an id like any other. */
  #next = 0
  #over: IpcError | undefined

  /** @param asked hears of each call that begins. */
  constructor(prefix: string, asked: () => void) {
    this.#prefix = prefix
    this.#asked = asked
  }

  /** How many wait for their answer. */
  get size(): number {
    return this.#pending.size
  }

  /** Sends a message as a call of a class, and waits for its answer. */
  ask(
    name: string,
    message: HxMessage.HxMessage,
    send: (message: HxMessage.HxMessage) => Effect.Effect<void, IpcError>
  ): Effect.Effect<HxMessage.HxMessage, IpcError | HxFailure> {
    return Effect.acquireUseRelease(
      Effect.sync(() => this.#begin(name)),
      ({ answer, id }) => {
        if (this.#over !== undefined) return Effect.fail(ofCall(this.#over, name))
        const request = HxMessage.withId(HxMessage.withClass(message, name), id)
        const sent = Effect.mapError(send(request), (error) => ofCall(error, name))
        return Effect.andThen(sent, Deferred.await(answer))
      },
      ({ id }) => Effect.sync(() => void this.#pending.delete(id))
    )
  }

  /** Settles the call that a message answers. Answers false when there is none. */
  settle(message: HxMessage.HxMessage): boolean {
    const id = HxMessage.idOf(message)
    const pending = id === undefined ? undefined : this.#pending.get(id)
    if (pending === undefined) return false
    this.#pending.delete(pending.id)
    const errors = HxMessage.errorsOf(message)
    const exit =
      errors.length === 0
        ? Exit.succeed(message)
        : Exit.fail(new HxFailure({ class: pending.name, errors, response: message }))
    Deferred.doneUnsafe(pending.answer, exit)
    return true
  }

  /** Fails every call, those to come too. Only the first end counts. */
  end(error: IpcError): void {
    if (this.#over !== undefined) return
    this.#over = error
    const cut = [...this.#pending.values()]
    this.#pending.clear()
    for (const { answer, name } of cut) Deferred.doneUnsafe(answer, Exit.fail(ofCall(error, name)))
  }

  #begin(name: string): Pending {
    const pending: Pending = { id: `${this.#prefix}${this.#next++}`, name, answer: Deferred.makeUnsafe() }
    this.#pending.set(pending.id, pending)
    this.#asked()
    return pending
  }
}
