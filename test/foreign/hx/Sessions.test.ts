/** Whole sessions of the real clients and servers, replayed: their requests to our server, their answers to our client. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Queue from "effect/Queue"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as Channel from "../../../src/foreign/Channel.ts"
import * as HxClient from "../../../src/foreign/hx/HxClient.ts"
import * as HxFormat from "../../../src/foreign/hx/HxFormat.ts"
import * as HxMessage from "../../../src/foreign/hx/HxMessage.ts"
import * as HxServer from "../../../src/foreign/hx/HxServer.ts"
import { Listener } from "../../../src/transport/Transport.ts"
import { FakeLink } from "../FakeLink.ts"
import { read, session } from "./vectors.ts"

const languages = ["go", "php", "rb"] as const
const pairs = languages.flatMap((client) => languages.map((server) => ({ client, server })))

/** As the servers that were recorded do it. */
const routes = [
  HxServer.route("ping", () => HxMessage.json("pong")),
  HxServer.route("echo", ({ body }) => Effect.succeed(HxMessage.bytes(body))),
  HxServer.route("headers", ({ headers }) => HxMessage.json(headers.pairs)),
  HxServer.route("empty", () => Effect.void),
  HxServer.route("raw", () => Effect.succeed(HxMessage.make({ body: "pong\n" }))),
  HxServer.route("string", () => Effect.void),
  HxServer.route("error", () =>
    Effect.map(HxMessage.json({ partial: 1 }), (message) =>
      HxMessage.addError(HxMessage.addError(message, "first"), "second")
    )
  ),
  HxServer.route("ticks", (request, connection) =>
    Effect.gen(function* () {
      const count = Number(HxMessage.header(request, "Count"))
      for (let n = 1; n <= count; n++) {
        yield* connection.send(HxMessage.withClass(yield* HxMessage.json(n), "tick"))
      }
      return yield* HxMessage.json(count)
    })
  ),
  HxServer.route("slow", (request) => HxMessage.json(Number(HxMessage.header(request, "Ms")))),
  HxServer.route("boom", () => Effect.fail("panic: kaboom"))
]

/** Serves one link in the test's hands. */
const serveLink = Effect.gen(function* () {
  const link = new FakeLink()
  const links = yield* Queue.unbounded<FakeLink>()
  yield* Queue.offer(links, link)
  yield* Effect.provide(HxServer.make(routes), Layer.succeed(Listener, { address: "fake", accept: Queue.take(links) }))
  for (let turn = 0; turn < 5; turn++) yield* Effect.yieldNow
  return link
})

/** What an answer says, without the headers that the handlers set besides. */
const essence = (message: HxMessage.HxMessage) => ({
  id: HxMessage.idOf(message),
  class: HxMessage.classOf(message),
  type: HxMessage.contentTypeOf(message),
  errors: HxMessage.errorsOf(message),
  body: HxMessage.textOf(message)
})

const byId = (messages: ReadonlyArray<HxMessage.HxMessage>) =>
  messages.map(essence).toSorted((a, b) => Number(a.id ?? -1) - Number(b.id ?? -1))

describe("our server", () => {
  it.effect.each(pairs)("answers everything that the $client client asked the $server server", ({ client, server }) =>
    Effect.gen(function* () {
      const asked = session(client, server, "c2s")
      const link = yield* serveLink
      for (const byte of asked) link.deliver(String.fromCharCode(byte))
      for (let turn = 0; turn < 50; turn++) yield* Effect.yieldNow
      const said = read(new TextEncoder().encode(link.offered.join("")))
      const answers = said.filter((message) => HxMessage.classOf(message) === undefined)
      const ids = read(asked).map(HxMessage.idOf)
      assert.sameMembers(answers.map(HxMessage.idOf), ids)
      // Only Go's server is as strict, and as lenient, as ours.
      if (server === "go") assert.deepStrictEqual(byId(said), byId(read(session(client, server, "s2c"))))
    })
  )
})

describe("our client", () => {
  it.effect.each(pairs)("gets what the $client client got from the $server server", ({ client: theirs, server }) =>
    Effect.gen(function* () {
      const requests = read(session(theirs, server, "c2s"))
      const said = session(theirs, server, "s2c")
      const responses = read(said)
      const link = new FakeLink()
      const client = yield* HxClient.make(yield* Channel.fromLink(HxFormat.format(), link))
      const events = yield* Effect.forkChild(Stream.runCollect(client.events), { startImmediately: true })
      // Ids of PHP and Ruby begin with 1.
      if (theirs !== "go") yield* Effect.forkChild(Effect.ignore(client.call("skipped")), { startImmediately: true })
      const calls = yield* Effect.forEach(requests, (request) => {
        const bare = clean(request)
        const call = client.call(HxMessage.classOf(request)!, bare)
        return Effect.map(Effect.forkChild(Effect.result(call), { startImmediately: true }), (fiber) => ({
          request,
          fiber
        }))
      })
      for (const byte of said) link.deliver(String.fromCharCode(byte))
      link.end({ _tag: "Ended" })

      for (const { fiber, request } of calls) {
        const id = HxMessage.idOf(request)
        const expected = responses.find((response) => HxMessage.idOf(response) === id)
        const result = yield* Fiber.join(fiber)
        if (Result.isSuccess(result)) {
          assert.deepStrictEqual([essence(result.success), []], [essence(expected!), HxMessage.errorsOf(expected!)])
        } else if (result.failure._tag === "HxFailure") {
          assert.deepStrictEqual(essence(result.failure.response), essence(expected!))
          assert.isNotEmpty(HxMessage.errorsOf(expected!))
        } else {
          assert.strictEqual(result.failure.reason._tag, "Disconnected")
          assert.isUndefined(expected)
        }
      }
      const heard = yield* Fiber.join(events)
      const strangers = responses.filter((response) => HxMessage.idOf(response) === undefined)
      assert.deepStrictEqual(heard.map(essence), strangers.map(essence))
      const ticks = heard.filter((event) => HxMessage.classOf(event) === "tick")
      assert.deepStrictEqual(
        ticks.map((tick) => HxMessage.textOf(tick).trim()),
        ["1", "2", "3"]
      )
    }).pipe(Effect.provide(Logger.layer([])))
  )

  it.effect("writes what the Go client wrote", () =>
    Effect.gen(function* () {
      const requests = read(session("go", "go", "c2s"))
      const link = new FakeLink()
      const client = yield* HxClient.make(yield* Channel.fromLink(HxFormat.format(), link))
      yield* Effect.forEach(requests, (request) => {
        const bare = HxMessage.withoutHeader(request, HxMessage.Reserved.contentLength)
        return Effect.forkChild(client.call(HxMessage.classOf(request)!, clean(bare)), { startImmediately: true })
      })
      yield* Effect.promise(() => Promise.resolve())
      const written = read(new TextEncoder().encode(link.offered.join("")))
      const sorted = (message: HxMessage.HxMessage) => [essence(message), [...clean(message).headers.pairs].sort()]
      assert.deepStrictEqual(written.map(sorted), requests.map(sorted))
    })
  )
})

/** Only Go reads this name as it is written, so we do not write it. */
const clean = (message: HxMessage.HxMessage) => HxMessage.withoutHeader(message, "Bar_baz")
