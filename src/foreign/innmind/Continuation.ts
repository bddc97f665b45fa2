/**
 * What a step of a server says is to happen next.
 *
 * @internal
 * @since 0.1.0
 */
import type { InnmindMessage } from "./InnmindMessage.ts"

/**
 * What a step of a server gives: what to carry on with, what to answer, and whether to go on.
 *
 * @category models
 * @since 0.1.0
 */
export interface Continuation<out S> {
  readonly carry: S
  readonly responses: ReadonlyArray<InnmindMessage>
  readonly next: "go" | "close" | "stop"
}

const make =
  (next: "go" | "close" | "stop") =>
  <S>(carry: S, ...responses: ReadonlyArray<InnmindMessage>): Continuation<S> => ({ carry, responses, next })

/**
 * Goes on with this carry, and answers nothing.
 *
 * @category constructors
 * @since 0.1.0
 */
export const go: <S>(carry: S) => Continuation<S> = make("go")

/**
 * Answers who sent the message, with one message or several in this order, and goes on with this carry.
 *
 * @category constructors
 * @since 0.1.0
 */
export const respond: <S>(carry: S, ...responses: ReadonlyArray<InnmindMessage>) => Continuation<S> = make("go")

/**
 * Answers with what is given, if anything is, says goodbye to who sent the message, and goes on with this carry.
 *
 * @category constructors
 * @since 0.1.0
 */
export const close: <S>(carry: S, ...responses: ReadonlyArray<InnmindMessage>) => Continuation<S> = make("close")

/**
 * Answers with what is given, if anything is, says goodbye to every client, and ends the server with this carry.
 *
 * @category constructors
 * @since 0.1.0
 */
export const stop: <S>(carry: S, ...responses: ReadonlyArray<InnmindMessage>) => Continuation<S> = make("stop")
