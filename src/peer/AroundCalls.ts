/**
 * The methods of a client with middleware around them.
 *
 * The deadline of a call goes around the middleware that a user gave, and each `next` has what is left of it.
 *
 * @since 0.1.0
 */
import type * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { AnyProtocol } from "../protocol/Protocol.ts"
import type * as Request from "../protocol/Request.ts"
import * as Asking from "./Asking.ts"
import * as Chain from "./Chain.ts"
import type { Connection } from "./Connection.ts"
import { Deadline } from "./Deadline.ts"
import { done, Inbox } from "./Inbox.ts"
import type { IpcError } from "./IpcError.ts"
import * as LazyStreams from "./LazyStreams.ts"
import type { Headers } from "./Middleware.ts"
import type { OnProgress } from "./Reports.ts"

/** What goes around calls. */
export interface Around {
  /** Ours: they see how a call ends, its deadline included. */
  readonly outer: Chain.Links
  /** The user's. */
  readonly inner: Chain.Links
  /** What all of them need. */
  readonly context: Context.Context<never>
  readonly clock: Clock.Clock
  readonly protocol: AnyProtocol
}

/** What a call may have besides its question. */
export interface CallOptions {
  readonly onProgress?: OnProgress | undefined
  readonly input?: unknown
}

/** Makes a question of the arguments of a method. */
type Questions<O> = (payload: unknown, options: O | undefined) => Asking.Question

/** The way of a call, and where to ask once its connection is over; without that, the call ends with the connection. */
export interface Route extends Asking.Route {
  readonly successor?: Effect.Effect<Connection, IpcError>
}

/** Makes the method of a request. */
export const method = <O extends CallOptions>(
  around: Around,
  request: Request.Any,
  route: Route,
  question: Questions<O>
): ((payload?: unknown, options?: O) => unknown) => {
  const path: Path = { around, request, route }
  if (request.spec.stream !== undefined) {
    return (payload, options) => stream(path, () => question(payload, options), options)
  }
  return (payload, options) => {
    const ask: Ask = (asked) => whereLiving(route, (living) => askOnce(living, options)(asked))
    return run(path, () => question(payload, options), ask)
  }
}

/** The way of the calls of one method. */
interface Path {
  readonly around: Around
  readonly request: Request.Any
  readonly route: Route
}

type Started = (call: Asking.UnaryCall) => void

/** Asks a question, and waits for its answer. */
type Ask = (question: Asking.Question) => Effect.Effect<unknown, unknown>

/** Runs a call through the middleware. */
const run = ({ around, request, route }: Path, made: () => Asking.Question, ask: Ask) =>
  Effect.updateContext(
    Effect.suspend(() => {
      const { headers: given, payload: plain, timeoutMillis } = made()
      const deadline = new Deadline(around.clock, timeoutMillis === 0 ? undefined : timeoutMillis)
      const asked = Chain.around(around.inner, ({ headers, payload }) =>
        Effect.suspend(() => ask({ payload, headers: some(headers), timeoutMillis: leftMillis(deadline) }))
      )
      const timely = around.inner.length === 0 ? asked : (call: Chain.Call) => within(deadline, asked(call), route)
      const { protocol } = around
      const headers = given ?? noHeaders
      return Chain.around(
        around.outer,
        timely
      )({
        protocol,
        tag: request.tag,
        kind: "request",
        request,
        payload: plain,
        headers
      })
    }),
    // What a fiber has of its own counts: its span, its log annotations.
    (own: Context.Context<never>) => Context.merge(around.context, own)
  )

/** Asks where the peer takes calls: middleware may take its time before `next`, and run it again after a cut. */
const whereLiving = (
  route: Route,
  ask: (route: Asking.Route) => Effect.Effect<unknown, unknown>
): Effect.Effect<unknown, unknown> =>
  route.successor === undefined || route.connection.session.takesCalls
    ? ask(route)
    : Effect.flatMap(route.successor, (connection) => ask({ ...route, connection }))

/** Asks for an answer of one value. */
const askOnce = (route: Asking.Route, options: CallOptions | undefined): Ask => {
  const { input, onProgress } = options ?? {}
  const asked = (question: Asking.Question, started?: Started) =>
    onProgress === undefined
      ? Asking.ask(route, question, started)
      : Asking.askReported(route, question, onProgress, started)
  return input === undefined ? asked : (question) => withInput((started) => asked(question, started), route, input)
}

/** Asks with an input. It needs what the caller has, and the caller is who runs this. */
const withInput = (
  asked: (started: Started) => Effect.Effect<unknown, unknown>,
  route: Asking.Route,
  input: unknown
): Effect.Effect<unknown, unknown> =>
  Effect.flatMap(LazyStreams.load, (streams) => streams.askWithInput(asked, route, input as never)) as Effect.Effect<
    unknown,
    unknown
  >

const noHeaders: Headers = Object.freeze({})

const some = (headers: Headers): Headers | undefined => (Object.keys(headers).length === 0 ? undefined : headers)

/** Ends what takes longer than the call may. */
const within = (deadline: Deadline, effect: Effect.Effect<unknown, unknown>, { connection, tag }: Asking.Route) => {
  if (deadline.isEndless) return effect
  const late = { _tag: "TimedOut", afterMillis: deadline.totalMillis } as const
  return Effect.timeoutOrElse(effect, {
    duration: deadline.totalMillis,
    orElse: () => Effect.fail(connection.error(late, "local", tag))
  })
}

/** What is left of a deadline, as a question has it: 0 is for ever, and 1 the least there is. */
const leftMillis = (deadline: Deadline): number =>
  deadline.isEndless ? 0 : Math.max(1, Math.ceil(deadline.leftMillis))

/** A call whose items flow past the middleware, to the reader of an inbox. */
class FlowingCall extends Asking.ReportedCall {
  readonly #flow: Flow

  constructor(flow: Flow, ...rest: ConstructorParameters<typeof Asking.ReportedCall>) {
    super(...rest)
    this.#flow = flow
  }

  override items(items: ReadonlyArray<unknown>, bytes: number): void {
    this.#flow.inbox.push(items, bytes)
  }

  consumed(items: number, bytes: number): void {
    this.route.connection.session.consumed(this, items, bytes)
  }

  giveUp(): void {
    this.route.connection.session.cancel(this)
  }
}

/** One run of a stream: the items that reach its reader, and the call they come from. */
class Flow {
  readonly inbox = new Inbox<unknown, unknown>((items, bytes) => this.#call!.consumed(items, bytes))
  #call: FlowingCall | undefined

  /** Asks, and waits for the end of the answer. */
  ask(route: Asking.Route, question: Asking.Question, onProgress: OnProgress | undefined, started: Started) {
    return Effect.contextWith((context: Context.Context<never>) =>
      Effect.callback<unknown, unknown>((resume) => {
        const reporting = onProgress && { onProgress, runFork: Effect.runForkWith(context) }
        const call = new FlowingCall(this, route, question, reporting, resume)
        this.#call = call
        started(call)
        route.connection.ask(call)
        return call.cancel()
      })
    )
  }

  /** Ends as the middleware did, which may have left its call behind. */
  end(exit: Exit.Exit<unknown, unknown>): void {
    this.#call?.giveUp()
    this.inbox.end(Exit.isSuccess(exit) ? done : Exit.failCause(exit.cause))
  }
}

/** Makes a stream that asks through the middleware each time it runs. Its reader's leaving ends the middleware. */
const stream = (path: Path, made: () => Asking.Question, options: CallOptions | undefined) => {
  const { input, onProgress } = options ?? {}
  const { route } = path
  const begin = (context: Context.Context<never>) =>
    Effect.sync(() => {
      const flow = new Flow()
      const limit = Chain.once(route.tag, "its answer is a stream")
      const askAt = (living: Asking.Route, question: Asking.Question) => {
        const asked = (started: Started) => flow.ask(living, question, onProgress, started)
        return input === undefined ? asked(() => {}) : withInput(asked, living, input)
      }
      const ask: Ask = (question) => limit(whereLiving(route, (living) => askAt(living, question)))
      const fiber = Effect.runForkWith(context)(run(path, made, ask))
      fiber.addObserver((exit) => flow.end(exit))
      return { fiber, flow }
    })
  const begun = Effect.acquireRelease(Effect.contextWith(begin), ({ fiber }) => Fiber.interrupt(fiber))
  return LazyStreams.arriving(Effect.map(begun, ({ flow }) => flow.inbox))
}
