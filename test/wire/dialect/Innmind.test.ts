import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import * as Schema from "effect/Schema"
import * as Lexicon from "../../../src/peer/Lexicon.ts"
import * as Event from "../../../src/protocol/Event.ts"
import * as Protocol from "../../../src/protocol/Protocol.ts"
import * as Request from "../../../src/protocol/Request.ts"
import type { Message, Refusal } from "../../../src/session/Message.ts"
import * as Innmind from "../../../src/wire/dialect/Innmind.ts"
import type { Codec } from "../../../src/wire/Wire.ts"
import { control, frame, framer, Told, vector } from "../innmind.ts"
import { concat, cut, hex, lend, Recorder, sizes } from "../tools.ts"

class TooLarge extends Schema.TaggedError<TooLarge>()("TooLarge", { most: Schema.Int }) {}

class Add extends Request.Class<Add>()("Add", {
  payload: { a: Schema.Int, b: Schema.Int },
  success: Schema.Int,
  error: TooLarge
}) {}
class Reset extends Request.Class<Reset>()("Reset") {}
class Ping extends Request.Class<Ping>()("Ping", {
  success: Schema.String,
  annotations: Innmind.annotations({ literal: "ping", success: { content: "text" } })
}) {}
class Say extends Request.Class<Say>()("Say", {
  payload: { text: Schema.String },
  success: Schema.String,
  annotations: Innmind.annotations({ content: "text", success: { mediaType: "text/x-echo", content: "text" } })
}) {}
class Name extends Request.Class<Name>()("Name", {
  payload: { name: Schema.NonEmptyString },
  success: Schema.NonEmptyString,
  annotations: Innmind.annotations({
    mediaType: "text/x-name",
    content: "text",
    success: { content: "text" }
  })
}) {}
class Put extends Request.Class<Put>()("Put", {
  payload: { bytes: Schema.Uint8Array },
  success: Schema.Uint8Array,
  annotations: Innmind.annotations({ content: "bytes", success: { content: "bytes" } })
}) {}
class Rpc extends Request.Class<Rpc>()("Rpc", {
  payload: { method: Schema.String, params: Schema.Array(Schema.Int) },
  success: Schema.Unknown,
  annotations: Innmind.annotations({ mediaType: "application/vnd.api+json" })
}) {}
class Log extends Request.Class<Log>()("Log", {
  payload: { line: Schema.String },
  annotations: Innmind.annotations({ acknowledged: true })
}) {}
class Note extends Event.Class<Note>()("Note", { text: Schema.String }) {}
class Beep extends Event.Class<Beep>()("Beep", {}, { annotations: Innmind.annotations({ literal: "beep" }) }) {}

const Words = Protocol.make("words", {
  version: "1.0.0",
  server: [Add, Reset, Ping, Say, Name, Put, Rpc, Log, Note, Beep]
})
const client = Lexicon.compile(Words, "client")
const server = Lexicon.compile(Words, "server")
const place = (tag: string): number => server.answers.findIndex((method) => method.tag === tag)

const open = (role: "dialer" | "acceptor", options: Innmind.Options = {}, maxFrameBytes = 1 << 20): Codec =>
  Innmind.wire(options).open(role === "dialer" ? client : server, { role, maxFrameBytes })

/** One connection: what is fed to it, and what it has said since the last time. */
class Side {
  readonly codec: Codec
  readonly out = new Recorder()
  #seen = 0

  constructor(codec: Codec) {
    this.codec = codec
    codec.write({ _tag: "Hello", hello: {} as never }, this.out)
  }
  hear(...pieces: ReadonlyArray<Uint8Array>): this {
    for (const piece of pieces) lend(piece, (chunk) => this.codec.read(chunk, this.out))
    return this
  }
  say(message: Message): number | Refusal {
    return this.codec.write(message, this.out)
  }
  /** The bytes written since the last time, as frames. */
  get written(): ReadonlyArray<string> {
    const told = new Told()
    framer().read(this.out.written(), told)
    return told.lines.map((line) => line.replace("text/plain | innmind/ipc:", "| "))
  }
  get bytes(): string {
    return hex(this.out.written())
  }
  /** The messages handed over since the last time; those that only show life are left out. */
  get messages(): ReadonlyArray<Message> {
    const since = this.out.messages.slice(this.#seen)
    this.#seen = this.out.messages.length
    return since.filter(({ _tag }) => _tag !== "Pong")
  }
}

/** A client whose server has greeted. */
const asking = (options?: Innmind.Options): Side => {
  const side = new Side(open("dialer", options)).hear(control.start)
  void side.messages
  void side.written
  return side
}

/** A server's connection whose client has greeted. */
const answering = (options?: Innmind.Options, maxFrameBytes?: number): Side => {
  const side = new Side(open("acceptor", options, maxFrameBytes)).hear(control.startOk)
  void side.messages
  void side.written
  return side
}

const request = (tag: string, payload: object = {}, id = 1): Message => ({
  _tag: "Request",
  id,
  method: place(tag),
  payload,
  timeoutMillis: 30_000,
  headers: undefined
})
const event = (tag: string, payload: object = {}): Message => ({ _tag: "Event", method: place(tag), payload, bytes: 0 })
const credit: Message = { _tag: "Credit", of: "events", id: 0, items: 1, bytes: 0 }
const bye: Message = { _tag: "Bye", reason: undefined }
const bytes = Uint8Array.of(0xce, 0, 255)

/** Payloads, how they travel, and what the server makes of them. */
const travels: ReadonlyArray<readonly [tag: string, payload: object, mediaType: string, content: string | Uint8Array]> =
  [
    ["Add", { a: 1, b: -2 }, "application/json", '{"_tag":"Add","a":1,"b":-2}'],
    ["Reset", {}, "application/json", '{"_tag":"Reset"}'],
    ["Ping", {}, "text/plain", "ping"],
    ["Say", { text: "grüße 👋" }, "text/plain", "grüße 👋"],
    ["Say", { text: "" }, "text/plain", ""],
    ["Name", { name: "Ada" }, "text/x-name", "Ada"],
    ["Put", { bytes }, "application/octet-stream", bytes],
    ["Rpc", { method: "add", params: [1, 2] }, "application/vnd.api+json", '{"method":"add","params":[1,2]}'],
    ["Log", { line: "x" }, "application/json", '{"_tag":"Log","line":"x"}']
  ]

describe("the wire of innmind/ipc", () => {
  it("can say what two sides that answer by order can", () => {
    const wire = Innmind.wire()
    assert.deepStrictEqual(wire.can, {
      correlate: "order",
      cancel: false,
      stream: false,
      input: false,
      progress: false,
      events: { toServer: true, toClient: false },
      fault: true,
      deadline: false,
      heartbeat: false,
      ask: false,
      goodbye: true
    })
    assert.deepStrictEqual([wire.heartbeatMillis, wire.eventWindow], [1000, 1])
    assert.strictEqual(Innmind.wire({ heartbeat: "250 millis" }).heartbeatMillis, 250)
    assert.isUndefined(wire.objection!(client))
    assert.isUndefined(wire.objection!(server))
  })

  describe("greets", () => {
    it("as a server: first, and hands the client's Hello over when it answers", () => {
      const side = new Side(open("acceptor"))
      assert.strictEqual(side.bytes, hex(vector("control-connection-start")))
      assert.deepStrictEqual(side.hear(control.heartbeat, frame("text/plain", "ping")).messages, [])
      const [hello] = side.hear(vector("control-connection-start-ok")).messages
      assert.strictEqual(hello?._tag === "Hello" && hello.hello.fingerprint, Words.fingerprint)
      assert.deepStrictEqual(side.written, [])
    })

    it("as a client: when the server has, and hands its Hello over", () => {
      const side = new Side(open("dialer"))
      assert.deepStrictEqual(side.hear(control.heartbeat, control.received).messages, [])
      assert.strictEqual(side.bytes, "")
      const [hello] = side.hear(vector("control-connection-start")).messages
      assert.strictEqual(hello?._tag === "Hello" && hello.hello.protocol, "words")
      assert.strictEqual(side.bytes, hex(vector("control-connection-start-ok")))
    })

    it("before anything that is asked", () => {
      const side = new Side(open("dialer"))
      assert.isNumber(side.say(request("Ping")))
      assert.isNumber(side.say(event("Note", { text: "x" })))
      assert.strictEqual(side.bytes, "")
      side.hear(control.start)
      assert.deepStrictEqual(side.written, ["| connection.start-ok", "text/plain | ping"])
      side.hear(control.received)
      assert.deepStrictEqual(side.written, ['application/json | {"_tag":"Note","text":"x"}'])
    })
  })

  describe("carries requests", () => {
    it.each(travels)("%s %j as %s", (tag, payload, mediaType, content) => {
      const sent = asking()
      assert.strictEqual(sent.say(request(tag, payload)), concat(content).length)
      const wanted = frame(mediaType, content)
      assert.strictEqual(sent.bytes, hex(wanted))
      const got = answering().hear(wanted)
      assert.deepStrictEqual(got.written, ["| message.received"])
      const [asked] = got.messages
      assert.deepInclude(asked, { _tag: "Request", id: 1, method: place(tag), timeoutMillis: 0 })
      assert.deepInclude({ ...(asked as { payload: object }).payload }, payload)
    })

    it("acknowledged as its version has it", () => {
      assert.strictEqual(answering({ version: 5 }).hear(frame("text/plain", "ping")).bytes, hex(vector("v5-ack")))
      const four = answering().hear(frame("text/plain", "ping"))
      assert.strictEqual(four.bytes, hex(vector("control-message-received")))
    })

    it("by their _tag in any JSON, whatever they are mapped to", () => {
      const got = answering().hear(frame("application/x+json; v=1", '{"text":"x","_tag":"Say"}'))
      assert.deepInclude(got.messages[0], { _tag: "Request", method: place("Say") })
    })

    it("by a media type with parameters that nobody has named", () => {
      const side = answering()
      side.hear(frame("text/plain; charset=utf-8", "ping"), frame("text/plain; charset=utf-8", "pong"))
      assert.deepStrictEqual(
        side.messages.map((one) => (one._tag === "Request" ? one.method : -1)),
        [place("Ping"), place("Say")]
      )
    })

    it("and events, whose credit comes with the acknowledgement, of either version", () => {
      for (const ack of [control.received, control.ack]) {
        const side = asking()
        assert.strictEqual(side.say(event("Note", { text: "x" })), 26)
        assert.deepStrictEqual(side.written, ['application/json | {"_tag":"Note","text":"x"}'])
        assert.deepStrictEqual(side.messages, [])
        assert.deepStrictEqual(side.hear(ack).messages, [credit])
      }
      const got = answering().hear(frame("application/json", '{"_tag":"Note","text":"x"}'), frame("text/plain", "beep"))
      const [note, beep] = got.messages
      assert.deepInclude(note, { _tag: "Event", method: place("Note"), bytes: 26 })
      assert.deepInclude(beep, { _tag: "Event", method: place("Beep"), bytes: 4 })
    })
  })

  describe("carries answers", () => {
    const answers: ReadonlyArray<
      readonly [tag: string, answer: object, mediaType: string, content: string | Uint8Array]
    > = [
      ["Add", { _tag: "Success", value: -1 }, "application/json", "-1"],
      ["Reset", { _tag: "Success", value: undefined }, "application/json", "null"],
      ["Ping", { _tag: "Success", value: "pong" }, "text/plain", "pong"],
      ["Say", { _tag: "Success", value: "ä" }, "text/x-echo", "ä"],
      ["Name", { _tag: "Success", value: "Ada" }, "text/plain", "Ada"],
      ["Put", { _tag: "Success", value: bytes }, "application/octet-stream", bytes],
      [
        "Add",
        { _tag: "Failure", error: new TooLarge({ most: 9 }) },
        "application/json; ipc=failure",
        '{"_tag":"TooLarge","most":9}'
      ],
      [
        "Add",
        { _tag: "Defect", reason: { _tag: "InvalidPayload", part: "payload", detail: "Missing key" } },
        "text/plain; ipc=refusal",
        'the request was refused (InvalidPayload): Missing key\n{"_tag":"InvalidPayload","part":"payload","detail":"Missing key"}'
      ],
      [
        "Add",
        { _tag: "Defect", reason: { _tag: "Draining" } },
        "text/plain; ipc=refusal",
        'the request was refused (Draining)\n{"_tag":"Draining"}'
      ]
    ]

    it.each(answers)("of %s, %j, as %s", (tag, answer, mediaType, content) => {
      const server = answering()
      const said = { id: 7, method: place(tag), ...answer } as Message
      assert.strictEqual(server.say(said), concat(content).length)
      assert.strictEqual(server.bytes, hex(frame(mediaType, content)))
      const asked = asking()
      asked.say(request(tag, travels.find(([name]) => name === tag)![1], 7))
      assert.deepStrictEqual(asked.hear(control.received, frame(mediaType, content)).messages, [said])
    })

    it("to a peer of the 5.x line with an acknowledgement", () => {
      const side = asking({ version: 5 })
      side.say(request("Ping"))
      void side.written
      side.hear(control.ack)
      assert.deepStrictEqual(side.written, [])
      side.hear(frame("text/plain", "pong"))
      assert.deepStrictEqual(side.written, ["| ack"])
      assert.deepStrictEqual(side.messages, [{ _tag: "Success", id: 1, method: place("Ping"), value: "pong" }])
    })

    it("whose facts nobody can read as a refusal in words", () => {
      const side = asking()
      side.say(request("Add", { a: 1, b: 2 }))
      side.hear(control.received, frame("text/plain; ipc=refusal", "no\nidea"))
      assert.deepInclude(side.messages[0], { _tag: "Defect", reason: { _tag: "RemoteDefect", detail: "no\nidea" } })
    })

    it("that do not fit to their call, which ends", () => {
      const side = asking()
      side.say(request("Add", { a: 1, b: 2 }))
      side.hear(control.received, frame("text/plain", "pong"))
      assert.deepStrictEqual(side.messages, [])
      const [refused] = side.out.refused
      assert.deepInclude(refused, { about: "call", id: 1, method: place("Add") })
      assert.deepInclude(refused!.reason, { _tag: "InvalidPayload", part: "success" })
      assert.include((refused!.reason as { detail: string }).detail, "text/plain")
    })

    it("that nobody waits for as an answer to no call", () => {
      const side = asking().hear(frame("text/plain", "pong"))
      assert.deepInclude(side.messages[0], { _tag: "Defect", id: 0 })
    })

    it("before the acknowledgement as well as after it", () => {
      const side = asking()
      side.say(request("Ping"))
      assert.deepInclude(side.hear(frame("text/plain", "pong")).messages[0], { _tag: "Success", value: "pong" })
      assert.isNumber(side.say(request("Ping", {}, 2)))
      assert.deepStrictEqual(side.written, ["text/plain | ping"])
      side.hear(control.received)
      assert.deepStrictEqual(side.written, ["text/plain | ping"])
    })
  })

  describe("lets one message be on its way:", () => {
    it("an event waits for the acknowledgement of a call, and a call for that of an event", () => {
      const side = asking()
      side.say(request("Ping"))
      side.say(event("Beep"))
      assert.deepStrictEqual(side.written, ["text/plain | ping"])
      side.hear(control.received)
      assert.deepStrictEqual(side.written, ["text/plain | beep"])
      side.hear(frame("text/plain", "pong"))
      void side.messages
      side.say(request("Ping", {}, 2))
      assert.deepStrictEqual(side.written, [])
      assert.deepStrictEqual(side.hear(control.received).messages, [credit])
      assert.deepStrictEqual(side.written, ["text/plain | ping"])
    })

    it("to a server of the 5.x line, an event also waits for the answer, which that wants acknowledged next", () => {
      const side = asking({ version: 5 })
      side.say(request("Ping"))
      side.say(event("Beep"))
      side.hear(control.ack)
      assert.deepStrictEqual(side.written, ["text/plain | ping"])
      side.hear(frame("text/plain", "pong"))
      assert.deepStrictEqual(side.written, ["| ack", "text/plain | beep"])
    })

    it("a call that was given up is not sent", () => {
      const side = asking()
      side.say(event("Beep"))
      side.say(request("Ping"))
      void side.written
      side.say({ _tag: "Cancel", id: 1, method: place("Ping") })
      side.hear(control.received)
      assert.deepStrictEqual(side.written, [])
    })
  })

  describe("takes the acknowledgement for the answer where it is told to:", () => {
    it("the call succeeds with it", () => {
      const side = asking()
      side.say(request("Log", { line: "x" }))
      assert.deepStrictEqual(side.hear(control.received).messages, [
        { _tag: "Success", id: 1, method: place("Log"), value: undefined }
      ])
    })

    it("the server answers nothing else", () => {
      const side = answering().hear(frame("application/json", '{"_tag":"Log","line":"x"}'))
      void side.written
      assert.strictEqual(side.say({ _tag: "Success", id: 1, method: place("Log"), value: undefined }), 0)
      assert.deepStrictEqual(side.written, [])
      side.hear(frame("application/json", '{"_tag":"Log"}'))
      assert.deepInclude(side.out.refused[0], { about: "duty", id: 2 })
      void side.written
      const reason: Refusal = { _tag: "RemoteDefect", detail: "oops" }
      assert.strictEqual(side.say({ _tag: "Defect", id: 2, method: place("Log"), reason }), 0)
      assert.deepStrictEqual(side.written, [])
      assert.match((side.out.refused[1]!.reason as { detail: string }).detail, /^Log failed \(RemoteDefect\)/)
    })

    it("an answer that comes all the same settles no call", () => {
      const side = asking()
      side.say(request("Log", { line: "x" }))
      side.hear(frame("text/plain", "pong"))
      assert.deepStrictEqual(side.messages, [])
      assert.deepInclude(side.out.refused[0], { about: "none", id: 0 })
    })
  })

  describe("refuses to say", () => {
    const big = "x".repeat(300_000)

    it.each([
      ["what does not fit", request("Add", { a: "1", b: 2 }), {}, "InvalidPayload"],
      ["half a character", request("Say", { text: "\ud800" }), {}, "InvalidPayload"],
      ["an empty name", request("Name", { name: "" }), {}, "InvalidPayload"],
      ["what a 4.x peer would break over", request("Say", { text: big }), {}, "Oversized"],
      ["what is larger than set", request("Say", { text: "12345" }), { maxWriteBytes: 21 }, "Oversized"],
      ["a text that is a control message", request("Say", { text: "innmind/ipc:heartbeat" }), {}, "Unsayable"],
      ["a text that is one in the other version", request("Say", { text: "innmind/ipc:ack" }), {}, "Unsayable"],
      ["a name that is one in 5.x", request("Name", { name: "innmind/ipc:ack" }), { version: 5 }, "Unsayable"]
    ] as const)("%s, and says nothing of it", (_, message, options, tag) => {
      const side = asking(options)
      assert.strictEqual((side.say(message) as Refusal)._tag, tag)
      assert.strictEqual(side.bytes, "")
      // Nothing of it is in the way of the next.
      assert.isNumber(side.say(request("Ping")))
      assert.deepStrictEqual(side.written, ["text/plain | ping"])
    })

    it("answers in the same way", () => {
      const side = answering()
      const answer = (value: string): Message => ({ _tag: "Success", id: 1, method: place("Ping"), value })
      assert.deepInclude(side.say(answer(big)) as object, { _tag: "Oversized", maxBytes: 204_800 })
      assert.strictEqual((side.say(answer("innmind/ipc:connection.close")) as Refusal)._tag, "Unsayable")
      assert.strictEqual(side.bytes, "")
    })

    it("nothing large to a peer of the 5.x line", () => {
      assert.isNumber(asking({ version: 5 }).say(request("Say", { text: big })))
      assert.isNumber(asking({ maxWriteBytes: 1 << 20 }).say(request("Say", { text: big })))
      assert.isNumber(asking().say(request("Say", { text: "x".repeat(204_800 - 17) })))
    })
  })

  describe("ends", () => {
    it("by a handshake, which it begins", () => {
      for (const side of [asking(), answering()]) {
        assert.strictEqual(side.say(bye), 0)
        assert.strictEqual(side.bytes, hex(vector("control-connection-close")))
        assert.deepStrictEqual(side.hear(frame("text/plain", "ping"), control.closeOk).messages, [bye])
        assert.deepStrictEqual([side.say(bye), side.bytes], [0, ""])
      }
    })

    it("by a handshake that the peer begins, in every state", () => {
      const states = [asking(), answering(), new Side(open("dialer")), new Side(open("acceptor"))]
      for (const side of states) {
        void side.written
        assert.deepStrictEqual(side.hear(control.close).messages, [bye])
        assert.strictEqual(side.bytes, hex(vector("control-connection-close-ok")))
      }
    })

    it("after the events that still wait, but not the calls", () => {
      const side = asking()
      side.say(request("Ping"))
      side.say(event("Beep"))
      void side.written
      side.say(bye)
      assert.deepStrictEqual(side.written, ["text/plain | beep", "| connection.close"])
      const early = new Side(open("dialer"))
      early.say(request("Ping"))
      early.say(bye)
      assert.deepStrictEqual(early.written, ["| connection.start-ok", "| connection.close"])
    })

    it("when the framing is lost, and reads nothing more", () => {
      const side = answering().hear(frame("text/plain", "ping", { mark: 0 }), control.close)
      assert.deepStrictEqual([side.out.ends.map(({ _tag }) => _tag), side.messages], [["Malformed"], []])
    })
  })

  describe("beats", () => {
    it("for every ping as a server, for those in a wait as a client", () => {
      const served = answering()
      served.say({ _tag: "Ping" })
      assert.strictEqual(served.bytes, hex(vector("control-heartbeat")))
      const side = asking()
      side.say({ _tag: "Ping" })
      assert.strictEqual(side.bytes, "")
      side.say(request("Ping"))
      side.hear(control.received)
      void side.written
      side.say({ _tag: "Ping" })
      assert.deepStrictEqual(side.written, ["| heartbeat"])
    })

    it("and takes those of the peer at any rate for signs of life", () => {
      const side = asking().hear(...Array.from({ length: 50 }, () => control.heartbeat))
      assert.strictEqual(side.out.messages.filter(({ _tag }) => _tag === "Pong").length, 50)
      assert.deepStrictEqual(side.out.refused, [])
    })
  })

  describe("that cannot understand a message", () => {
    it("refuses it in its turn when it is a request", () => {
      const side = answering().hear(frame("application/json", '{"_tag":"Add","a":1}'))
      assert.deepStrictEqual(side.written, ["| message.received"])
      assert.deepInclude(side.out.refused[0], { about: "duty", id: 1, method: place("Add") })
      assert.deepInclude(side.out.refused[0]!.reason, { _tag: "InvalidPayload", part: "payload" })
    })

    it("drops it when it is an event, with its size", () => {
      const side = answering().hear(frame("application/json", '{"_tag":"Note"}'))
      assert.deepStrictEqual([side.out.lostEvents, side.out.refused[0]!.reason._tag], [[15], "InvalidPayload"])
    })

    it.each([
      ["JSON that is none", frame("application/json", "{")],
      ["JSON without a tag", frame("application/json", '{"jsonrpc":"2.0"}')],
      ["JSON that is no object", frame("application/json", "[1]")],
      ["an unknown tag", frame("application/json", `{"_tag":${JSON.stringify("x".repeat(5000))}}`)],
      ["the tag of something every object has", frame("application/json", '{"_tag":"constructor"}')],
      ["an unknown media type", frame("image/png", "x")],
      ["what nests deep", frame("application/json", `${"[".repeat(100_000)}`)]
    ])("acknowledges it and tells of it, when it is %s", (_, bytes) => {
      const side = answering().hear(bytes)
      assert.deepStrictEqual(side.written, ["| message.received"])
      assert.deepStrictEqual(side.messages, [])
      assert.deepInclude(side.out.refused[0], { about: "none", id: 0 })
      const { _tag, detail } = side.out.refused[0]!.reason as { _tag: string; detail: string }
      assert.strictEqual(_tag, "Malformed")
      assert.isBelow(detail.length, 300)
    })

    it("takes JSON that is none for what its media type says", () => {
      const side = answering().hear(frame("application/vnd.api+json", "{"))
      assert.deepInclude(side.out.refused[0], { about: "duty", method: place("Rpc") })
    })

    it("acknowledges one that is too large or of no media type, and reads on", () => {
      const side = answering({}, 100)
      side.hear(frame("text/plain", "x".repeat(100)), frame("foo/bar", "x"), frame("text/plain", "ping"))
      assert.strictEqual(side.written.length, 3)
      assert.deepStrictEqual(
        side.out.refused.map(({ about, reason }) => [about, reason._tag]),
        [
          ["none", "Oversized"],
          ["none", "Malformed"]
        ]
      )
      assert.deepInclude(side.messages[0], { _tag: "Request", id: 1, method: place("Ping") })
    })

    it("ends the call that it is the answer to", () => {
      const side = asking()
      side.say(request("Ping"))
      side.hear(control.received, frame("foo/bar", "x"))
      assert.deepInclude(side.out.refused[0], { about: "call", id: 1 })
      side.hear(frame("foo/bar", "x"))
      assert.deepInclude(side.out.refused[1], { about: "none", id: 0 })
    })

    it("ignores it before the greeting is over", () => {
      const side = new Side(open("acceptor", {}, 100)).hear(frame("foo/bar", "x"), frame("text/plain", "x".repeat(100)))
      assert.deepStrictEqual(side.out.refused, [])
      assert.deepStrictEqual(side.hear(control.startOk).messages.length, 1)
    })
  })

  describe("reads the same wherever it is cut:", () => {
    const forServer = concat(
      control.startOk,
      ...travels.map(([, , mediaType, content]) => frame(mediaType, content)),
      control.heartbeat,
      frame("application/json", '{"_tag":"Note","text":"x"}'),
      control.close
    )

    it("what a client says, at every byte", () => {
      const read = (...pieces: ReadonlyArray<Uint8Array>) => {
        const side = new Side(open("acceptor")).hear(...pieces)
        return [side.messages, side.written, side.out.refused, side.out.skipped]
      }
      const whole = read(forServer)
      assert.strictEqual((whole[0] as Array<Message>).length, travels.length + 3)
      for (let at = 0; at <= forServer.length; at++) {
        assert.deepStrictEqual(read(forServer.slice(0, at), forServer.slice(at)), whole, `cut at ${at}`)
      }
      assert.deepStrictEqual(read(...cut(forServer, [1])), whole)
    })

    it("and is unfinished within a message only; its end is told", () => {
      const side = new Side(open("acceptor"))
      control.startOk.forEach((_, at) => {
        side.hear(control.startOk.slice(at, at + 1))
        assert.strictEqual(side.codec.unfinished, at + 1 < control.startOk.length)
      })
      side.hear(frame("text/plain", "ping").slice(0, 9))
      side.codec.end(side.out)
      assert.deepStrictEqual([side.out.skipped.length, side.codec.unfinished], [9, false])
    })
  })

  it("reads any bytes, and any order of messages, without throwing", () => {
    const frames = [...Object.values(control), ...travels.map(([, , type, content]) => frame(type, content))]
    const part = fc.oneof(fc.constantFrom(...frames), fc.constantFrom(...frames), fc.uint8Array({ maxLength: 30 }))
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 20 }),
        sizes,
        fc.constantFrom(4 as const, 5 as const),
        (parts, pieces, version) => {
          for (const role of ["dialer", "acceptor"] as const) {
            const side = new Side(open(role, { version }, 1000))
            side.say(request("Ping"))
            side.hear(...cut(concat(...parts), pieces))
            side.codec.abandon(side.out)
            side.codec.end(side.out)
            assert.isFalse(side.codec.unfinished)
          }
        }
      ),
      { numRuns: 200 }
    )
  })

  describe("objects to", () => {
    const objection = (...members: ReadonlyArray<Request.Any | Event.Any>) =>
      Innmind.wire().objection!(Lexicon.compile(Protocol.make("p", { version: "1.0.0", server: members }), "server"))
    const make = (tag: string, mapping: Innmind.Mapping, payload: Request.Fields = {}, success?: Request.Codec) =>
      Request.Class<any>()(tag, {
        payload,
        annotations: Innmind.annotations(mapping),
        ...(success === undefined ? {} : { success })
      } as never) as unknown as Request.Any
    const text = { text: Schema.String }

    it.each([
      ["a media type that is none", [make("A", { mediaType: "foo/bar" })], /no media type/],
      ["an answer's media type that is none", [make("A", { success: { mediaType: "x" } })], /no media type/],
      ["a literal with fields", [make("A", { literal: "a" }, text)], /leave out the fields/],
      ["a literal that is a control message", [make("A", { literal: "innmind/ipc:heartbeat" })], /another literal/],
      ["text of two fields", [make("A", { content: "text" }, { a: Schema.String, b: Schema.String })], /one field/],
      ["a field that there is not", [make("A", { content: "text", field: "b" }, { a: Schema.String })], /no field b/],
      ["bytes that are none", [make("A", { content: "bytes" }, text)], /Uint8Array/],
      ["an answer in bytes that is none", [make("A", { success: { content: "bytes" } }, {}, Schema.Int)], /Uint8Array/],
      ["an acknowledgement with an answer", [make("A", { acknowledged: true }, {}, Schema.Int)], /no answer/],
      [
        "two of one media type",
        [make("B", { content: "text" }, text), make("A", { mediaType: "text/plain", content: "text" }, text)],
        /text\/plain, and so is B/
      ],
      ["two of one literal", [make("B", { literal: "x" }), make("A", { literal: "x" })], /"x", and so is B/]
    ] as const)("%s", (_, members, detail) => {
      const found = objection(...members)
      assert.strictEqual(found?.tag, "A")
      assert.match(found!.detail, detail)
    })

    it("nothing else", () => {
      const a = make("A", { literal: "x" })
      const b = make("B", { content: "text" }, text)
      const c = make(
        "C",
        { mediaType: "text/plain; v=2", content: "text", field: "t" },
        { t: Schema.NonEmptyString, u: Schema.optionalKey(Schema.Int) }
      )
      assert.isUndefined(
        objection(a, b, c, make("D", { acknowledged: true }, text), make("E", { acknowledged: true }, {}, Schema.Void))
      )
    })
  })
})
