/**
 * What middleware, spans and metrics make of a role. Loaded when there are any.
 *
 * Spans go around metrics, and both around the user's middleware, so that they tell of what the peer sees.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import type * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import type { AnyProtocol, Side } from "../protocol/Protocol.ts"
import type * as Request from "../protocol/Request.ts"
import type { Link } from "../transport/Link.ts"
import type { Answers, Task } from "./Answering.ts"
import * as AroundCalls from "./AroundCalls.ts"
import * as AroundHandlers from "./AroundHandlers.ts"
import type { Question } from "./Asking.ts"
import type * as Chain from "./Chain.ts"
import type { PeerOptions } from "./Options.ts"

/** The parts of a role that are other where something goes around its calls. */
export interface Intercepted {
  readonly answers: Answers
  /** Makes of a task one whose handler has middleware around it. */
  readonly task: (task: Task) => Task
  /** Makes the method of a request. */
  readonly around:
    | ((
        request: Request.Any,
        route: AroundCalls.Route,
        question: (payload: unknown, options: AroundCalls.CallOptions | undefined) => Question
      ) => (payload?: unknown, options?: AroundCalls.CallOptions) => unknown)
    | undefined
  /** Hears of each link. */
  readonly opened: ((link: Link, scope: Scope.Closeable) => void) | undefined
  /** Hears of each connection that takes the place of one that was lost. */
  readonly reopened: (() => void) | undefined
}

/** What it takes to make them. */
export interface Parts {
  readonly protocol: AnyProtocol
  readonly side: Side
  readonly answers: Answers
  readonly options: PeerOptions & Chain.Options
}

/** Makes them. `context` is what the peers of the role run in. */
export const make = (parts: Parts, tracing: boolean, context: Context.Context<never>): Effect.Effect<Intercepted> =>
  Effect.gen(function* () {
    const { answers, options, protocol, side } = parts
    const spans = tracing ? yield* Effect.promise(() => import("./Tracing.ts")) : undefined
    const metrics = options.metrics === true ? yield* Effect.promise(() => import("./Measuring.ts")) : undefined
    const ours = (role: "caller" | "handler"): Chain.Links => [
      ...(spans === undefined ? [] : [spans[role]]),
      ...(metrics === undefined ? [] : [metrics.measure(role, context)])
    ]
    const handlerLinks = [...ours("handler"), ...(options.handlerMiddleware ?? [])]
    const inner = options.callMiddleware ?? []
    const outer = ours("caller")
    const around: AroundCalls.Around = {
      outer,
      inner,
      context: inner.length === 0 ? justTracer(context) : lasting(context),
      clock: Context.get(context, Clock.Clock),
      protocol
    }
    return {
      answers:
        handlerLinks.length === 0
          ? answers
          : { ...answers, handlers: AroundHandlers.wrap(protocol, protocol[side], answers.handlers, handlerLinks) },
      task: handlerLinks.length === 0 ? identity : wrapped,
      around:
        outer.length + inner.length === 0
          ? undefined
          : (request, route, question) => AroundCalls.method(around, request, route, question),
      opened: metrics?.watchLinks(protocol.name, side, context),
      reopened: metrics?.countRestarts(protocol.name, context)
    }
  })

const wrapped = (task: Task): Task => {
  const { stream } = task
  return {
    ...task,
    stream:
      stream &&
      ((connection, duty, sending) => (sending as AroundHandlers.Sending)((items) => stream(connection, duty, items)))
  }
}

/** What middleware needs, without the span in which its peer was made: that is over, or says nothing of a call. */
const lasting = (context: Context.Context<never>): Context.Context<never> => Context.omit(Tracer.ParentSpan)(context)

const justTracer = (context: Context.Context<never>): Context.Context<never> => {
  const tracer = Context.get(context, Tracer.Tracer)
  return tracer === Tracer.nativeTracer ? Context.empty() : Context.make(Tracer.Tracer, tracer)
}
