/**
 * A pipe: a channel within this process, that reads what is written to it.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Pipe } from "effect-ipc/foreign"
 *
 * export const program = Effect.gen(function* () {
 *   const pipe = yield* Pipe.make<string>({ capacity: 8 })
 *   yield* pipe.send("one")
 *   yield* pipe.send("two")
 *   yield* pipe.close
 *   return yield* Stream.runCollect(pipe.messages)
 * })
 * ```
 *
 * @since 0.1.0
 */
import type * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { IpcError } from "../peer/IpcError.ts"
import { fromRefusal } from "../peer/Reason.ts"
import * as Channel from "./Channel.ts"
import { done, type End, Mailbox } from "./Mailbox.ts"

/**
 * A channel that this process may end.
 *
 * @category models
 * @since 0.1.0
 */
export interface Pipe<M> extends Channel.Channel<M> {
  /**
   * Takes no more messages: `send` fails with `Disconnected`, also of those that still wait in it. What it holds can
   * be received, then comes the end. A second time it does nothing.
   */
  readonly close: Effect.Effect<void>
  /** As `close`, but who receives gets this error at the end. */
  readonly fail: (error: IpcError) => Effect.Effect<void>
}

/**
 * Options of a pipe.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /**
   * Messages it holds: `send` waits while there are as many. At 0, `send` waits until its own message was received.
   * Default: 0.
   */
  readonly capacity?: number | undefined
  /** What a person would call it. Default: `pipe`. */
  readonly address?: string | undefined
}

/**
 * Makes a pipe. It needs no scope: what nobody uses any more is garbage.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <M>(options: Options = {}): Effect.Effect<Pipe<M>> =>
  Effect.sync(() => {
    const half = new Half<M>(options.capacity ?? 0, options.address ?? "pipe")
    return { ...joined(half, half), close: half.close, fail: half.fail }
  })

/**
 * Makes two channels, each the other end of the other, as a link within this process that carries messages instead of
 * bytes. Closing an end closes both directions: what was sent before can still be received.
 *
 * @category constructors
 * @since 0.1.0
 */
export const pair = <M>(options: Options = {}): Effect.Effect<readonly [west: Pipe<M>, east: Pipe<M>]> =>
  Effect.sync(() => {
    const capacity = options.capacity ?? 0
    const address = options.address ?? "pipe"
    const eastward = new Half<M>(capacity, address)
    const westward = new Half<M>(capacity, address)
    const close = Effect.andThen(eastward.close, westward.close)
    const fail = (error: IpcError) => Effect.andThen(eastward.fail(error), westward.fail(error))
    return [
      { ...joined(westward, eastward), close, fail },
      { ...joined(eastward, westward), close, fail }
    ]
  })

const joined = <M>(from: Half<M>, to: Half<M>): Channel.Channel<M> =>
  Channel.make({
    address: to.address,
    ended: to.ended,
    send: (message) => to.send(message),
    receive: from.receive
  })

interface Sent<M> {
  readonly message: M
  /** Tells its sender, who waits until then. */
  resume: ((exit: Exit.Exit<void, IpcError>) => void) | undefined
}

/** One direction. The first `capacity` messages of the mailbox were taken over; the senders of the others wait. */
class Half<M> {
  readonly address: string
  readonly #capacity: number
  readonly #mailbox = new Mailbox<Sent<M>, M>((sent) => this.#taken(sent))
  readonly #ended = Deferred.makeUnsafe<IpcError>()

  constructor(capacity: number, address: string) {
    this.#capacity = capacity
    this.address = address
  }

  get receive(): Effect.Effect<M, IpcError | Cause.Done> {
    return this.#mailbox.take
  }

  get ended(): Effect.Effect<IpcError> {
    return Deferred.await(this.#ended)
  }

  send(message: M): Effect.Effect<void, IpcError> {
    return Effect.callback((resume) => {
      if (this.#mailbox.ended) return resume(Exit.fail(this.#closed()))
      const sent: Sent<M> = { message, resume }
      const held = this.#mailbox.length < this.#capacity
      if (held) accept(sent)
      this.#mailbox.push([sent])
      return held ? undefined : Effect.sync(() => sent.resume !== undefined && this.#mailbox.remove(sent))
    })
  }

  readonly close: Effect.Effect<void> = Effect.sync(() => this.#end(done))

  readonly fail = (error: IpcError): Effect.Effect<void> => Effect.sync(() => this.#end(Exit.fail(error)))

  #end(end: End): void {
    if (this.#mailbox.ended) return
    const waiting: Array<Sent<M>> = []
    for (let sent = this.#mailbox.at(this.#capacity); sent; sent = this.#mailbox.at(this.#capacity)) {
      this.#mailbox.remove(sent)
      waiting.push(sent)
    }
    Deferred.doneUnsafe(this.#ended, Exit.succeed(this.#closed()))
    this.#mailbox.end(end)
    for (const { resume } of waiting) resume?.(Exit.fail(this.#closed()))
  }

  #taken(sent: Sent<M>): M {
    const next = this.#mailbox.at(this.#capacity - 1)
    accept(sent)
    if (next !== undefined) accept(next)
    return sent.message
  }

  #closed(): IpcError {
    return fromRefusal({ _tag: "Disconnected", detail: "the pipe was closed" }, "local", { address: this.address })
  }
}

const accept = (sent: Sent<unknown>): void => {
  const { resume } = sent
  sent.resume = undefined
  resume?.(Exit.void)
}
