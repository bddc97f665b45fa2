/**
 * The two services that provide links: a `Transport` dials, a `Listener` is dialled.
 *
 * The wire is theirs, because it says what lives at the other end.
 *
 * @since 0.1.0
 */
import type * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Wire } from "../wire/Wire.ts"
import type { Link } from "./Link.ts"
import type { TransportError } from "./TransportError.ts"

/**
 * Opens links to one place. Building it touches nothing; each `open` is a new link, closed with its scope.
 *
 * `open` fails with a `TransportError` of stage `"open"` when no one answers there.
 *
 * @category services
 * @since 0.1.0
 */
export class Transport extends Context.Service<
  Transport,
  {
    readonly address: string
    /** What lives at the other end speaks this. Default: the native wire. */
    readonly wire?: Wire | undefined
    /** Others may read what its links carry: a secret is then proved by the wire, or refused. Default: false. */
    readonly overheard?: boolean | undefined
    readonly open: Effect.Effect<Link, TransportError, Scope.Scope>
  }
>()("effect-ipc/Transport") {}

/**
 * Accepts links at one place. The layer that provides it binds when it is built and lets go when its scope closes.
 *
 * `accept` waits for the next link, which is closed with the scope of that `accept`. It fails with `Cause.Done`
 * when no more will come: after the one link of stdio has been accepted, or when the listener was closed.
 *
 * @category services
 * @since 0.1.0
 */
export class Listener extends Context.Service<
  Listener,
  {
    readonly address: string
    /** What clients speak. Default: the native wire. */
    readonly wire?: Wire | undefined
    /** Others may read what its links carry: a secret is then proved by the wire, or refused. Default: false. */
    readonly overheard?: boolean | undefined
    readonly accept: Effect.Effect<Link, TransportError | Cause.Done, Scope.Scope>
  }
>()("effect-ipc/Listener") {}
