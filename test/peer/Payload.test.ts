/** Which form payloads travel in, by the bytes on the link. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Handlers from "../../src/peer/Handlers.ts"
import type { PeerOptions } from "../../src/peer/Options.ts"
import * as RpcClient from "../../src/peer/RpcClient.ts"
import * as RpcServer from "../../src/peer/RpcServer.ts"
import * as Shapes from "../../src/peer/Shapes.ts"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Request from "../../src/protocol/Request.ts"
import type { Link } from "../../src/transport/Link.ts"
import * as Memory from "../../src/transport/Memory.ts"
import { Listener, Transport } from "../../src/transport/Transport.ts"
import * as Native from "../../src/wire/dialect/Native.ts"
import { Flag, type Kind } from "../../src/wire/dialect/NativeKind.ts"
import { frame, hello, overLink, Raw, request } from "./Raw.ts"
import { reasonOf } from "./reasons.ts"

class Odd extends Schema.TaggedError<Odd>()("Odd", { n: Schema.Int }) {}
class Shift extends Request.Class<Shift>()("Shift", {
  payload: { at: Schema.Date, by: Schema.Int },
  success: Schema.Struct({ at: Schema.Date }),
  error: Odd
}) {}
class Count extends Request.Class<Count>()("Count", { payload: { to: Schema.Int }, stream: Schema.Int }) {}
class Say extends Request.Class<Say>()("Say", { payload: { text: Schema.String }, success: Schema.String }) {}
class Json extends Request.Class<Json>()("Json", { payload: { any: Schema.Unknown }, success: Schema.Unknown }) {}

const members = [Shift, Count, Say, Json] as const
const Clock = Protocol.make("clock", { version: "1.0.0", server: members })
class More extends Request.Class<More>()("More") {}
/** The same protocol, a little later. */
const Later = Protocol.make("clock", { version: "1.1.0", server: [...members, More] })

const handlers = Handlers.layer(Clock)({
  Shift: ({ at, by }) =>
    by % 2 === 0 ? Effect.succeed({ at: new Date(at.getTime() + by) }) : Effect.fail(new Odd({ n: by })),
  Count: ({ to }) => Stream.range(1, to),
  Say: ({ text }) => Effect.succeed(text),
  Json: ({ any }) => Effect.succeed(any)
})

const wire = Native.wire()
const binary: PeerOptions = { payload: "binary" }

/** A link of which two listeners hear what is said and what comes. */
const tapped = (link: Link, said: Raw, heard: Raw): Link => ({
  address: link.address,
  start: (sink) =>
    link.start({
      bytes: (chunk) => {
        heard.hear(chunk)
        sink.bytes(chunk)
      },
      drained: () => sink.drained(),
      end: (reason) => sink.end(reason)
    }),
  pause: () => link.pause(),
  resume: () => link.resume(),
  offer: (chunk) => {
    said.hear(chunk)
    return link.offer(chunk)
  },
  get queuedBytes() {
    return link.queuedBytes
  }
})

/** A client and a server with these options, and what each of them says. */
const met = (client: PeerOptions, server: PeerOptions, ofClient: typeof Clock = Clock) =>
  Effect.gen(function* () {
    const both = yield* Layer.build(Memory.layer({ wire }))
    const { address, open } = Context.get(both, Transport)
    const [said, heard] = [new Raw(() => {}), new Raw(() => {})]
    yield* Effect.forkScoped(
      Effect.provide(RpcServer.run(Clock, server), [handlers, Layer.succeed(Listener, Context.get(both, Listener))])
    )
    const transport = { address, wire, open: Effect.map(open, (link) => tapped(link, said, heard)) }
    const rpc = yield* Effect.provideService(RpcClient.make(ofClient, client), Transport, transport)
    // Before the server's Hello, all is JSON.
    yield* rpc.Shift({ at: new Date(0), by: 0 })
    return { rpc, said, heard }
  })

const flagsOf = (raw: Raw, kind: keyof typeof Kind): ReadonlyArray<number> => raw.of(kind).map(({ flags }) => flags)

describe("payloads", () => {
  it.effect("travel in binary when both sides have set it, from the peer's Hello on", () =>
    Effect.gen(function* () {
      const { heard, rpc, said } = yield* met(binary, binary)
      assert.deepStrictEqual(yield* rpc.Shift({ at: new Date(5), by: 2 }), { at: new Date(7) })
      const error = yield* Effect.flip(rpc.Shift({ at: new Date(5), by: 1 }, { headers: { a: "b" } }))
      assert.instanceOf(error, Odd)
      assert.deepStrictEqual(yield* Stream.runCollect(rpc.Count({ to: 3 })), [1, 2, 3])
      assert.deepStrictEqual(flagsOf(said, "Request"), [0, Flag.binary, Flag.binary | Flag.headers, Flag.binary])
      // The server has read a Hello before it answers.
      assert.deepStrictEqual(flagsOf(heard, "Success").slice(0, 2), [Flag.binary, Flag.binary])
      assert.deepStrictEqual(flagsOf(heard, "Failure"), [Flag.binary])
      assert.deepStrictEqual([...new Set(flagsOf(heard, "Chunk"))], [Flag.binary])
      assert.include(said.of("Hello")[0]!.text, '"payloads":["json","binary"]')
    })
  )

  it.effect.each<readonly [string, PeerOptions, PeerOptions]>([
    ["neither has", {}, {}],
    ["the server has not", binary, {}],
    ["the client has not", {}, binary],
    ["the client has said no", { payload: "json" }, binary]
  ])("travel as JSON when %s", ([, client, server]) =>
    Effect.gen(function* () {
      const { heard, rpc, said } = yield* met(client, server)
      yield* rpc.Shift({ at: new Date(5), by: 2 })
      yield* Stream.runDrain(rpc.Count({ to: 3 }))
      assert.deepStrictEqual([...flagsOf(said, "Request"), ...flagsOf(heard, "Chunk")], [0, 0, 0, 0])
      assert.include(heard.of("Success")[1]!.text, '{"at":"1970')
      assert.strictEqual(said.of("Hello")[0]!.text.includes('"binary"'), client.payload === "binary")
    })
  )

  it.effect("travel as JSON when the fingerprints differ", () =>
    Effect.gen(function* () {
      const { heard, rpc, said } = yield* met(binary, binary, Later as never)
      assert.deepStrictEqual(yield* rpc.Shift({ at: new Date(5), by: 2 }), { at: new Date(7) })
      assert.deepStrictEqual([...flagsOf(said, "Request"), ...flagsOf(heard, "Success")], [0, 0, 0, 0])
    })
  )

  it.effect("that are one text still travel raw, and any JSON as JSON", () =>
    Effect.gen(function* () {
      const { heard, rpc, said } = yield* met(binary, binary)
      assert.strictEqual(yield* rpc.Say({ text: "a" }), "a")
      assert.strictEqual(yield* rpc.Say({ text: "\ud83d" }), "\ud83d")
      assert.deepStrictEqual(yield* rpc.Json({ any: [1, null] }), [1, null])
      assert.deepStrictEqual(flagsOf(said, "Request").slice(1), [Flag.raw, 0, 0])
      assert.deepStrictEqual(flagsOf(heard, "Success").slice(1), [Flag.raw, 0, 0])
    })
  )

  it.effect("that do not fit fail as they do in JSON, and leave the connection", () =>
    Effect.gen(function* () {
      const calls = (rpc: RpcClient.Options) =>
        Effect.gen(function* () {
          const { rpc: client } = yield* met(rpc, binary)
          const error = yield* Effect.flip(client.Shift({ at: "now" as never, by: 2 }))
          assert.deepStrictEqual(yield* client.Shift({ at: new Date(5), by: 2 }), { at: new Date(7) })
          return reasonOf(error, "InvalidPayload")
        })
      const [inBinary, inJson] = [yield* calls(binary), yield* calls({})]
      assert.strictEqual(inBinary.side, "local")
      assert.strictEqual(inBinary.detail, inJson.detail)
    })
  )

  it.effect("in binary that do not decode are refused, for that call alone", () =>
    Effect.gen(function* () {
      const both = yield* Layer.build(Memory.layer({ wire }))
      yield* Effect.forkScoped(
        Effect.provide(RpcServer.run(Clock, binary), [handlers, Layer.succeed(Listener, Context.get(both, Listener))])
      )
      const raw = overLink(yield* Effect.orDie(Context.get(both, Transport).open))
      raw.say(hello("clock", ["Shift", "Json"]))
      const flags = Flag.binary
      raw.say(frame("Request", { id: 1, number: 1, flags, body: "nonsense" }))
      raw.say(frame("Request", { id: 2, number: 1, flags, body: "" }))
      raw.say(frame("Request", { id: 3, number: 1, flags: flags | Flag.raw, body: "nonsense" }))
      raw.say(frame("Request", { id: 4, number: 2, flags, body: "nonsense" }))
      raw.say(request(5, 1, { at: "1970-01-01T00:00:00.000Z", by: 2 }))
      yield* raw.next("Success")
      assert.deepStrictEqual(
        raw.of("Defect").map(({ id, text }) => [id, JSON.parse(text)._tag, JSON.parse(text).detail]),
        [
          [1, "InvalidPayload", "a value has 110 bytes, and 7 have come"],
          [2, "InvalidPayload", "expected one value, got 0"],
          [3, "InvalidPayload", "a value cannot be raw and binary at once"],
          [4, "InvalidPayload", "expected JSON, got binary"]
        ]
      )
    })
  )

  it.effect("in binary are read by a side that will not write them", () =>
    Effect.gen(function* () {
      yield* Effect.promise(Shapes.loadBinary)
      const both = yield* Layer.build(Memory.layer({ wire }))
      yield* Effect.forkScoped(
        Effect.provide(RpcServer.run(Clock), [handlers, Layer.succeed(Listener, Context.get(both, Listener))])
      )
      const raw = overLink(yield* Effect.orDie(Context.get(both, Transport).open))
      const body = Shapes.ofPayload(Shift).binary!.write({ at: new Date(1), by: 2 })!
      raw.say(hello("clock", ["Shift"], { payloads: ["json", "binary"], fingerprint: Clock.fingerprint }))
      raw.say(frame("Request", { id: 1, number: 1, flags: Flag.binary, body }))
      const { flags, text } = yield* raw.next("Success")
      assert.deepStrictEqual([flags, text], [0, '{"at":"1970-01-01T00:00:00.003Z"}'])
    })
  )
})
