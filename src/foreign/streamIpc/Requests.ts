/**
 * Requests that wait for their answers, by id.
 *
 * Law: each is settled once. An answer that nobody waits for, as it came too late or twice, is counted and dropped.
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import * as Exit from "effect/Exit"
import type { IpcError } from "../../peer/IpcError.ts"
import type { PhpObject } from "../../wire/payload/PhpValue.ts"

export type Answer = Deferred.Deferred<PhpObject, IpcError>

export class Requests {
  readonly #waiting = new Map<string, Answer>()
  #over: IpcError | undefined
  /** Answers that nobody waited for. */
  unmatched = 0

  get size(): number {
    return this.#waiting.size
  }

  /** Waits for the answer of `id` from now on; undefined when another request that waits has this id. */
  open(id: string): Answer | undefined {
    if (this.#waiting.has(id)) return undefined
    const answer: Answer = Deferred.makeUnsafe()
    if (this.#over !== undefined) Deferred.doneUnsafe(answer, Exit.fail(this.#over))
    else this.#waiting.set(id, answer)
    return answer
  }

  /** Waits no more. */
  close(id: string): void {
    this.#waiting.delete(id)
  }

  settle(id: string, message: PhpObject): void {
    const answer = this.#waiting.get(id)
    if (answer === undefined) {
      this.unmatched++
      return
    }
    this.#waiting.delete(id)
    Deferred.doneUnsafe(answer, Exit.succeed(message))
  }

  /** Fails all that wait, and all that come. Only the first end counts. */
  end(error: IpcError): void {
    if (this.#over !== undefined) return
    this.#over = error
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const answer of waiting) Deferred.doneUnsafe(answer, Exit.fail(error))
  }
}
