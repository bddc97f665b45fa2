/**
 * A server at a Unix socket, in this process, and peers that keep no rule. Whatever they write: the server goes on, its
 * other clients are answered, and its memory does not grow.
 */
import { assert, describe, layer } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as V8 from "node:v8"
import * as Vm from "node:vm"
import type { Client } from "../../../src/peer/Client.ts"
import type { Note } from "../../peer/Office.ts"
import { clientSays, layer as staff, numbers, Office } from "../../peer/Office.ts"
import { credit, frame, hello, request } from "../../peer/Raw.ts"
import { settle } from "../../peer/turns.ts"
import { dial, dialRaw, type RawSocket, serve } from "./sockets.ts"

const count = (most: number): ReadonlyArray<number> => Array.from({ length: most }, (_, n) => n)
const repeated = (bytes: Uint8Array, times: number): Uint8Array => Buffer.concat(Array(times).fill(bytes))

/** Bytes that are the same in every run, and no text. */
const noise = (bytes: number, seed = 1): Uint8Array => {
  let state = seed
  return Uint8Array.from({ length: bytes }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return state >>> 16
  })
}

const ofOffice = (besides?: object) => hello("office", clientSays, besides)
const ask = (id: number, text = "") => request(id, numbers.Ask, { text })
const json = (kind: Parameters<typeof frame>[0], id: number, number: number, value: unknown) =>
  frame(kind, { id, number, body: JSON.stringify(value) })

/** What hostile peers do once they are connected. */
const deeds: Readonly<Record<string, (peer: RawSocket) => Effect.Effect<void, unknown, Scope.Scope>>> = {
  "writes noise": ({ write }) => write(noise(500_000)),
  "writes noise after Hello": ({ write }) => write(ofOffice(), noise(500_000, 2)),
  "writes text": ({ write }) => write(ofOffice(), repeated(Buffer.from("GET / HTTP/1.1\r\n"), 20_000)),
  "writes what looks like the beginning of frames": ({ write }) =>
    write(ofOffice(), repeated(Uint8Array.of(0xfa, 0xce), 100_000), repeated(Uint8Array.of(0xfa), 100_000)),
  "leaves within its Hello": ({ socket, write }) =>
    Effect.andThen(
      write(ofOffice().subarray(0, 30)),
      Effect.sync(() => socket.end())
    ),
  "leaves within a request": ({ socket, write }) =>
    Effect.andThen(
      write(ofOffice(), ask(1).subarray(0, 20)),
      Effect.sync(() => socket.end())
    ),
  "leaves by a reset, with calls running": ({ raw, socket, write }) =>
    Effect.gen(function* () {
      yield* write(ofOffice(), ...count(50).map((n) => ask(n + 1, "hang")))
      yield* raw.next("Hello")
      // What the server has answered is not read: the system resets the connection.
      socket.pause().destroy()
    }),
  "claims a body of 4 GiB, and sends some of it": ({ write }) =>
    Effect.gen(function* () {
      const large = frame("Request", { id: 1, number: 1 })
      large.fill(0xff, 4, 8)
      large[15] = large.subarray(0, 15).reduce((sum, byte) => sum ^ byte, 0x5a)
      yield* write(ofOffice(), large, new Uint8Array(2_000_000))
    }),
  "claims a body of 16 MiB, and sends nothing of it": ({ write }) => {
    const large = frame("Request", { id: 1, number: 1 })
    large[4] = 1
    large[15] = large.subarray(0, 15).reduce((sum, byte) => sum ^ byte, 0x5a)
    return write(ofOffice(), large)
  },
  "sends oversized requests": ({ raw, write }) =>
    Effect.gen(function* () {
      for (const id of [1, 2, 3]) yield* write(id === 1 ? ofOffice() : Buffer.alloc(0), ask(id, "x".repeat(1_200_000)))
      for (const id of [1, 2, 3]) {
        const refusal = yield* raw.next("Defect")
        assert.strictEqual(refusal.id, id)
        assert.include(refusal.text, "Oversized")
      }
    }),
  "asks before Hello": ({ raw, write }) =>
    Effect.gen(function* () {
      yield* write(ask(1), ask(2), ofOffice(), ask(3, "fine"))
      assert.deepStrictEqual([(yield* raw.next("Defect")).id, (yield* raw.next("Defect")).id], [1, 2])
      assert.strictEqual((yield* raw.next("Success")).text, "fine")
    }),
  "says Hello a thousand times, as others": ({ raw, write }) =>
    Effect.gen(function* () {
      yield* write(ofOffice(), repeated(hello("office", ["Note"], { version: "7.0.0" }), 1000), ask(1, "fine"))
      assert.strictEqual((yield* raw.next("Success")).text, "fine")
    }),
  "says a Hello that is none": ({ raw, write }) =>
    Effect.gen(function* () {
      yield* write(frame("Hello", { body: `{"wireVersion":"one"}` }))
      yield* raw.until(() => raw.ended)
      assert.include((yield* raw.next("Bye")).text, "Malformed")
    }),
  "says a Hello that is too large": ({ raw, write }) =>
    Effect.gen(function* () {
      yield* write(
        hello(
          "office",
          count(60_000).map((n) => `a method with a long name, number ${n}`)
        )
      )
      yield* raw.until(() => raw.ended)
    }),
  "claims limits of nothing, and asks": ({ raw, write }) =>
    Effect.gen(function* () {
      yield* write(ofOffice({ limits: { frameBytes: 0, calls: 0 } }), ask(1, "x".repeat(100_000)), ask(2, "fine"))
      assert.strictEqual((yield* raw.next("Defect")).id, 1)
      assert.strictEqual((yield* raw.next("Success")).text, "fine")
    }),
  "asks for methods that are none, or events": ({ raw, write }) =>
    Effect.gen(function* () {
      yield* write(hello("office", [...clientSays, "Nothing", "toString", "__proto__"]))
      for (const [id, number] of [7, 8, 9, 10, 0, 65_535, numbers.Note].entries()) {
        yield* write(request(id + 1, number, { text: "" }))
        const refusal = yield* raw.next("Defect")
        assert.strictEqual(refusal.id, id + 1)
        assert.include(refusal.text, "UnknownMethod")
      }
    }),
  "tells requests as events, and kinds that are none": ({ write }) =>
    write(
      ofOffice(),
      ...count(1000).map(() => json("Event", 0, numbers.Ask, { text: "" })),
      ...count(10_000).map((n) => frame(17 + (n % 239), { id: n, number: n & 7, body: "what is this" }))
    ),
  "sends payloads that do not decode": ({ raw, write }) =>
    Effect.gen(function* () {
      const deep = `{"text":${"[".repeat(200_000)}${"]".repeat(200_000)}}`
      const bodies = ["", "{", "5", "null", "[]", `{"text":5}`, `{"__proto__":{"text":"x"}}`, deep]
      yield* write(ofOffice(), ...bodies.map((body, id) => frame("Request", { id: id + 1, number: numbers.Ask, body })))
      for (const [id] of bodies.entries()) {
        const refusal = yield* raw.next("Defect")
        assert.strictEqual(refusal.id, id + 1)
        assert.include(refusal.text, "InvalidPayload")
      }
    }),
  "answers what nobody asked": ({ write }) =>
    write(
      ofOffice(),
      ...count(10_000).map((id) => json("Success", id, 1, "x")),
      ...count(1000).map((id) => json("Failure", id, 1, "x")),
      ...count(1000).map((id) => json("Chunk", id, 1, ["x"])),
      ...count(1000).map((id) => json("Progress", id, 1, "x")),
      ...count(1000).map((id) => json("Defect", id, 1, { _tag: "Draining" }))
    ),
  "feeds, ends and cancels what does not run": ({ write }) =>
    write(
      ofOffice(),
      ...count(3000).map((id) => json("Input", id, numbers.Upload, [1])),
      ...count(3000).map((id) => frame("InputEnd", { id, number: numbers.Upload })),
      ...count(3000).map((id) => frame("Cancel", { id, number: numbers.Upload }))
    ),
  "asks twice under one id": ({ raw, write }) =>
    Effect.gen(function* () {
      yield* write(ofOffice(), ask(1, "hang"), ask(1, "again"), ask(2, "fine"))
      assert.strictEqual((yield* raw.next("Success")).id, 2)
    }),
  "gives credit without end, for streams and for nothing": ({ raw, write }) =>
    Effect.gen(function* () {
      const most = 0xffffffff
      yield* write(ofOffice(), request(1, numbers.Follow, { total: 20_000 }))
      for (let n = 0; n < 20; n++) {
        yield* write(
          repeated(credit("answer", 1, most, most), 500),
          repeated(credit("input", 1, most, most), 500),
          repeated(credit("events", 0, most, most), 500),
          ...count(500).map((id) => credit("answer", id + 2, most, most)),
          frame("Credit", { id: 1, number: 9, body: "12345678" }),
          frame("Credit", { id: 1, number: 1, body: "1" })
        )
      }
      yield* raw.until(() => raw.of("Success").length + raw.of("Defect").length > 0)
    }),
  "says events without credit": ({ write }) =>
    write(ofOffice(), ...count(3000).map(() => json("Event", 0, numbers.Note, { text: "hang" }))),
  "feeds an input that is not read": ({ raw, write }) =>
    Effect.gen(function* () {
      yield* write(ofOffice(), request(1, numbers.Send, {}))
      for (let n = 0; n < 20; n++) {
        yield* write(
          ...count(10).map(() =>
            frame("Input", { id: 1, number: numbers.Send, flags: 2, body: new Uint8Array(50_000) })
          )
        )
      }
      const refusal = yield* raw.next("Defect")
      assert.deepInclude(JSON.parse(refusal.text), { _tag: "Malformed" })
    }),
  "cancels twenty thousand calls as it asks them": ({ raw, write }) =>
    Effect.gen(function* () {
      yield* write(ofOffice())
      for (let n = 0; n < 20; n++) {
        const ids = count(1000).map((id) => n * 1000 + id + 1)
        yield* write(...ids.flatMap((id) => [ask(id, "hang"), frame("Cancel", { id, number: numbers.Ask })]))
      }
      yield* write(ask(1, "fine"))
      assert.strictEqual((yield* raw.next("Success")).text, "fine")
    })
}

/** What peers do that never read: the system's buffers fill, and the server has to hold back. */
const deaf: Readonly<Record<string, (peer: RawSocket) => Effect.Effect<void>>> = {
  "asks for large answers": ({ write }) => write(ofOffice(), ...count(400).map((n) => ask(n + 1, "x".repeat(10_000)))),
  "asks for more calls than it may": ({ socket }) =>
    Effect.gen(function* () {
      socket.write(ofOffice())
      for (let n = 0; n < 20 && !socket.destroyed; n++) {
        socket.write(Buffer.concat(count(1000).map((id) => ask(n * 1000 + id + 1, "hang"))))
        yield* settle
      }
    }),
  "asks for a stream, with credit without end": ({ write }) =>
    write(
      ofOffice(),
      request(1, numbers.Follow, { total: 100_000_000 }),
      repeated(credit("answer", 1, 0xffffffff, 0xffffffff), 100)
    ),
  pings: ({ socket }) =>
    Effect.gen(function* () {
      socket.write(ofOffice())
      for (let n = 0; n < 40 && !socket.destroyed; n++) {
        socket.write(repeated(frame("Ping"), 20_000))
        yield* settle
      }
    })
}

V8.setFlagsFromString("--expose-gc")
const collect = Vm.runInNewContext("gc") as () => void

/** Bytes this process holds on to. */
const held = Effect.map(settle, () => {
  collect()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return heapUsed + arrayBuffers
})

/** Waits until no more than so many bytes are held. What is closed takes a moment to be gone. */
const heldAtMost = (most: number): Effect.Effect<void> =>
  Effect.gen(function* () {
    for (let round = 0; round < 40; round++) {
      if ((yield* held) <= most) return
      yield* Effect.sleep(25)
    }
    assert.isAtMost(yield* held, most)
  })

const mebibyte = 1024 * 1024

interface Stage {
  readonly path: string
  readonly client: Client<typeof Office>
  readonly faults: { count: number }
}
class Here extends Context.Service<Here, Stage>()("test/Here") {}

const hanging = ({ text }: { readonly text: string }) => (text === "hang" ? Effect.never : Effect.succeed(text))
const handlers = staff({
  Ask: hanging,
  Note: (note: Note) => Effect.asVoid(hanging(note)),
  Follow: ({ total }) => Stream.range(1, total),
  Send: () => Effect.never
})

const here = Layer.effect(
  Here,
  Effect.gen(function* () {
    const faults = { count: 0 }
    const { path } = yield* serve(Office, {
      maxFrameBytes: mebibyte,
      handshakeTimeout: "300 millis",
      drainTimeout: "10 millis",
      outgoingMaxBytes: 4 * mebibyte,
      onFault: () => Effect.sync(() => void faults.count++)
    })
    const client = yield* dial(Office, path)
    return { client, faults, path }
  })
).pipe(Layer.provide(handlers))

layer(here, { excludeTestServices: true })("a server goes on when a peer", (it) => {
  /** Runs a deed while a client asks, and asks again after it. */
  const survive = (deed: (peer: RawSocket) => Effect.Effect<void, unknown, Scope.Scope>) =>
    Effect.gen(function* () {
      const { client, path } = yield* Here
      const done = Effect.scoped(Effect.flatMap(dialRaw(path), deed))
      const asking = Effect.forever(Effect.andThen(client.Ask({ text: "still here" }), settle))
      yield* Effect.raceFirst(done, asking)
      assert.strictEqual(yield* client.Ask({ text: "here" }), "here")
      const another = yield* dial(Office, path)
      assert.strictEqual(yield* another.Ask({ text: "too" }), "too")
    })

  for (const [name, deed] of Object.entries(deeds)) {
    it.effect(name, () =>
      Effect.gen(function* () {
        yield* survive(deed)
        const before = yield* held
        yield* survive(deed)
        yield* heldAtMost(before + 2 * mebibyte)
      })
    )
  }

  describe("that never reads", () => {
    for (const [name, deed] of Object.entries(deaf)) {
      it.effect(name, () =>
        Effect.gen(function* () {
          const before = yield* held
          yield* survive((peer) =>
            Effect.gen(function* () {
              peer.socket.pause()
              yield* Effect.timeoutOption(deed(peer), "500 millis")
              // What the server may hold for it: what the link and the session allow, and the calls that run.
              yield* heldAtMost(before + 40 * mebibyte)
            })
          )
          yield* heldAtMost(before + 3 * mebibyte)
        })
      )
    }
  })

  it.effect("is one of two hundred that connect and say nothing", () =>
    Effect.gen(function* () {
      const { client, path } = yield* Here
      const silent = yield* Effect.forEach(count(200), () => dialRaw(path))
      assert.strictEqual(yield* client.Ask({ text: "here" }), "here")
      for (const { raw } of silent) yield* raw.until(() => raw.ended)
      assert.isTrue(silent.every(({ raw }) => raw.of("Bye").length === 1))
    })
  )

  it.effect("did all this, which was reported", () =>
    Effect.gen(function* () {
      const { faults } = yield* Here
      assert.isAbove(faults.count, 1000)
    })
  )
})
