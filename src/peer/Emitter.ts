/**
 * Events on their way out: at once, or in line until the peer takes more.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Connection } from "./Connection.ts"
import type { IpcError } from "./IpcError.ts"

interface Waiting {
  readonly method: number
  readonly tag: string
  readonly event: unknown
  readonly resume: (exit: Exit.Exit<void, IpcError>) => void
}

export class Emitter {
  readonly #connection: Connection
  #line: Set<Waiting> | undefined
  #closed: Exit.Exit<never, IpcError> | undefined
  /** Events that were dropped because the peer was too slow. */
  dropped = 0

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** Emits, and waits while the peer takes no more. */
  emit(method: number, tag: string, event: unknown): Effect.Effect<void, IpcError> {
    return Effect.suspend(() => this.#try(method, tag, event) ?? this.#wait(method, tag, event))
  }

  /** Emits if the peer takes it now; drops the event, and counts it, if not. Answers whether it was emitted. */
  offer(method: number, tag: string, event: unknown): boolean {
    const exit = this.#try(method, tag, event)
    const sent = exit !== undefined && Exit.isSuccess(exit)
    if (!sent) this.dropped++
    return sent
  }

  /** More may be emitted. */
  credited(): void {
    for (const waiting of this.#line ?? []) {
      const exit = this.#say(waiting.method, waiting.tag, waiting.event)
      if (exit === undefined) return
      this.#line?.delete(waiting)
      waiting.resume(exit)
    }
  }

  /** Fails what waits, and what is emitted from now on. */
  close(error: IpcError): void {
    this.#closed = Exit.fail(error)
    for (const waiting of this.#line ?? []) waiting.resume(this.#closed)
    this.#line = undefined
  }

  /** Emits unless others wait already. Answers undefined when it has to wait. */
  #try(method: number, tag: string, event: unknown): Exit.Exit<void, IpcError> | undefined {
    if (this.#closed !== undefined) return this.#closed
    return this.#line !== undefined && this.#line.size > 0 ? undefined : this.#say(method, tag, event)
  }

  #say(method: number, tag: string, event: unknown): Exit.Exit<void, IpcError> | undefined {
    const { session } = this.#connection
    const said = session.emit(method, event)
    if (said === "sent") return Exit.void
    if (said === "wait") return undefined
    return Exit.fail(this.#connection.error(said, session.endedBy, tag))
  }

  #wait(method: number, tag: string, event: unknown): Effect.Effect<void, IpcError> {
    return Effect.callback((resume) => {
      // A fiber may yield between any two steps, so there may be credit since it was asked for.
      const exit = this.#try(method, tag, event)
      if (exit !== undefined) return resume(exit)
      const waiting = { method, tag, event, resume }
      ;(this.#line ??= new Set()).add(waiting)
      return Effect.sync(() => void this.#line?.delete(waiting))
    })
  }
}
