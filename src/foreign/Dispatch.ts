/**
 * Dispatch: which handler a message goes to, by a name of it.
 *
 * What the name is, a function says: of hx/interop the class, of php-stream-ipc the PHP class, of innmind the media type.
 *
 * @example
 * ```ts
 * import { Console, Effect } from "effect"
 * import { Dispatch } from "effect-ipc/foreign"
 *
 * const answer = Dispatch.first(
 *   (command: string) => command.split(" ")[0],
 *   [
 *     Dispatch.route("hello", () => Effect.succeed("good day")),
 *     Dispatch.route(/^(bye|quit)$/, () => Effect.succeed("farewell"))
 *   ],
 *   (command) => Effect.succeed(`what is ${command}?`)
 * )
 *
 * export const program = Effect.flatMap(answer("hello there"), Console.log)
 * ```
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"

/**
 * What a route is for: one name, names of a pattern, several names, or messages that a function picks.
 *
 * A name is compared as it is, case included. A pattern may match anywhere in the name, so anchor it (`/^tick$/`) where
 * that is not meant. A message without a name is picked by functions only.
 *
 * @category models
 * @since 0.1.0
 */
export type Matcher<M> =
  | string
  | RegExp
  | ReadonlyArray<string>
  | ReadonlySet<string>
  | ((message: M, name: string | undefined) => boolean)

/**
 * A matcher and what is done with what it matches.
 *
 * @category models
 * @since 0.1.0
 */
export interface Route<in M, out A, out E = never, out R = never> {
  /** Tells whether it is for a message, whose name is given too. */
  readonly matches: (message: M, name: string | undefined) => boolean
  /** Does what is to be done with a message that matches. */
  readonly handle: (message: M) => Effect.Effect<A, E, R>
}

type AnyRoute<M> = Route<M, any, any, any>
type Success<T> = T extends Route<never, infer A, any, any> ? A : never
type Failure<T> = T extends Route<never, any, infer E, any> ? E : never
type Services<T> = T extends Route<never, any, any, infer R> ? R : never

/**
 * Matches every message, also one without a name.
 *
 * @category matchers
 * @since 0.1.0
 */
export const any = (): boolean => true

/**
 * Makes the function that says whether a matcher matches a message of a name.
 *
 * @category matchers
 * @since 0.1.0
 */
export const compile = <M>(matcher: Matcher<M>): ((message: M, name: string | undefined) => boolean) => {
  if (typeof matcher === "function") return matcher
  if (typeof matcher === "string") return (_, name) => name === matcher
  if (matcher instanceof RegExp) {
    // With `g` or `y` a pattern would remember where it matched last.
    const pattern = new RegExp(matcher.source, matcher.flags.replaceAll(/[gy]/g, ""))
    return (_, name) => name !== undefined && pattern.test(name)
  }
  const names = new Set(matcher)
  return (_, name) => name !== undefined && names.has(name)
}

/**
 * Makes a route.
 *
 * @category constructors
 * @since 0.1.0
 */
export const route = <M, A, E, R>(
  matcher: Matcher<M>,
  handle: (message: M) => Effect.Effect<A, E, R>
): Route<M, A, E, R> => ({ matches: compile(matcher), handle })

/**
 * Hands each message to the first route that matches, and to `otherwise` where none does: for requests, which have one
 * answer. The routes are read anew for each message.
 *
 * @category combinators
 * @since 0.1.0
 */
export const first =
  <M, Routes extends Iterable<AnyRoute<M>>, A, E, R>(
    nameOf: (message: M) => string | undefined,
    routes: Routes,
    otherwise: (message: M) => Effect.Effect<A, E, R>
  ): ((
    message: M
  ) => Effect.Effect<A | Success<RouteOf<Routes>>, E | Failure<RouteOf<Routes>>, R | Services<RouteOf<Routes>>>) =>
  (message) =>
    Effect.suspend(() => {
      const name = nameOf(message)
      for (const { handle, matches } of routes) if (matches(message, name)) return handle(message)
      return otherwise(message)
    })

/**
 * Hands each message to every route that matches, one after another in their order: for events. Answers how many that
 * were. A handler that fails ends it. Which routes there are is settled as the message comes, whatever handlers do.
 *
 * @category combinators
 * @since 0.1.0
 */
export const all =
  <M, Routes extends Iterable<AnyRoute<M>>>(
    nameOf: (message: M) => string | undefined,
    routes: Routes
  ): ((message: M) => Effect.Effect<number, Failure<RouteOf<Routes>>, Services<RouteOf<Routes>>>) =>
  (message) =>
    Effect.suspend(() => {
      const name = nameOf(message)
      const matching = [...routes].filter(({ matches }) => matches(message, name))
      return Effect.as(
        Effect.forEach(matching, ({ handle }) => handle(message), { discard: true }),
        matching.length
      )
    })

type RouteOf<Routes> = Routes extends Iterable<infer T> ? T : never
