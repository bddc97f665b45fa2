/**
 * Where the calls of a reconnecting client wait for a connection that takes them.
 *
 * Law: who waits is told once: of a peer that takes calls, or why there will be none. How many may wait is bounded.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { IpcError, Overloaded, TimedOut } from "./IpcError.ts"
import type { Deadline } from "./Deadline.ts"
import type { Peer } from "./Peer.ts"
import * as Reason from "./Reason.ts"

export interface Options {
  readonly address: string
  /** How many may wait. */
  readonly most: number
  /** Says why there is no connection. */
  readonly why: () => string
}

interface Waiting {
  readonly tag: string
  readonly resume: (exit: Exit.Exit<void, IpcError>) => void
}

export class Holding {
  readonly #options: Options
  readonly #waiting = new Set<Waiting>()
  #live: Peer | undefined
  #over: IpcError | undefined

  constructor(options: Options) {
    this.#options = options
  }

  /** The peer to ask, as soon as there is one; fails with `TimedOut` at the deadline, and when there will be none. */
  peer(tag: string, deadline?: Deadline): Effect.Effect<Peer, IpcError> {
    return Effect.suspend(() => {
      const now = this.#now(tag)
      if (now !== undefined) return now
      const timely =
        deadline === undefined || deadline.isEndless
          ? this.#wait(tag)
          : Effect.timeoutOrElse(this.#wait(tag), {
              duration: deadline.leftMillis,
              orElse: () => Effect.fail(this.#late(tag, deadline.totalMillis))
            })
      // What those before it in the line did may have ended the connection, and then it waits again: for the next.
      return Effect.andThen(timely, this.peer(tag, deadline))
    })
  }

  /** Gives `peer`, which is ready, to all who wait, in their order, and to those who come while it takes calls. */
  opened(peer: Peer): void {
    this.#live = peer
    for (const waiting of this.#takeAll()) waiting.resume(Exit.void)
  }

  /** Fails all who wait, and those who come when no peer takes calls. Only the first error counts. */
  close(error: IpcError): void {
    const over = (this.#over ??= error)
    for (const { resume, tag } of this.#takeAll()) resume(Exit.fail(Reason.ofCall(over, tag)))
  }

  /** How it is at once; undefined is: wait. */
  #now(tag: string): Exit.Exit<Peer, IpcError> | undefined {
    const { most } = this.#options
    if (this.#live?.connection.session.takesCalls === true) return Exit.succeed(this.#live)
    if (this.#over !== undefined) return Exit.fail(Reason.ofCall(this.#over, tag))
    return this.#waiting.size < most ? undefined : Exit.fail(this.#full(tag))
  }

  #wait(tag: string): Effect.Effect<void, IpcError> {
    return Effect.callback((resume) => {
      // A fiber may yield between any two steps, so it may be otherwise since it was looked at.
      if (this.#now(tag) !== undefined) return resume(Exit.void)
      const waiting = { tag, resume }
      this.#waiting.add(waiting)
      return Effect.sync(() => void this.#waiting.delete(waiting))
    })
  }

  #takeAll(): ReadonlyArray<Waiting> {
    const all = Array.from(this.#waiting)
    this.#waiting.clear()
    return all
  }

  #full(method: string): IpcError {
    const { address, most } = this.#options
    const what = "calls that wait for a connection"
    return new IpcError({ reason: new Overloaded({ address, method, side: "local", what, limit: most }) })
  }

  #late(method: string, afterMillis: number): IpcError {
    const { address, why } = this.#options
    return new IpcError({ reason: new TimedOut({ address, method, side: "local", afterMillis, detail: why() }) })
  }
}
