import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as TestConsole from "effect/testing/TestConsole"
import * as Handlers from "../../src/peer/Handlers.ts"
import * as RpcClient from "../../src/peer/RpcClient.ts"
import * as RpcServer from "../../src/peer/RpcServer.ts"
import * as Event from "../../src/protocol/Event.ts"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Request from "../../src/protocol/Request.ts"
import * as Memory from "../../src/transport/Memory.ts"
import { Listener, Transport } from "../../src/transport/Transport.ts"
import { TransportError } from "../../src/transport/TransportError.ts"
import * as Native from "../../src/wire/dialect/Native.ts"
import { HeldLink, server } from "./lines.ts"
import { clientSays, layer, Office, Tick } from "./Office.ts"
import { frame, hello, overLink, request } from "./Raw.ts"
import { reasonOf, reasonOfExit } from "./reasons.ts"
import { settle, yieldUntil } from "./turns.ts"

const started = { startImmediately: true } as const
const count = (most: number): ReadonlyArray<number> => Array.from({ length: most }, (_, n) => n)
const wire = Native.wire()

/** A running server as a service, its transport, and clients of it. */
const running = (options?: RpcServer.Options<Office>) =>
  Effect.gen(function* () {
    const both = yield* Layer.build(Memory.layer({ wire }))
    const context = yield* Layer.build(RpcServer.layer(Office, options).pipe(Layer.provide(layer()))).pipe(
      Effect.provide(both)
    )
    const transport = Context.get(both, Transport)
    return {
      server: Context.get(context, RpcServer.of(Office)),
      raw: Effect.map(Effect.orDie(transport.open), overLink),
      client: (clientOptions?: RpcClient.Options) => Effect.provide(RpcClient.make(Office, clientOptions), both)
    }
  })

describe("RpcServer.run", () => {
  /** Accepts these links, then does what `end` does. */
  const listening = (links: ReadonlyArray<HeldLink>, end: Effect.Effect<never, TransportError | Cause.Done>) => {
    const left = [...links]
    const accept = Effect.suspend((): Effect.Effect<HeldLink, TransportError | Cause.Done> => {
      const link = left.shift()
      return link === undefined ? end : Effect.succeed(link)
    })
    return Layer.succeed(Listener, { address: "held", wire, accept })
  }

  it.effect("ends with its listener, once the last connection has ended", () =>
    Effect.gen(function* () {
      const link = new HeldLink()
      const run = yield* Effect.forkChild(
        Effect.provide(RpcServer.run(Office), [listening([link], Effect.fail(Cause.Done())), layer()]),
        started
      )
      yield* yieldUntil(() => link.sink !== undefined)
      yield* settle
      assert.isUndefined(run.pollUnsafe())
      link.sink!.end({ _tag: "Ended" })
      assert.deepStrictEqual(yield* Fiber.await(run), Exit.void)
    })
  )

  it.effect("fails with ListenFailed when its listener breaks, and closes what it serves", () =>
    Effect.gen(function* () {
      const link = new HeldLink()
      const broken = new TransportError({
        stage: "listen",
        address: "held",
        detail: "no more sockets; raise the limit"
      })
      const gone = yield* Deferred.make<never, TransportError>()
      const run = yield* Effect.forkChild(
        Effect.provide(RpcServer.run(Office), [listening([link], Deferred.await(gone)), layer()]),
        started
      )
      yield* yieldUntil(() => link.sink !== undefined)
      link.sink!.bytes(hello("office", clientSays))
      yield* Deferred.fail(gone, broken)
      const reason = reasonOfExit(yield* Fiber.await(run), "ListenFailed")
      assert.deepStrictEqual([reason.address, reason.detail], ["held", broken.detail])
      const raw = overLink(link)
      for (const chunk of link.take()) raw.hear(chunk)
      assert.deepStrictEqual(
        raw.frames.map(({ kind }) => kind),
        ["Hello", "Drain", "Bye"]
      )
    })
  )

  it.effect("fails with Unsayable when its wire cannot say the protocol", () =>
    Effect.gen(function* () {
      const poor = { ...wire, name: "poor", can: { ...wire.can, stream: false } }
      const listener = Layer.succeed(Listener, { address: "held", wire: poor, accept: Effect.never })
      const reason = reasonOf(
        yield* Effect.flip(Effect.provide(RpcServer.run(Office), [listener, layer()])),
        "Unsayable"
      )
      assert.deepStrictEqual([reason.method, reason.detail], ["Follow", "the wire poor has no streams"])
    })
  )

  it.effect("drains all connections at the same time when it is interrupted", () => {
    let running = 0
    return Effect.gen(function* () {
      const { client, running: run } = yield* server(Office, { drainTimeout: "5 seconds" })
      for (const _ of count(3)) {
        const asking = yield* client()
        yield* Effect.forkChild(asking.Ask({ text: "" }), started)
      }
      yield* yieldUntil(() => running === 3)
      const ending = yield* Effect.forkChild(Fiber.interrupt(run), started)
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(ending)
      assert.strictEqual(running, 0)
    }).pipe(
      Effect.provide(
        layer({
          Ask: () =>
            Effect.acquireUseRelease(
              Effect.sync(() => running++),
              () => Effect.never,
              () => Effect.sync(() => running--)
            )
        })
      )
    )
  })

  it.effect("serves maxConnections at a time; a further one waits until one leaves", () =>
    Effect.gen(function* () {
      const { client } = yield* server(Office, { maxConnections: 2 })
      const scopes = yield* Effect.forEach(count(3), () => Scope.make())
      const clients = yield* Effect.forEach(scopes, (scope) => Scope.provide(client(), scope))
      const asked = yield* Effect.forEach(clients, (asking, n) =>
        Effect.forkChild(asking.Ask({ text: `${n}` }), started)
      )
      assert.deepStrictEqual([yield* Fiber.join(asked[0]!), yield* Fiber.join(asked[1]!)], ["0", "1"])
      yield* settle
      assert.isUndefined(asked[2]!.pollUnsafe())
      yield* Scope.close(scopes[0]!, Exit.void)
      assert.strictEqual(yield* Fiber.join(asked[2]!), "2")
      for (const scope of scopes) yield* Scope.close(scope, Exit.void)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("gives each handler the client of its own connection", () => {
    class Name extends Request.Class<Name>()("Name", { success: Schema.String }) {}
    class Who extends Request.Class<Who>()("Who", { success: Schema.String }) {}
    const protocol = Protocol.make("names", { version: "1.0.0", server: [Who], client: [Name] })
    const handlers = Handlers.layer(protocol)({ Who: (_, { caller }) => Effect.orDie(caller.Name()) })
    return Effect.gen(function* () {
      const { client } = yield* server(protocol)
      const names = yield* Effect.forEach(["ann", "ben", "cem"], (name) =>
        Effect.flatMap(
          Effect.provide(client(), Handlers.layerClient(protocol)({ Name: () => Effect.succeed(name) })),
          (asking) => asking.Who()
        )
      )
      assert.deepStrictEqual(names, ["ann", "ben", "cem"])
    }).pipe(Effect.provide(handlers))
  })
})

describe("a running server", () => {
  it.effect("lets go of one client, which is answered first, and serves the others", () => {
    class Leave extends Request.Class<Leave>()("Leave", { success: Schema.String }) {}
    const protocol = Protocol.make("leave", { version: "1.0.0", server: [Leave] })
    const handlers = Handlers.layer(protocol)({
      Leave: (_, { caller }) => Effect.as(RpcServer.disconnect(caller), "farewell")
    })
    return Effect.gen(function* () {
      const { client } = yield* server(protocol)
      const [leaver, other] = [yield* client(), yield* client()]
      assert.strictEqual(yield* leaver.Leave(), "farewell")
      reasonOfExit(yield* Effect.exit(leaver.Leave()), "Draining")
      assert.strictEqual(yield* other.Leave(), "farewell")
    }).pipe(Effect.provide(handlers))
  })

  it.effect("broadcasts to every client, and answers to how many", () =>
    Effect.gen(function* () {
      const { client, server: office } = yield* running()
      assert.strictEqual(yield* office.broadcast(new Tick({ n: 0 })), 0)
      const clients = yield* Effect.forEach(count(3), () => client())
      yield* Effect.forEach(clients, (one) => one.Ask({ text: "" }))
      const heard = yield* Effect.forEach(clients, (one) =>
        Effect.forkChild(Stream.runCollect(Stream.take(one.events(Tick), 2)), started)
      )
      assert.strictEqual(yield* office.broadcast(new Tick({ n: 1 })), 3)
      assert.strictEqual(yield* office.broadcast(new Tick({ n: 2 })), 3)
      for (const fiber of heard) {
        assert.deepStrictEqual(
          (yield* Fiber.join(fiber)).map(({ n }) => n),
          [1, 2]
        )
      }
      assert.strictEqual((yield* office.clients).length, 3)
    })
  )

  it.effect("lets a client that is too slow miss events, and waits for none", () =>
    Effect.gen(function* () {
      const { client, raw, server: office } = yield* running()
      const quick = yield* client()
      yield* quick.Ask({ text: "" })
      const slow = yield* raw
      slow.say(hello("office", clientSays))
      yield* settle
      const heard = yield* Effect.forkChild(Stream.runCollect(Stream.take(quick.events(Tick), 2000)), started)
      const sent: Array<number> = []
      for (let n = 0; n < 2000; n++) {
        sent.push(yield* office.broadcast(new Tick({ n })))
        if (n % 100 === 99) yield* settle
      }
      assert.strictEqual((yield* Fiber.join(heard)).length, 2000)
      assert.deepStrictEqual([sent[1023], sent[1024], sent.at(-1)], [2, 1, 1])
      yield* settle
      assert.strictEqual(slow.of("Event").length, 1024)
    })
  )

  it.effect("forgets a client that has left", () =>
    Effect.gen(function* () {
      const { client, raw, server: office } = yield* running()
      const scope = yield* Scope.make()
      const leaver = yield* Scope.provide(client(), scope)
      yield* leaver.Ask({ text: "" })
      const other = yield* raw
      other.say(hello("office", clientSays))
      yield* settle
      assert.strictEqual((yield* office.clients).length, 2)
      yield* Scope.close(scope, Exit.void)
      other.say(frame("Bye"))
      yield* settle
      assert.strictEqual((yield* office.clients).length, 0)
      assert.strictEqual(yield* office.broadcast(new Tick({ n: 1 })), 0)
    })
  )

  it.effect("tells nothing to a peer that it has not accepted", () =>
    Effect.gen(function* () {
      const secret = Redacted.make("open sesame")
      const { raw, server: office } = yield* running({
        secret,
        onConnection: (caller) => caller.emit(new Tick({ n: 0 }))
      })
      const silent = yield* raw
      const stranger = yield* raw
      stranger.say(hello("office", clientSays))
      yield* settle
      assert.strictEqual((yield* office.clients).length, 0)
      assert.strictEqual(yield* office.broadcast(new Tick({ n: 1 })), 0)
      const known = yield* raw
      known.say(hello("office", clientSays, { secret: "open sesame" }))
      yield* known.next("Event")
      assert.strictEqual(yield* office.broadcast(new Tick({ n: 2 })), 1)
      yield* known.next("Event")
      assert.deepStrictEqual(
        silent.frames.map(({ kind }) => kind),
        ["Hello"]
      )
      assert.deepStrictEqual(
        stranger.frames.map(({ kind }) => kind),
        ["Hello", "Bye"]
      )
    })
  )

  it.effect("closes its connections with its layer", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { client } = yield* Scope.provide(running(), scope)
      const asking = yield* client()
      assert.strictEqual(yield* asking.Ask({ text: "a" }), "a")
      yield* Scope.close(scope, Exit.void)
      yield* Effect.ignore(Stream.runDrain(asking.events(Tick)))
      reasonOf(yield* Effect.flip(asking.Ask({ text: "a" })), "Disconnected")
    })
  )
})

describe("onConnection", () => {
  class Confirm extends Request.Class<Confirm>()("Confirm", {
    payload: { text: Schema.String },
    success: Schema.Boolean
  }) {}
  class Welcome extends Event.Class<Welcome>()("Welcome", { text: Schema.String }) {}
  class Work extends Request.Class<Work>()("Work", { success: Schema.String }) {}
  const Club = Protocol.make("club", { version: "1.0.0", server: [Work], client: [Confirm, Welcome] })
  const handlers = Handlers.layer(Club)({ Work: () => Effect.succeed("done") })
  const answers = Handlers.layerClient(Club)({ Confirm: ({ text }) => Effect.succeed(text === "member?") })

  it.effect("lets the server speak first, with services of its own", () => {
    class Greeting extends Context.Service<Greeting, string>()("test/Greeting") {}
    return Effect.gen(function* () {
      const asked = yield* Deferred.make<boolean>()
      const { client } = yield* server(Club, {
        onConnection: (caller) =>
          Effect.gen(function* () {
            yield* caller.emit(new Welcome({ text: yield* Greeting }))
            yield* Deferred.succeed(asked, yield* caller.Confirm({ text: "member?" }))
          })
      })
      const member = yield* client()
      const welcome = yield* Stream.runHead(member.events(Welcome))
      assert.deepInclude(welcome, { _tag: "Some" })
      assert.isTrue(yield* Deferred.await(asked))
    }).pipe(Effect.provide([handlers, answers, Layer.succeed(Greeting, "hello")]))
  })

  it.effect("is interrupted with its connection, and not before", () =>
    Effect.gen(function* () {
      const events: Array<string> = []
      const { raw } = yield* server(Club, {
        onConnection: () =>
          Effect.onInterrupt(
            Effect.andThen(
              Effect.sync(() => events.push("begun")),
              Effect.never
            ),
            () => Effect.sync(() => events.push("interrupted"))
          )
      })
      const member = yield* raw
      member.say(hello("club", ["Work"]), request(1, 1, {}))
      yield* member.next("Success")
      yield* settle
      assert.deepStrictEqual(events, ["begun"])
      member.say(frame("Bye"))
      yield* settle
      assert.deepStrictEqual(events, ["begun", "interrupted"])
    }).pipe(Effect.provide(handlers))
  )

  it.effect("is interrupted before its connection drains", () =>
    Effect.gen(function* () {
      const heard: Array<string> = []
      const { raw, running: run } = yield* server(Club, {
        onConnection: (caller) =>
          Effect.onInterrupt(Effect.never, () => Effect.ignore(caller.emit(new Welcome({ text: "goodbye" }))))
      })
      const member = yield* raw
      member.say(hello("club", ["Work"]))
      yield* settle
      yield* Effect.forkChild(Fiber.interrupt(run), started)
      yield* settle
      heard.push(...member.frames.map(({ kind }) => kind))
      assert.deepStrictEqual(heard, ["Hello", "Event", "Drain", "Bye"])
    }).pipe(Effect.provide(handlers))
  )

  it.effect("runs when its client is one of the server's already", () =>
    Effect.gen(function* () {
      const seen: Array<number> = []
      const both = yield* Layer.build(Memory.layer({ wire }))
      const club: { server?: RpcServer.Running<typeof Club> } = {}
      const onConnection = () =>
        Effect.gen(function* () {
          seen.push((yield* club.server!.clients).length)
          seen.push(yield* club.server!.broadcast(new Welcome({ text: "to all" })))
        })
      const context = yield* Layer.build(RpcServer.layer(Club, { onConnection })).pipe(
        Effect.provide(both),
        Effect.provide(handlers)
      )
      club.server = Context.get(context, RpcServer.of(Club))
      const member = overLink(yield* Effect.orDie(Context.get(both, Transport).open))
      member.say(hello("club", ["Work"]))
      yield* member.next("Event")
      assert.deepStrictEqual(seen, [1, 1])
    })
  )

  it.effect("that ends its server is interrupted with it", () =>
    Effect.gen(function* () {
      const events: Array<string> = []
      const stop = yield* Deferred.make<void>()
      const both = yield* Layer.build(Memory.layer({ wire }))
      const run = RpcServer.run(Club, {
        onConnection: () =>
          Deferred.succeed(stop, undefined).pipe(
            Effect.andThen(Effect.never),
            Effect.onInterrupt(() => Effect.sync(() => events.push("interrupted")))
          )
      })
      const served = yield* Effect.forkChild(
        Effect.provide(Effect.race(run, Deferred.await(stop)), [handlers, Layer.succeedContext(both)]),
        started
      )
      const member = overLink(yield* Effect.orDie(Context.get(both, Transport).open))
      member.say(hello("club", ["Work"]))
      yield* Fiber.join(served)
      yield* settle
      assert.deepStrictEqual(events, ["interrupted"])
      assert.strictEqual(member.frames.at(-1)!.kind, "Bye")
    })
  )

  it.effect("that ends its connection leaves no client behind", () =>
    Effect.gen(function* () {
      const link = new HeldLink()
      const club: { server?: RpcServer.Running<typeof Club> } = {}
      const listener = Layer.succeed(Listener, {
        address: "held",
        wire,
        accept: Effect.suspend(() => (link.sink === undefined ? Effect.succeed(link) : Effect.never))
      })
      const events: Array<string> = []
      const onConnection = () =>
        Effect.andThen(
          Effect.sync(() => link.sink!.end({ _tag: "Ended" })),
          Effect.onInterrupt(Effect.never, () => Effect.sync(() => events.push("interrupted")))
        )
      const context = yield* Layer.build(RpcServer.layer(Club, { onConnection })).pipe(
        Effect.provide([listener, handlers])
      )
      club.server = Context.get(context, RpcServer.of(Club))
      yield* yieldUntil(() => link.sink !== undefined)
      link.sink!.bytes(hello("club", ["Work"]))
      yield* settle
      assert.strictEqual((yield* club.server.clients).length, 0)
      assert.deepStrictEqual(events, ["interrupted"])
    })
  )

  it.effect.each([
    ["fails", () => Effect.fail("a bug")],
    ["dies", () => Effect.die("a bug")],
    [
      "throws",
      () => {
        throw new Error("a bug")
      }
    ]
  ] as ReadonlyArray<readonly [string, () => Effect.Effect<void, string>]>)(
    "that %s is logged, and the connection goes on",
    ([_, onConnection]) =>
      Effect.gen(function* () {
        const { client } = yield* server(Club, { onConnection })
        const member = yield* client()
        assert.strictEqual(yield* member.Work(), "done")
        yield* settle
        assert.strictEqual(yield* member.Work(), "done")
        const logged = yield* TestConsole.logLines
        assert.include(JSON.stringify(logged), "a bug")
      }).pipe(Effect.provide([handlers, answers]))
  )
})
