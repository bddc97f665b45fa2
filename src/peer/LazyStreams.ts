/**
 * `Streams`, loaded when a stream is first run: a program that runs none starts 40 ms sooner.
 *
 * A method of a client gives a stream at once, and what makes streams is loaded later, so the stream is made by hand: it
 * has what `effect/Stream` reads of one, and opens the true one when it is run.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import { pipeArguments } from "effect/Pipeable"
import * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { Inbox } from "./Inbox.ts"
import type * as Streams from "./Streams.ts"

let loaded: typeof Streams | undefined

/** Loads them, once. */
export const load: Effect.Effect<typeof Streams> = Effect.suspend(() =>
  loaded === undefined ? Effect.promise(async () => (loaded = await import("./Streams.ts"))) : Effect.succeed(loaded)
)

/** Makes a stream that `open` opens each time it runs. */
export const stream = <A, E, R>(open: (streams: typeof Streams) => Stream.Stream<A, E, R>): Stream.Stream<A, E, R> =>
  fromTransform((upstream, scope) =>
    Effect.flatMap(load, (streams) => streams.transform(open(streams), upstream, scope))
  )

/** Makes a stream of what arrives from the moment it runs, loaded or not. */
export const arriving = <A, E>(
  inbox: Effect.Effect<Pick<Inbox<A, E>, "pull">, never, Scope.Scope>
): Stream.Stream<A, E> =>
  fromTransform((upstream, scope) =>
    Effect.flatMap(Scope.provide(inbox, scope), (opened) =>
      Effect.flatMap(load, (streams) => streams.transform(streams.fromInbox(opened), upstream, scope))
    )
  )

const fromTransform = <A, E, R>(
  transform: (upstream: unknown, scope: Scope.Scope) => Effect.Effect<unknown, never, R>
): Stream.Stream<A, E, R> =>
  ({ ...streamParts, pipe, channel: { ...channelParts, pipe, transform } }) as unknown as Stream.Stream<A, E, R>

function pipe(this: unknown): unknown {
  return pipeArguments(this, arguments)
}

const streamParts = { "~effect/Stream": { _A: identity, _E: identity, _R: identity } }

const channelParts = {
  "~effect/Channel": {
    _Env: identity,
    _InErr: identity,
    _InElem: identity,
    _InDone: identity,
    _OutErr: identity,
    _OutElem: identity,
    _OutDone: identity
  }
}
