/** Peers whose other end a test holds in its hands. Both are in this process, over memory. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import type { Client } from "../../src/peer/Client.ts"
import type { HandlersOf, NeedsHandlers } from "../../src/peer/Handlers.ts"
import type { IpcError } from "../../src/peer/IpcError.ts"
import * as RpcClient from "../../src/peer/RpcClient.ts"
import * as RpcServer from "../../src/peer/RpcServer.ts"
import type { AnyProtocol } from "../../src/protocol/Protocol.ts"
import type { Link, LinkSink } from "../../src/transport/Link.ts"
import * as Memory from "../../src/transport/Memory.ts"
import { Listener, Transport } from "../../src/transport/Transport.ts"
import * as Native from "../../src/wire/dialect/Native.ts"
import type { Wire } from "../../src/wire/Wire.ts"
import * as Raw from "./Raw.ts"

const native = Native.wire()

/** A client, the raw server that it speaks to, and how to close the client. */
export const clientOfRaw = <P extends AnyProtocol>(
  protocol: P,
  options?: RpcClient.Options,
  wire: Wire = native
): Effect.Effect<
  { readonly client: Client<P>; readonly raw: Raw.Raw; readonly close: Effect.Effect<void> },
  IpcError,
  NeedsHandlers<P> | Scope.Scope
> =>
  Effect.gen(function* () {
    const both = yield* Layer.build(Memory.layer({ wire }))
    const scope = yield* Scope.fork(yield* Effect.scope)
    const client = yield* Effect.provide(RpcClient.make(protocol, options), both).pipe(Scope.provide(scope))
    const link = yield* Effect.orDie(Context.get(both, Listener).accept)
    return { client, raw: Raw.overLink(link), close: Scope.close(scope, Exit.void) }
  })

/** A server, and ways to dial it: as a raw peer, and as a client. */
export const server = <P extends AnyProtocol, R = never>(protocol: P, options?: RpcServer.Options<P, R>) =>
  Effect.gen(function* () {
    const both = yield* Layer.build(Memory.layer({ wire: native }))
    const running = yield* Effect.forkScoped(Effect.provide(RpcServer.run(protocol, options), both))
    return {
      running,
      raw: Effect.map(Effect.orDie(Context.get(both, Transport).open), Raw.overLink),
      client: (clientOptions?: RpcClient.Options) => Effect.provide(RpcClient.make(protocol, clientOptions), both)
    }
  }) satisfies Effect.Effect<unknown, never, Scope.Scope | HandlersOf<P, "server"> | R>

/** A link that goes nowhere: it keeps what it is offered, and says what it is told to. */
export class HeldLink implements Link {
  readonly address = "held"
  readonly offered: Array<Uint8Array> = []
  /** What `offer` answers. */
  accepts = true
  queuedBytes = 0
  /** What the peer took for the text of the second stream; undefined where the link has none. */
  stray: ((bytes: Uint8Array) => void) | undefined
  sink: LinkSink | undefined

  start(sink: LinkSink): void {
    this.sink = sink
  }
  pause(): void {}
  resume(): void {}

  offer(chunk: Uint8Array): boolean {
    this.offered.push(new Uint8Array(chunk))
    if (!this.accepts) this.queuedBytes += chunk.length
    return this.accepts
  }

  /** Lets all leave that was offered. */
  drain(): void {
    this.accepts = true
    this.queuedBytes = 0
    this.sink!.drained()
  }

  /** The sizes of the chunks since the last time. */
  take(): ReadonlyArray<Uint8Array> {
    return this.offered.splice(0)
  }
}

/** A client over a link that is held. What it offered so far, its Hello, is taken off. */
export const heldClient = <P extends AnyProtocol>(protocol: P, options?: RpcClient.Options, wire: Wire = native) =>
  Effect.gen(function* () {
    const link = new HeldLink()
    const transport = Layer.succeed(Transport, { address: "held", wire, open: Effect.succeed(link) })
    const client = yield* Effect.provide(RpcClient.make(protocol, options), transport)
    yield* Effect.yieldNow
    link.take()
    return { client, link }
  })
