/**
 * The part of a peer that needs `Stream`. `LazyStreams` loads it when a stream is first run.
 *
 * @since 0.1.0
 */
import * as Channel from "effect/Channel"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type Question, type Route, sendAll, type SendingExchange, StreamCall, type UnaryCall } from "./Asking.ts"
import type { Connection } from "./Connection.ts"
import type { Inbox } from "./Inbox.ts"
import type { OnProgress } from "./Reports.ts"
import type { Status, Statuses } from "./Status.ts"

type AnyStream = Stream.Stream<unknown, unknown, unknown>

/** What a stream does when it is run, by its channel. */
export const transform = <A, E, R>(
  stream: Stream.Stream<A, E, R>,
  upstream: unknown,
  scope: Scope.Scope
): Effect.Effect<unknown, never, R> => Channel.toTransform(stream.channel)(upstream as never, scope)

/** What has arrived, as a stream. */
export const fromInbox = <A, E>(inbox: Pick<Inbox<A, E>, "pull">): Stream.Stream<A, E> =>
  Stream.fromPull(Effect.succeed(inbox.pull))

/** Statuses that may wait for a reader; after that the oldest go. */
const statusesKept = 64

/** The status as it is, and every one from then on, until `Closed`. */
export const ofStatuses = (statuses: Statuses): Stream.Stream<Status> =>
  Stream.callback<Status>(
    (queue) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          const tell = (status: Status): void => {
            Queue.offerUnsafe(queue, status)
            if (status._tag === "Closed") Queue.endUnsafe(queue)
          }
          tell(statuses.now)
          return statuses.watch(tell)
        }),
        (stop) => Effect.sync(stop)
      ),
    { bufferSize: statusesKept, strategy: "sliding" }
  )

/** Runs what `open` gives, and again where it failed before it had begun. */
export const reopened = (
  open: Effect.Effect<AnyStream, unknown>,
  mayOpenAgain: (error: unknown) => boolean,
  told: (error: unknown) => unknown
): AnyStream =>
  Stream.catch(Stream.unwrap(open), (error) =>
    mayOpenAgain(error) ? reopened(open, mayOpenAgain, told) : Stream.fail(told(error))
  )

/** Tells when a stream is first read. */
export const whenRun = (stream: AnyStream, run: () => void): AnyStream =>
  Stream.suspend(() => {
    run()
    return stream
  })

/** The stream that an Effect gives. */
export const unwrap: <A, E2, R2, E, R>(
  effect: Effect.Effect<Stream.Stream<A, E2, R2>, E, R>
) => Stream.Stream<A, E | E2, R | R2> = Stream.unwrap as never

/** Asks each time it runs, and gives the call up when its reader leaves. */
export const askStream = (
  route: Route,
  question: () => Question,
  onProgress: OnProgress | undefined,
  input: AnyStream | undefined
): AnyStream => {
  const opened = Effect.acquireRelease(
    Effect.contextWith((context: Context.Context<never>) =>
      Effect.sync(() => {
        const reporting = onProgress && { onProgress, runFork: Effect.runForkWith(context) }
        const call = new StreamCall(route, question(), reporting)
        route.connection.ask(call)
        return call
      })
    ),
    (call) => call.cancel()
  )
  return Stream.unwrap(
    Effect.gen(function* () {
      const call = yield* opened
      const answer = fromInbox(call.inbox)
      if (input === undefined) return answer
      // The input runs beside the answer; where it fails, so does the answer.
      const feeding = Stream.fromEffectDrain(feed(route, call, input))
      return Stream.merge(answer, feeding, { haltStrategy: "left" })
    })
  )
}

/**
 * Waits for the answer of a call with an input. The input stops when the answer comes; where it fails, so does the call.
 *
 * @param asked asks, after telling its argument of the call.
 */
export const askWithInput = (
  asked: (started: (call: UnaryCall) => void) => Effect.Effect<unknown, unknown>,
  route: Route,
  input: AnyStream
): Effect.Effect<unknown, unknown, unknown> =>
  Effect.suspend(() => {
    let call: UnaryCall
    const answer = asked((started) => {
      call = started
    })
    // `raceFirst` starts its sides in order, so the call is there when the input begins.
    return Effect.raceFirst(
      answer,
      Effect.andThen(
        Effect.suspend(() => feed(route, call, input)),
        Effect.never
      )
    )
  })

const feed = (
  { connection, inputsPerMessage }: Route,
  call: UnaryCall,
  input: AnyStream
): Effect.Effect<void, unknown, unknown> =>
  Effect.andThen(
    Stream.runForEachArray(input, (items) => sendAll(connection, call, items, inputsPerMessage)),
    Effect.sync(() => connection.session.endInput(call))
  )

/** Sends what a handler streams, until it ends. */
export const answer = (
  connection: Connection,
  duty: SendingExchange,
  stream: AnyStream,
  itemsPerMessage: number
): Effect.Effect<void, unknown, unknown> =>
  Stream.runForEachArray(stream, (items) => sendAll(connection, duty, items, itemsPerMessage))
