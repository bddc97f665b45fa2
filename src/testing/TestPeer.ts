/**
 * A server and a client of it within one process, for tests of handlers and of code that calls.
 *
 * Everything is real but the link, which is memory: schemas encode and decode, deadlines, credit and cancellation work.
 * There are no timers of its own, so it works with `TestClock`.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Client } from "../peer/Client.ts"
import type { HandlersOf, NeedsHandlers } from "../peer/Handlers.ts"
import type { IpcError } from "../peer/IpcError.ts"
import * as RpcClient from "../peer/RpcClient.ts"
import * as RpcServer from "../peer/RpcServer.ts"
import type { AnyProtocol } from "../protocol/Protocol.ts"
import * as Memory from "../transport/Memory.ts"
import type { Listener, Transport } from "../transport/Transport.ts"
import type { Wire } from "../wire/Wire.ts"
import { type Faults, layer } from "./Faults.ts"

/**
 * What both peers are made with.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options<P extends AnyProtocol, R = never> extends LinkOptions {
  readonly client?: RpcClient.Options<P, R> | undefined
  readonly server?: RpcServer.Options<P, R> | undefined
}

/**
 * What is between two peers.
 *
 * @category models
 * @since 0.1.0
 */
export interface LinkOptions {
  /** Default: the native wire. `Values.wire()` writes no bytes. */
  readonly wire?: Wire | undefined
  /** What befalls the line. Default: nothing. */
  readonly faults?: Faults | undefined
}

/**
 * Serves the handlers in the scope and gives a client of them.
 *
 * @example
 * ```ts
 * import { assert, it } from "@effect/vitest"
 * import * as Effect from "effect/Effect"
 * import * as TestPeer from "effect-ipc/testing/TestPeer"
 * import { handlers } from "./handlers.ts"
 * import { Calculator } from "./protocol.ts"
 *
 * it.effect("divides", () =>
 *   Effect.gen(function* () {
 *     const calculator = yield* TestPeer.make(Calculator)
 *     assert.strictEqual(yield* calculator.Divide({ dividend: 1, divisor: 2 }), 0.5)
 *   }).pipe(Effect.provide(handlers))
 * )
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <P extends AnyProtocol, R = never>(
  protocol: P,
  options: Options<P, R> = {}
): Effect.Effect<Client<P>, IpcError, HandlersOf<P, "server"> | NeedsHandlers<P> | Scope.Scope | R> =>
  Effect.gen(function* () {
    const both = yield* Layer.build(layerLink(options))
    yield* Effect.forkScoped(Effect.provide(RpcServer.run(protocol, options.server), both))
    return yield* Effect.provide(RpcClient.make(protocol, options.client), both)
  })

/**
 * Provides a `Transport` and the `Listener` it dials, joined within this process.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerLink = (options: LinkOptions = {}): Layer.Layer<Transport | Listener> => {
  const memory = Memory.layer({ wire: options.wire })
  return options.faults === undefined ? memory : Layer.provideMerge(layer(options.faults), memory)
}
