/**
 * Middleware in a row: the first goes around the second, and so on around what a call is about.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { AnyCall, Headers, Options as Both } from "./Middleware.ts"

/** Middleware whose protocol was checked by type. */
export type Link = (call: never, next: never) => Effect.Effect<unknown, unknown, any>

export type Links = ReadonlyArray<Link>

/** The middleware of a peer, as a user gave it. */
export type Options = Both<Links, Links>

/** A call on its way through. */
export type Call = AnyCall & { readonly caller?: unknown }

/** What comes after: more middleware, or what the call is about. */
export type Rest = (call: Call) => Effect.Effect<unknown, unknown>

interface Changes {
  readonly payload?: unknown
  readonly headers?: Headers | undefined
}

type Run = (call: Call, next: (changes?: Changes) => Effect.Effect<unknown, unknown>) => ReturnType<Rest>

/** Joins middleware to one function that goes around `rest`. */
export const around = (links: Links, rest: Rest): Rest =>
  (links as unknown as ReadonlyArray<Run>).reduceRight<Rest>(
    (after, run) => (call) => run(call, (changes) => Effect.suspend(() => after(changed(call, changes)))),
    rest
  )

const changed = (call: Call, changes: Changes | undefined): Call =>
  changes === undefined
    ? call
    : { ...call, payload: changes.payload ?? call.payload, headers: changes.headers ?? call.headers }

/** Lets an effect run once. Another run dies, and says why. */
export const once = (
  tag: string,
  why: string
): (<A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>) => {
  let ran = false
  return (effect) =>
    Effect.suspend(() => {
      if (ran) return Effect.die(new Error(`middleware ran next of a call of ${tag} again, but ${why}`))
      ran = true
      return effect
    })
}
