/**
 * Interceptors: what stands between a channel and who uses it, and may drop, alter and multiply messages.
 *
 * A step gets a message and `next`, which it calls as often as it likes: not at all drops the message, with another one
 * alters it, several times multiplies it.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Intercept, Pipe } from "effect-ipc/foreign"
 *
 * export const program = Effect.gen(function* () {
 *   const pipe = yield* Pipe.make<string>({ capacity: 8 })
 *   const polite = yield* Intercept.wrap(
 *     pipe,
 *     { write: (text, next) => next(`please ${text}`) },
 *     { write: (text, next) => (text.includes("rude") ? Effect.void : next(text)) }
 *   )
 *   yield* polite.send("go on")
 *   return yield* pipe.receive
 * })
 * ```
 *
 * @since 0.1.0
 */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import type { IpcError } from "../peer/IpcError.ts"
import * as Channel from "./Channel.ts"

/**
 * What is done with a message on its way. `next` passes one on; it fails as `send` does.
 *
 * @category models
 * @since 0.1.0
 */
export type Step<M, R = never> = (
  message: M,
  next: (message: M) => Effect.Effect<void, IpcError>
) => Effect.Effect<unknown, IpcError, R>

/**
 * What is done with messages that are read, and with those that are written. A direction that is left out is not touched.
 *
 * @category models
 * @since 0.1.0
 */
export interface Interceptor<M, R = never> {
  readonly read?: Step<M, R> | undefined
  readonly write?: Step<M, R> | undefined
}

/**
 * Puts interceptors around a channel. The first is the outermost: it is the first to see what is sent, and the last to
 * see what was received.
 *
 * Steps run in the fiber that sends or receives, and its failure is theirs. Received messages pass one at a time, so
 * their order stays; a `receive` that is interrupted while a step works loses what that step has not passed on.
 *
 * @category combinators
 * @since 0.1.0
 */
export const wrap = <M, R = never>(
  channel: Channel.Channel<M>,
  ...interceptors: ReadonlyArray<Interceptor<M, R>>
): Effect.Effect<Channel.Channel<M>, never, R> =>
  Effect.contextWith((context) =>
    Effect.sync(() =>
      interceptors.reduceRight((inner, { read, write }) => {
        const here =
          (step: Step<M, R>): Step<M> =>
          (message, next) =>
            Effect.provide(step(message, next), context)
        return Channel.make({
          address: inner.address,
          ended: inner.ended,
          send: write === undefined ? inner.send : (message) => Effect.asVoid(here(write)(message, inner.send)),
          receive: read === undefined ? inner.receive : reading(inner.receive, here(read))
        })
      }, channel)
    )
  )

const reading = <M>(
  receive: Effect.Effect<M, IpcError | Cause.Done>,
  step: Step<M>
): Effect.Effect<M, IpcError | Cause.Done> => {
  const passed: Array<M> = []
  const pass = (message: M) => Effect.sync(() => void passed.push(message))
  const next: Effect.Effect<M, IpcError | Cause.Done> = Effect.suspend(() =>
    passed.length > 0
      ? Effect.succeed(passed.shift()!)
      : Effect.flatMap(receive, (message) => Effect.andThen(step(message, pass), next))
  )
  return Semaphore.makeUnsafe(1).withPermit(next)
}
