/**
 * Requests of a protocol as requests of Effect: batched, and cached by `RequestResolver.withCache`.
 *
 * The resolver is made by hand: `effect/RequestResolver` brings caches and persistence with it, and who imports the barrel
 * would load them all.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { constTrue, identity } from "effect/Function"
import { pipeArguments } from "effect/Pipeable"
import * as EffectRequest from "effect/Request"
import type * as RequestResolver from "effect/RequestResolver"
import type * as Request from "../protocol/Request.ts"
import type { Call, CallOptions } from "./Client.ts"
import type { IpcError } from "./IpcError.ts"

/** A request whose answer is one value and that needs nothing but its payload. */
type Unary<R extends Request.Any> = [Request.Item<R>] extends [never]
  ? [Request.Input<R>] extends [never]
    ? R
    : { readonly "~why": "it streams in: call the method of the client" }
  : { readonly "~why": "its answer is a stream: call the method of the client" }

/**
 * A request to be resolved. Two are equal when their tags and payloads are.
 *
 * @category models
 * @since 0.1.0
 */
export interface Ask<R extends Request.Any> extends EffectRequest.Request<
  Request.Success<R>,
  Request.Fault<R> | IpcError
> {
  readonly tag: R["tag"]
  readonly payload: Request.MakeIn<R>
}

/**
 * Makes a request to be resolved. The payload is a plain object or an instance of the class.
 *
 * @category constructors
 * @since 0.1.0
 */
export const ask = <R extends Request.Any>(request: R & Unary<R>, ...[payload]: Request.PayloadArgs<R>): Ask<R> => {
  const { _tag, ...fields } = { _tag: undefined, ...(payload as object | undefined) }
  return EffectRequest.of<Ask<R>>()({ tag: request.tag, payload: fields } as never)
}

/**
 * Makes a resolver that asks through `client`.
 *
 * What the fibers of a program ask in one turn is asked together, so it leaves in one write; each is answered by itself,
 * and fails by itself, as the method of the client does. Who is interrupted gives up its own call only. With
 * `RequestResolver.withCache` equal requests are asked once, those under way included; a failure is kept like an answer,
 * so where one is to be tried again use `RequestResolver.asCache` with a `timeToLive`. `options` are those of every call.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as RequestResolver from "effect/RequestResolver"
 * import * as Resolver from "effect-ipc/Resolver"
 * import * as RpcClient from "effect-ipc/RpcClient"
 * import { Calculator, Divide } from "./protocol.ts"
 *
 * const program = Effect.gen(function* () {
 *   const calculator = yield* RpcClient.make(Calculator)
 *   const resolver = yield* Resolver.make(calculator, Divide).pipe(RequestResolver.withCache({ capacity: 256 }))
 *   const half = Effect.request(Resolver.ask(Divide, { dividend: 1, divisor: 2 }), resolver)
 *   // Asked once.
 *   return yield* Effect.all([half, half], { concurrency: "unbounded" })
 * })
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <R extends Request.Any>(
  client: { readonly [Tag in R["tag"]]: Call<R> },
  request: R & Unary<R>,
  options?: CallOptions
): RequestResolver.RequestResolver<Ask<R>> => {
  // The method was built for this request; its arguments and its answer are those of `Ask`.
  const method = client[request.tag as R["tag"]] as unknown as Method<R>
  const callers = new WeakMap<EffectRequest.Entry<Ask<R>>, Fiber.Fiber<unknown, unknown> | undefined>()
  return {
    ...resolverParts,
    batchKey: () => method,
    // Runs in the fiber that asks: nothing else knows whose entry it is.
    preCheck: (entry) => {
      callers.set(entry, Fiber.getCurrent())
      return true
    },
    delay: Effect.yieldNow,
    collectWhile: constTrue,
    runAll: (entries) =>
      Effect.flatMap(
        Effect.forEach(entries, (entry) =>
          settled(entry, method(entry.request.payload, options), callers.get(entry)).pipe(
            Effect.forkChild({ startImmediately: true })
          )
        ),
        Fiber.awaitAll
      )
  } satisfies Omit<RequestResolver.RequestResolver<Ask<R>>, "pipe" | "~effect/RequestResolver"> as never
}

const resolverParts = {
  "~effect/RequestResolver": { _A: identity, _R: identity },
  pipe(): unknown {
    return pipeArguments(this, arguments)
  }
}

type Method<R extends Request.Any> = (
  payload: unknown,
  options?: CallOptions
) => Effect.Effect<Request.Success<R>, Request.Fault<R> | IpcError>

/** Settles an entry as its call ends. The call ends with the caller, unless a cache lets others wait for it too. */
const settled = <R extends Request.Any>(
  entry: EffectRequest.Entry<Ask<R>>,
  call: ReturnType<Method<R>>,
  caller: Fiber.Fiber<unknown, unknown> | undefined
): Effect.Effect<unknown, unknown> =>
  Effect.withFiber((fiber) => {
    const forget = caller?.addObserver(() => {
      if (!entry.uninterruptible) fiber.interruptUnsafe()
    })
    return Effect.onExit(Effect.provideContext(call, entry.context), (exit) =>
      Effect.sync(() => {
        forget?.()
        entry.completeUnsafe(exit as never)
      })
    )
  })
