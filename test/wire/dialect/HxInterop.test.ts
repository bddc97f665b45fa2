import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import fc from "fast-check"
import * as Lexicon from "../../../src/peer/Lexicon.ts"
import * as Event from "../../../src/protocol/Event.ts"
import * as Protocol from "../../../src/protocol/Protocol.ts"
import * as Request from "../../../src/protocol/Request.ts"
import type { Message, Refusal } from "../../../src/session/Message.ts"
import * as HxInterop from "../../../src/wire/dialect/HxInterop.ts"
import type * as ContentType from "../../../src/wire/payload/ContentType.ts"
import { base64, vectors } from "../framing/hx.ts"
import { readAllStrictly } from "../framing/hxStrict.ts"
import { lend } from "../tools.ts"
import * as Words from "./hxWords.ts"
import { acceptor, ask, client, dialer, exchange, place, server, succeed } from "./hxWords.ts"

const latin1 = (text: string): string => Buffer.from(text).toString("latin1")
const bytesOf = (value: unknown): ReadonlyArray<number> => [...(value as Uint8Array)]

describe("a client of hx/interop", () => {
  it("says Hello to itself, and not a byte to the peer", () => {
    const near = dialer()
    assert.strictEqual(near.writes({ _tag: "Hello", hello: {} as never }), 0)
    assert.strictEqual(near.said(), "")
    const [message] = near.out.messages
    assert.deepInclude((message as { readonly hello: object }).hello, {
      protocol: "hx-words",
      fingerprint: client.fingerprint,
      methods: ["Tick", "Note"]
    })
  })

  it("asks by class and id, counted from 0, with a prefix where one is set", () => {
    const near = dialer()
    near.writes(ask(1, "Empty"))
    near.writes(ask(2, "Ticks", { count: 5 }))
    assert.strictEqual(
      near.said(),
      "Interop-Rpc-Class: empty\nInterop-Rpc-Id: 0\n\n\nInterop-Rpc-Class: ticks\nCount: 5\nInterop-Rpc-Id: 1\n\n\n"
    )
    const other = dialer({ idPrefix: "abc-" })
    other.writes(ask(1, "Add", { a: 1, b: 2 }))
    const bytes =
      'Interop-Rpc-Class: Add\nContent-Type: application/json\nContent-Length: 13\nInterop-Rpc-Id: abc-0\n\n{"a":1,"b":2}\n'
    assert.strictEqual(other.said(), bytes)
    other.hears("Interop-Rpc-Id: 0\n\n\nInterop-Rpc-Id: abd-0\n\n\nInterop-Rpc-Id: abc-00\n\n\n")
    assert.deepEqual(
      other.out.messages.map(({ _tag }) => _tag),
      ["Defect", "Defect", "Defect"]
    )
    other.hears("Content-Type: application/json\nContent-Length: 1\nInterop-Rpc-Id: abc-0\n\n3\n")
    assert.deepEqual(other.out.messages.at(-1), { _tag: "Success", id: 1, method: place(client.says, "Add"), value: 3 })
  })

  it("writes lengths of any number of digits, one after another", () => {
    const near = dialer()
    const far = acceptor()
    const texts = [1, 1000, 10, 9, 100_000, 5, 3000, 99, 65_000, 200].map((length) => "x".repeat(length))
    for (const text of texts) near.writes(event("Note", { text }))
    for (const [index] of texts.entries()) near.writes(ask(index + 1, "Add", { a: 10 ** index, b: 0 }))
    const bytes = near.said()
    assert.lengthOf(readAllStrictly(bytes), texts.length * 2)
    far.hears(bytes)
    assert.lengthOf(far.out.messages, texts.length * 2)
    assert.deepEqual(
      far.out.messages.slice(0, texts.length).map((message) => (message as { payload: { text: string } }).payload.text),
      texts
    )
  })

  it("says what it has no word for as nothing", () => {
    const near = dialer()
    const silent: ReadonlyArray<Message> = [
      { _tag: "Ping" },
      { _tag: "Pong" },
      { _tag: "Drain" },
      { _tag: "Bye", reason: undefined },
      { _tag: "Credit", of: "events", id: 0, items: 1, bytes: 1 },
      { _tag: "Cancel", id: 9, method: 0 }
    ]
    for (const message of silent) assert.strictEqual(near.writes(message), 0)
    assert.strictEqual(near.said(), "")
  })

  it("carries the headers of a call, and takes none that would be read as another", () => {
    const near = dialer()
    near.writes(ask(1, "Add", { a: 1, b: 2 }, { traceparent: "00-1", "X-Tag": "ž" }))
    const bytes = near.said()
    assert.include(bytes, latin1("Interop-Rpc-Class: Add\nTraceparent: 00-1\nX-Tag: ž\n"))
    assert.lengthOf(readAllStrictly(bytes), 1)
    const far = acceptor()
    far.hears(bytes)
    const [request] = far.out.messages
    assert.deepEqual((request as { headers: unknown }).headers, { traceparent: "00-1", "x-tag": "ž" })
    far.hears("Interop-Rpc-Class: empty\nX-Tag: one\nx-tag: two\n__proto__: x\nContent-Type: a\ncontent-type: b\n\n\n")
    const { headers } = far.out.messages[1] as { readonly headers: object }
    assert.deepEqual(Object.entries(headers), [
      ["x-tag", "one"],
      ["__proto__", "x"]
    ])
    for (const [headers, detail] of [
      [{ "X-A": "1\nInterop-Rpc-Id: 9" }, /"X-A".*no line break/],
      [{ "X A": "1" }, /"X A".*single hyphens/],
      [{ "interop-rpc-id": "1" }, /"interop-rpc-id".*own/],
      [{ "content-length": "1" }, /own/]
    ] as const) {
      const refusal = near.writes(ask(2, "Add", { a: 1, b: 2 }, headers)) as Extract<Refusal, { detail: string }>
      assert.strictEqual(refusal._tag, "InvalidPayload")
      assert.match(refusal.detail, detail)
    }
    assert.match(JSON.stringify(near.writes(ask(2, "Ticks", { count: 1 }, { count: "2" }))), /field of the payload/)
    assert.strictEqual(near.said(), "")
  })

  it("refuses what does not fit, and leaves nothing behind", () => {
    const near = dialer()
    const bad: ReadonlyArray<Message> = [
      ask(1, "Add", { a: "1", b: 2 }),
      ask(1, "Ticks", { count: "many" }),
      ask(1, "Spread", { name: "a\nb", deep: true, size: 1, list: [] }),
      ask(1, "Spread", { name: " a", deep: true, size: 1, list: [] }),
      ask(1, "Spread", { name: "a\rb", deep: true, size: 1, list: [] }),
      ask(1, "Say", { text: "\ud800" }),
      ask(1, "Echo", { body: "text" }),
      event("Note", { text: 1 })
    ]
    for (const message of bad)
      assert.deepInclude(near.writes(message) as object, { _tag: "InvalidPayload", part: "payload" })
    assert.strictEqual(near.said(), "")
    near.hears("Interop-Rpc-Id: 0\n\n\n")
    assert.deepEqual(
      near.out.messages.map(({ _tag }) => _tag),
      ["Defect"]
    )
  })

  it("reads answers by their content type, and without one by the schema", () => {
    const answers: ReadonlyArray<readonly [tag: string, headers: string, body: string, value: unknown]> = [
      ["Ping", "Content-Type: application/json\n", '"pong"', "pong"],
      ["Ping", "Content-Type: application/json\n", '"pong"\n', "pong"],
      ["Ping", "Content-Type: application/json; charset=utf-8\n", '"pong"', "pong"],
      ["Ping", "Content-Type: text/plain\n", "pong", "pong"],
      ["Plain", "", "pong", "pong"],
      ["Plain", "", "", ""],
      ["Text", "", "pong\n", "pong\n"],
      ["Echo", "", "a\n\nb\0\r\n", [97, 10, 10, 98, 0, 13, 10]],
      ["Echo", "Content-Type: application/octet-stream\n", "", []],
      ["Echo", "Content-Type: text/plain\n", "a", [97]],
      ["Echo", "Content-Type: application/json\n", '"AQI="', [1, 2]],
      ["Add", "", "3\n", 3],
      ["Add", "Content-Type: text/plain\n", "3", 3],
      ["Add", "Content-Type: application/octet-stream\n", "3", 3],
      ["Maybe", "Content-Type: application/json\n", "3", 3],
      ["Empty", "Content-Type: application/json\n", "null", undefined],
      ["Empty", "", "whatever", undefined]
    ]
    for (const [tag, headers, body, value] of answers) {
      const near = dialer()
      near.writes(ask(1, tag, tag === "Echo" ? { body: new Uint8Array(0) } : tag === "Add" ? { a: 1, b: 2 } : {}))
      near.hears(`Interop-Rpc-Id: 0\n${headers}Content-Length: ${body.length}\n\n${body}\n`)
      const [message] = near.out.messages as ReadonlyArray<{ readonly value: unknown }>
      const read = message?.value instanceof Uint8Array ? bytesOf(message.value) : message?.value
      assert.deepEqual(near.out.refused, [], `${tag} ${headers}${body}`)
      assert.deepEqual(read, value, `${tag} ${headers}${body}`)
    }
  })

  it("refuses an answer that it cannot read, and says why", () => {
    const answers: ReadonlyArray<readonly [tag: string, headers: string, body: string, detail: RegExp]> = [
      ["Add", "Content-Type: application/json\n", "3.5", /./],
      ["Add", "Content-Type: application/json\n", "{", /JSON/],
      ["Add", "Content-Type: application/xml\n", "<a/>", /content type "application\/xml" is unknown/],
      ["Add", "Content-Type: text/plain; charset=latin1\n", "3", /is unknown/],
      ["Add", "", "three", /./],
      ["Total", "Total: many\n", "", /./]
    ]
    for (const [tag, headers, body, detail] of answers) {
      const near = dialer()
      near.writes(ask(1, tag, { a: 1, b: 2 }))
      near.hears(`Interop-Rpc-Id: 0\n${headers}Content-Length: ${body.length}\n\n${body}\n`)
      const [refused] = near.out.refused
      assert.deepInclude(refused!, { about: "call", id: 1, method: place(client.says, tag) })
      assert.deepInclude(refused!.reason, { _tag: "InvalidPayload", part: "success" })
      assert.match((refused!.reason as { detail: string }).detail, detail)
    }
  })

  it("takes an answer of nothing where the schema does, and else says what a server means by it", () => {
    for (const tag of ["Empty", "Maybe", "Say"]) {
      const near = dialer()
      near.writes(ask(1, tag, { text: "" }))
      near.hears("Interop-Rpc-Id: 0\n\n\n")
      assert.deepEqual(near.out.messages, [
        { _tag: "Success", id: 1, method: place(client.says, tag), value: undefined }
      ])
    }
    for (const tag of ["Add", "Plain", "Echo", "Spread", "Total"]) {
      const near = dialer()
      near.writes(ask(1, tag, { a: 1, b: 1, body: new Uint8Array(0), name: "", deep: true, size: 1, list: [] }))
      near.hears("Interop-Rpc-Id: 0\n\n\n")
      assert.match(JSON.stringify(near.out.refused), /answer a class that they do not know with nothing/)
    }
  })

  it("reads an error as the application's where body or text is one, else as a defect with the text", () => {
    const body = '{"_tag":"Failed","code":7}'
    const errors: ReadonlyArray<readonly [tag: string, bytes: string, expected: object]> = [
      [
        "Add",
        `Interop-Error: x\nContent-Type: application/json\nContent-Length: ${body.length}\n\n${body}\n`,
        { _tag: "Failure" }
      ],
      ["Add", `Interop-Error: x\nContent-Length: ${body.length}\n\n${body}\n`, { _tag: "Failure" }],
      ["Fail", "Interop-Error: first\nInterop-Error: second\n\n\n", { _tag: "Failure", error: "first; second" }],
      ["Fail", "Interop-Error:\n\n\n", { _tag: "Failure", error: "" }],
      [
        "Add",
        "Interop-Error: panic: kaboom\nContent-Type: application/json\nContent-Length: 1\n\n1\n",
        defect("panic: kaboom")
      ],
      ["Add", "interop-error: a\nINTEROP-ERROR: b\n\n\n", defect("a; b")],
      ["Add", "Interop-Error:\n\n\n", defect("an error without a text")],
      ["Empty", "Interop-Error: x\nContent-Type: application/strange\nContent-Length: 1\n\n1\n", defect("x")],
      [
        "Empty",
        "Interop-Error: x\nContent-Type: application/vnd.effect-ipc.refusal+json\nContent-Length: 1\n\n{\n",
        defect("x")
      ]
    ]
    for (const [tag, bytes, expected] of errors) {
      const near = dialer()
      near.writes(ask(1, tag, { a: 1, b: 2 }))
      near.hears(`Interop-Rpc-Id: 0\n${bytes}`)
      assert.deepEqual(near.out.refused, [])
      assert.deepInclude(near.out.messages[0]!, { id: 1, method: place(client.says, tag), ...expected })
      const { error } = near.out.messages[0] as { readonly error?: unknown }
      if (tag === "Add" && error !== undefined) assert.instanceOf(error, Words.Failed)
    }
  })

  it("counts an answer that nobody waits for as late, once answered or cancelled", () => {
    const near = dialer()
    near.writes(ask(1, "Empty"))
    near.writes({ _tag: "Cancel", id: 1, method: 0 })
    near.writes(ask(2, "Empty"))
    near.hears("Interop-Rpc-Id: 0\n\n\nInterop-Rpc-Id: 1\n\n\nInterop-Rpc-Id: 1\n\n\nInterop-Rpc-Id: none\n\n\n")
    assert.deepEqual(
      near.out.messages.map((message) => [message._tag, (message as { id: number }).id]),
      [
        ["Defect", 0],
        ["Success", 2],
        ["Defect", 0],
        ["Defect", 0]
      ]
    )
  })

  it("takes events by class, whether or not they have an id, and passes over answers to its own", () => {
    const near = dialer()
    near.hears("Interop-Rpc-Class: tick\nContent-Type: application/json\nContent-Length: 2\n\n1\n\n")
    near.hears("Interop-Rpc-Class: tick\nInterop-Rpc-Id: 77\nContent-Length: 1\n\n2\n")
    near.hears("Interop-Rpc-Id: \n\n\nContent-Length: 0\n\n\n\n\n")
    const method = place(client.answers, "Tick")
    assert.deepEqual(near.out.messages, [
      { _tag: "Event", method, payload: new Words.Tick({ n: 1 }), bytes: 2 },
      { _tag: "Event", method, payload: new Words.Tick({ n: 2 }), bytes: 1 }
    ])
    assert.deepEqual(near.out.refused, [])
    assert.strictEqual(near.said(), "")
  })

  it("reports events that it does not know or cannot read, and errors that belong to no call", () => {
    const near = dialer()
    near.hears("Interop-Rpc-Class: unknown\nContent-Length: 3\n\nabc\n")
    near.hears("Interop-Rpc-Class: tick\nContent-Length: 3\n\nabc\n")
    near.hears("Interop-Error: Unhandled exception: kaboom\n\n\n")
    assert.deepEqual(near.out.lostEvents, [3, 3])
    assert.deepEqual(
      near.out.refused.map(({ about, reason }) => [about, reason._tag]),
      [
        ["none", "UnknownMethod"],
        ["none", "InvalidPayload"],
        ["none", "RemoteDefect"]
      ]
    )
  })

  it("refuses the call whose answer is too large, and reads on", () => {
    const near = dialer({}, 200)
    near.writes(ask(1, "Plain"))
    near.writes(ask(2, "Empty"))
    near.hears(`Interop-Rpc-Id: 0\nContent-Length: 1000\n\n${"x".repeat(1000)}\nInterop-Rpc-Id: 1\n\n\n`)
    near.hears(`Content-Length: 1000\n\n${"x".repeat(1000)}\n`)
    assert.deepEqual(
      near.out.refused.map(({ about, id, reason }) => [about, id, reason._tag]),
      [
        ["call", 1, "Oversized"],
        ["none", 0, "Oversized"]
      ]
    )
    assert.deepEqual(
      near.out.messages.map(({ _tag }) => _tag),
      ["Success"]
    )
  })
})

describe("headers that are too large to be read", () => {
  const longest = 300
  const options = { maxHeaderBytes: longest, maxHeaders: 7, idPrefix: "p-" }

  it("are not written, as they would close the connection", () => {
    for (let size = 0; size < longest; size++) {
      const [near, far] = [dialer(options), acceptor(options)]
      const written = near.writes(ask(1, "Spread", { name: "x".repeat(size), deep: true, size: 1, list: [] }))
      far.hears(near.said())
      if (typeof written === "number") assert.strictEqual(far.out.messages[0]?._tag, "Request", `${size}`)
      else assert.match((written as { readonly detail: string }).detail, /headers of at most 2\d\d bytes/)
      assert.deepEqual(far.out.ends, [])
    }
  })

  it("are counted with those of the call", () => {
    const near = dialer(options)
    const headers = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`a${n}`, "1"]))
    assert.isNumber(near.writes(ask(1, "Empty", {}, headers(4))))
    assert.match(JSON.stringify(near.writes(ask(2, "Empty", {}, headers(5)))), /at most 7 headers, got 8/)
  })

  it("are no answer, and the caller is told", () => {
    const far = acceptor({ maxHeaderBytes: 1024 })
    far.hears(`Interop-Rpc-Class: Nullable\nInterop-Rpc-Id: ${"7".repeat(500)}\n\n\n`)
    const { id } = far.out.messages[0] as { readonly id: number }
    assert.isNotNumber(far.writes(succeed(id, "Nullable", { note: "x".repeat(500) })))
    assert.isNumber(far.writes(succeed(id, "Nullable", { note: "x".repeat(400) })))
  })
})

describe("a server of hx/interop", () => {
  it("answers to the very id, and to an empty one where there is none", () => {
    const ids = ["0", "7", "007", "abc-0", "699027631.3", "9".repeat(30), "ž", "a\rb", "-1", "1e3", ""]
    for (const id of ids) {
      const far = acceptor()
      far.hears(Buffer.from(`Interop-Rpc-Class: empty\nInterop-Rpc-Id: ${id}\n\n\n`))
      far.writes(succeed((far.out.messages[0] as { id: number }).id, "Empty", undefined))
      assert.strictEqual(far.said(), latin1(`Interop-Rpc-Id: ${id}\n\n\n`))
    }
    const far = acceptor()
    far.hears("Interop-Rpc-Class: empty\n\n\n")
    far.writes(succeed((far.out.messages[0] as { id: number }).id, "Empty", undefined))
    assert.strictEqual(far.said(), "Interop-Rpc-Id: \n\n\n")
  })

  it("takes the fields of a body for what they are called", () => {
    const far = acceptor()
    const fields = '{"__proto__":{"list":[1]}}'
    const head = `Interop-Rpc-Class: Spread\nName: a\nDeep: true\nInterop-Rpc-Id: 1\nContent-Length: ${fields.length}`
    far.hears(`${head}\n\n${fields}\n`)
    assert.deepEqual([far.out.messages, far.out.refused[0]?.reason._tag], [[], "InvalidPayload"])
  })

  it("keeps requests apart though their ids are the same, and answers each once", () => {
    const far = acceptor()
    far.hears("Interop-Rpc-Class: empty\nInterop-Rpc-Id: 5\n\n\n".repeat(2))
    const ids = far.out.messages.map((message) => (message as { id: number }).id)
    assert.strictEqual(new Set(ids).size, 2)
    for (const id of [...ids, ...ids]) far.writes(succeed(id, "Empty", undefined))
    assert.strictEqual(far.said(), "Interop-Rpc-Id: 5\n\n\n".repeat(2))
    far.hears("Interop-Rpc-Class: error\nInterop-Rpc-Id: 5\n\n\n")
    const failure = { _tag: "Failure", method: place(server.answers, "Fail"), error: "no" } as const
    const { id } = far.out.messages[2] as { readonly id: number }
    far.writes({ ...failure, id })
    assert.include(far.said(), "Interop-Error: no\n")
    far.writes({ ...failure, id })
    assert.strictEqual(far.said(), "")
  })

  it("refuses an unknown class, naming it, and what has no class", () => {
    const far = acceptor()
    far.hears("Interop-Rpc-Class: no\nInterop-Rpc-Id: 3\n\n\nInterop-Rpc-Id: 4\n\n\nInterop-Rpc-Class: no\n\n\n\n\n")
    assert.deepEqual(
      far.out.refused.map(({ about, reason }) => [about, reason._tag]),
      [
        ["duty", "UnknownMethod"],
        ["duty", "Malformed"],
        ["none", "UnknownMethod"],
        ["none", "Malformed"]
      ]
    )
    for (const { id, reason } of far.out.refused) far.writes({ _tag: "Defect", id, method: -1, reason })
    const [unknown, classless, ...more] = readAllStrictly(far.said())
    assert.deepInclude(unknown!.headers, ["Interop-Error", 'unknown class "no"'])
    assert.deepInclude(unknown!.headers, ["Interop-Rpc-Id", "3"])
    assert.deepInclude(classless!.headers, ["Interop-Rpc-Id", "4"])
    assert.lengthOf(more, 0)
  })

  it("takes an event with an id and answers it with nothing, and answers no other event", () => {
    const far = acceptor()
    const body = 'Content-Length: 12\n\n{"text":"a"}\n'
    far.hears(`Interop-Rpc-Class: Note\nInterop-Rpc-Id: 9\n${body}Interop-Rpc-Class: Note\n${body}`)
    assert.deepEqual(
      far.out.messages.map(({ _tag }) => _tag),
      ["Event", "Event"]
    )
    assert.lengthOf(far.out.refused, 1)
    for (const { id, reason } of far.out.refused) far.writes({ _tag: "Defect", id, method: -1, reason })
    assert.strictEqual(far.said(), "Interop-Rpc-Id: 9\n\n\n")
  })

  it("answers a payload that does not fit, an id or a body that is too large, and goes on", () => {
    const far = acceptor({}, 3000)
    far.hears("Interop-Rpc-Class: Add\nInterop-Rpc-Id: 1\nContent-Length: 2\n\n{}\n")
    far.hears(`Interop-Rpc-Class: Add\nInterop-Rpc-Id: 2\nContent-Length: 4000\n\n${"x".repeat(4000)}\n`)
    far.hears(`Interop-Rpc-Class: empty\nInterop-Rpc-Id: ${"i".repeat(1025)}\n\n\n`)
    far.hears(`Interop-Rpc-Id: ${"i".repeat(1025)}\n\n\n`)
    far.hears("Interop-Rpc-Class: empty\nInterop-Rpc-Id: 3\n\n\n")
    assert.deepEqual(
      far.out.refused.map(({ about, reason }) => [about, reason._tag]),
      [
        ["duty", "InvalidPayload"],
        ["duty", "Oversized"],
        ["none", "Malformed"],
        ["none", "Malformed"]
      ]
    )
    assert.deepEqual(
      far.out.messages.map(({ _tag }) => _tag),
      ["Request"]
    )
  })

  it("loses the connection where the framing is lost, and skips a second stream", () => {
    const far = acceptor()
    far.hears("nope\n\n\nInterop-Rpc-Class: empty\n\n\n")
    assert.deepEqual([far.out.messages, far.said()], [[], ""])
    assert.lengthOf(far.out.ends, 1)
    const other = acceptor()
    other.codec.read(Buffer.from("text\n"), other.out, 1)
    assert.strictEqual(other.out.strayed, "text\n")
    other.hears("Interop-Rpc-Class: empty\n")
    assert.isTrue(other.codec.unfinished)
    other.codec.abandon(other.out)
    assert.isTrue(other.codec.unfinished)
    other.codec.end(other.out)
    assert.isFalse(other.codec.unfinished)
    assert.strictEqual(other.out.skipped, "Interop-Rpc-Class: empty\n")
  })

  it("refuses a value that does not fit, and then says so to the same id", () => {
    const far = acceptor()
    far.hears('Interop-Rpc-Class: Add\nInterop-Rpc-Id: 1\nContent-Length: 13\n\n{"a":1,"b":2}\n')
    const { id } = far.out.messages[0] as { readonly id: number }
    const method = place(server.answers, "Add")
    const refusal = far.writes(succeed(id, "Add", "three")) as Refusal
    assert.deepInclude(refusal, { _tag: "InvalidPayload", part: "success" })
    assert.deepInclude(far.writes({ _tag: "Failure", id, method, error: 1 }) as object, {
      _tag: "InvalidPayload",
      part: "error"
    })
    assert.strictEqual(far.said(), "")
    far.writes({ _tag: "Defect", id, method, reason: refusal })
    assert.include(far.said(), "Interop-Rpc-Id: 1\n")
    assert.strictEqual(far.writes(succeed(id, "Add", 3)), 0)
    assert.strictEqual(far.said(), "")
  })
})

describe("hx/interop between two of ours", () => {
  const frames = ["stream", "message"] as const

  it.each(frames)("carries values of each mapping, in a %s", (way) => {
    const bytes = Uint8Array.of(0, 10, 255)
    const large = new Uint8Array(40_000).fill(7)
    const values: ReadonlyArray<readonly [tag: string, payload: object, value: unknown]> = [
      ["Ping", {}, "pong"],
      ["Plain", {}, "žluť\n"],
      ["Raw", {}, ""],
      ["Echo", { body: bytes }, bytes],
      ["Echo", { body: large }, large],
      ["Echo", { body: new Uint8Array(0) }, new Uint8Array(0)],
      ["HeaderList", { foo: "5", barBaz: "" }, [["a", "b"]]],
      ["HeaderList", {}, []],
      ["Empty", {}, undefined],
      ["Add", { a: 1, b: -2 }, -1],
      ["Spread", { name: "5", deep: false, size: null, list: [1] }, { total: 1, note: "true", rest: bytes }],
      ["Spread", { name: "true", deep: true, size: -1.5e-9, list: [] }, { total: 0, note: "", rest: large }],
      ["Blob", { name: "ž", bytes }, undefined],
      ["Blob", { name: "", bytes: large }, undefined],
      ["Say", { text: "" }, undefined],
      ["Say", { text: "\n\nž" }, undefined],
      ["Maybe", {}, undefined],
      ["Optional", {}, {}],
      ["Filled", {}, { name: "a", bytes }],
      ["Hold", {}, new Words.Held({ name: "a", bytes })],
      ["Optional", {}, { note: "a" }],
      ["Maybe", { a: 1 }, 0],
      ["Total", {}, { total: 12 }],
      ["Nullable", {}, { note: null }],
      ["Nullable", {}, { note: "", more: 0 }]
    ]
    for (const [tag, payload, value] of values) {
      const { answered, asked, bytes } = exchange(tag, payload, (id) => succeed(id, tag, value), { frames: way })
      assert.deepInclude({ ...(asked as { payload: object }).payload }, payload, tag)
      assert.deepEqual((answered as { value: unknown }).value, value, tag)
      for (const text of bytes) assert.lengthOf(readAllStrictly(text), 1, tag)
      if (way === "message") for (const text of bytes) assert.match(text, /Content-Length/)
    }
  })

  it("carries a typed error as an instance of its class, and as a line for others", () => {
    const method = place(server.answers, "Add")
    const { answered, bytes } = exchange("Add", { a: 1, b: 2 }, (id) => ({
      _tag: "Failure",
      id,
      method,
      error: new Words.Failed({ code: 3 })
    }))
    assert.instanceOf((answered as { error: unknown }).error, Words.Failed)
    assert.include(bytes[1], "Interop-Error: Failed\n")
    const text = exchange("Fail", {}, (id) => ({
      _tag: "Failure",
      id,
      method: place(server.answers, "Fail"),
      error: "l1\nl2\0\ud800 "
    }))
    assert.deepEqual(readAllStrictly(text.bytes[1])[0]!.headers[1], ["Interop-Error", "l1 l2 \ufffd"])
  })

  it("carries every refusal as what it is, in text that others can read", () => {
    const refusals: ReadonlyArray<Refusal> = [
      { _tag: "UnknownMethod" },
      { _tag: "InvalidPayload", part: "payload", detail: "a\nb" },
      { _tag: "Oversized", bytes: 5, maxBytes: 4 },
      { _tag: "Overloaded", what: "calls", limit: 4 },
      { _tag: "Draining" },
      { _tag: "TimedOut", afterMillis: 5 },
      { _tag: "PeerSilent", afterMillis: 5 },
      { _tag: "HandshakeTimedOut", afterMillis: 5 },
      { _tag: "Malformed", detail: "m" },
      { _tag: "RemoteDefect", detail: "Error: l1\r\nl2", stack: "at x" },
      { _tag: "RemoteDefect", detail: "" },
      { _tag: "Unauthorized", detail: "u" },
      { _tag: "Disconnected", detail: "d" },
      { _tag: "Unsayable", detail: "s" }
    ]
    for (const reason of refusals) {
      const { answered, bytes } = exchange("Add", { a: 1, b: 2 }, (id) => ({ _tag: "Defect", id, method: 0, reason }))
      assert.deepInclude((answered as { reason: object }).reason, reason)
      const [message] = readAllStrictly(bytes[1])
      assert.isNotEmpty(message!.headers.find(([name]) => name === "Interop-Error")![1])
    }
    // Each side names itself first.
    const { answered } = exchange("Empty", {}, (id) => ({
      _tag: "Defect",
      id,
      method: 0,
      reason: { _tag: "Incompatible", local: "a", remote: "b" }
    }))
    assert.deepInclude((answered as { reason: object }).reason, { local: "b", remote: "a" })
  })

  it("carries values by content types of the user's", () => {
    const upper: ContentType.ContentType = {
      name: "text/upper",
      encode: (json) => new TextEncoder().encode(String(json).toUpperCase()),
      decode: (bytes, start, end) => Buffer.from(bytes.subarray(start, end)).toString().toLowerCase()
    }
    const near = dialer({ contentTypes: [upper] })
    near.writes(ask(1, "Plain"))
    near.hears("Interop-Rpc-Id: 0\nContent-Type: text/upper; x=y\nContent-Length: 2\n\nAB\n")
    assert.deepInclude(near.out.messages[0]!, { _tag: "Success", value: "ab" })
  })
})

describe("the recorded conversations of hx/interop", () => {
  const of = (end: string) => vectors.sessions.filter(({ name }) => name.endsWith(end))

  it("are read by our server: each request by its class, with all it carries", () => {
    for (const { base64: text, name } of of(".c2s.bin")) {
      const far = acceptor()
      far.hears(base64(text))
      assert.deepEqual(far.out.refused, [], name)
      const tags = far.out.messages.map((message) => server.answers[(message as { method: number }).method]!.tag)
      assert.deepEqual(
        tags.slice(0, 9),
        ["Ping", "Echo", "HeaderList", "Empty", "Raw", "Text", "Fail", "Ticks", "NoSuch"],
        name
      )
      const payloads = far.out.messages.map((message) => (message as { payload: object }).payload)
      assert.deepEqual(bytesOf((payloads[1] as Words.Echo).body), [97, 10, 10, 98, 0, 13, 10], name)
      assert.deepEqual((payloads[7] as Words.Ticks).count, 3, name)
      assert.strictEqual((payloads[2] as Words.HeaderList).foo, "1", name)
      const slow = payloads.find((payload) => payload instanceof Words.Slow)
      if (slow !== undefined) assert.strictEqual(slow.ms, 200)
    }
  })

  it("are read by our client: each answer by its call, and the events between", () => {
    const tags = ["Ping", "Echo", "HeaderList", "Empty", "Raw", "Text", "Fail", "Ticks", "NoSuch"]
    for (const { base64: text, name } of of(".s2c.bin")) {
      const near = dialer()
      // Go counts from 0, the others from 1.
      const first = name.startsWith("go-client") ? 1 : 2
      for (const [index, tag] of tags.entries()) {
        near.writes(ask(first + index, tag, { body: new Uint8Array(0), count: 3 }))
      }
      near.hears(base64(text))
      const answers = near.out.messages.filter(({ _tag }) => _tag === "Success" || _tag === "Failure")
      const valueOf = (tag: string): unknown => {
        const answer = answers.find((message) => (message as { method: number }).method === place(client.says, tag))
        return (answer as { value?: unknown })?.value ?? (answer as { error?: unknown })?.error
      }
      assert.strictEqual(valueOf("Ping"), "pong", name)
      assert.deepEqual(bytesOf(valueOf("Echo")), [97, 10, 10, 98, 0, 13, 10], name)
      assert.deepInclude(valueOf("HeaderList") as Array<unknown>, ["Interop-Rpc-Class", "headers"], name)
      assert.strictEqual(valueOf("Raw"), "pong\n", name)
      assert.match(valueOf("Fail") as string, /^first(; second)?$/, name)
      assert.strictEqual(valueOf("Ticks"), 3, name)
      const ticks = near.out.messages.filter(({ _tag }) => _tag === "Event")
      assert.deepEqual(
        ticks.map((message) => (message as { payload: Words.Tick }).payload.n),
        [1, 2, 3],
        name
      )
      // Whoever has no such class answers with nothing, and Go's handler of strings does too.
      const refused = near.out.refused.filter(({ about }) => about === "call")
      assert.include(
        refused.map(({ method }) => client.says[method]!.tag),
        "NoSuch",
        name
      )
      for (const { reason } of refused) assert.match(JSON.stringify(reason), /do not know with nothing/, name)
    }
  })
})

describe("a codec of hx/interop", () => {
  /** A client that has asked the calls of a recorded conversation. */
  const asking = (options?: HxInterop.Options) => {
    const near = dialer(options)
    for (const [index, tag] of ["Ping", "Echo", "HeaderList", "Empty", "Raw", "Text", "Fail", "Ticks"].entries()) {
      near.writes(ask(index + 1, tag, { body: new Uint8Array(0), count: 3 }))
    }
    near.said()
    return near
  }

  it("reads the same however the bytes are cut", () => {
    const [c2s, s2c] = ["go-client.go-server.c2s.bin", "go-client.go-server.s2c.bin"].map((name) =>
      base64(vectors.sessions.find((one) => one.name === name)!.base64).slice(0, 450)
    )
    for (const [make, bytes] of [
      [acceptor, c2s!],
      [asking, s2c!]
    ] as const) {
      const whole = make()
      whole.hears(bytes)
      assert.isAbove(whole.out.messages.length, 3)
      for (let at = 1; at < bytes.length; at++) {
        const cut = make()
        for (const piece of [bytes.slice(0, at), bytes.slice(at)]) lend(piece, (chunk) => cut.hears(chunk))
        assert.strictEqual(JSON.stringify(cut.out.said), JSON.stringify(whole.out.said), `cut at ${at}`)
      }
      const byByte = make()
      for (const byte of bytes) lend(Uint8Array.of(byte), (chunk) => byByte.hears(chunk))
      assert.deepEqual(byByte.out.said, whole.out.said)
    }
  })

  it("reads any bytes without throwing, and answers whatever it owes", () => {
    const part = fc.constantFrom(
      "Interop-Rpc-Class: Add\n",
      "Interop-Rpc-Class: Note\n",
      "Interop-Rpc-Class: tick\n",
      "Interop-Rpc-Class: x\n",
      "Interop-Rpc-Id: 0\n",
      "Interop-Rpc-Id:\n",
      "Interop-Error: e\n",
      "Content-Length: 2\n",
      "Count: 3\n",
      "Content-Type: application/json\n",
      "Content-Type: application/vnd.effect-ipc.refusal+json\n",
      "Content-Type: x\n",
      "\n",
      "\n\n{}\n",
      "\n\n12\n",
      "\r\n",
      "\0",
      ": "
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 40 }), fc.boolean(), (parts, inFrames) => {
        const frames = inFrames ? "message" : "stream"
        for (const peer of [acceptor({ frames }), asking({ frames })]) {
          peer.hears(parts.join(""))
          for (const { about, id, reason } of peer.out.refused) {
            if (about === "duty") peer.writes({ _tag: "Defect", id, method: -1, reason })
          }
          peer.codec.end(peer.out)
          assert.doesNotThrow(() =>
            readAllStrictly(peer.said().replaceAll("Interop-Rpc-Id: \n", "Interop-Rpc-Id: 0\n"))
          )
        }
      }),
      { numRuns: 200 }
    )
  })
})

describe("a mapping to hx/interop", () => {
  it("is what the wire says it can say", () => {
    const { can, eventWindow } = HxInterop.wire()
    assert.deepInclude(can, { correlate: "id", fault: true, ask: false, stream: false, cancel: false })
    assert.strictEqual(eventWindow, Infinity)
    assert.isUndefined(HxInterop.wire().objection!(client))
    assert.isUndefined(HxInterop.wire().objection!(server))
  })

  const objection = (annotations: HxInterop.Annotations, options: HxInterop.Options = {}): string | undefined => {
    class One extends Request.Class<One>()("One", {
      payload: { a: Schema.Int, b: Schema.String },
      success: Schema.Struct({ c: Schema.Int, d: Schema.Int, f: Schema.Struct({}) }),
      annotations: HxInterop.annotations(annotations)
    }) {}
    class Two extends Request.Class<Two>()("Two", {}) {}
    const protocol = Protocol.make("p", { version: "1.0.0", server: [Two, One] })
    const sides = (["client", "server"] as const).map((side) =>
      HxInterop.wire(options).objection!(Lexicon.compile(protocol, side))
    )
    assert.deepEqual(sides[0], sides[1])
    return sides[0] === undefined ? undefined : `${sides[0].tag}: ${sides[0].detail}`
  }

  it("is refused when the peer is built, where it cannot be said", () => {
    const bad: ReadonlyArray<readonly [HxInterop.Annotations, RegExp]> = [
      [{ class: "Two" }, /^One: Two has the class "Two" too/],
      [{ class: "a\nb" }, /^One: the class "a\\nb" cannot be/],
      [{ class: "" }, /^One: the class "" cannot be/],
      [{ headers: ["c"] }, /^One: the payload has no field "c"/],
      [{ headers: ["toString"] }, /has no field "toString"/],
      [{ body: "c" }, /^One: the payload has no field "c"/],
      [{ headers: ["a"], body: "a" }, /said twice/],
      [{ headers: ["a", "a"] }, /said twice/],
      [{ body: "a" }, /^One: the field "b" of the payload is no header and not the body/],
      [{ headers: { a: "X Y" } }, /"X Y" is no name of a header/],
      [{ headers: { a: "interop-rpc-id" } }, /"Interop-Rpc-Id" is hx\/interop's own/],
      [{ headers: { a: "x-tag", b: "X-TAG" } }, /two fields have the header "X-Tag"/],
      [{ contentType: "application/xml" }, /"application\/xml" is unknown: give it to the wire/],
      [{ success: { headers: ["e"] } }, /^One: the success has no field "e"/],
      [{ success: { contentType: "x" } }, /is unknown/],
      [{ success: { headers: ["f"] } }, /^One: the field "f" is an object/]
    ]
    for (const [annotations, detail] of bad) assert.match(objection(annotations) ?? "", detail)
    const good: ReadonlyArray<HxInterop.Annotations> = [
      {},
      { class: "one" },
      { headers: ["a"], body: "b" },
      { headers: { a: "X", b: "Y" }, success: { headers: ["c", "d"] } },
      { contentType: "text/plain" }
    ]
    for (const annotations of good) assert.isUndefined(objection(annotations))
    assert.match(objection({}, { idPrefix: "a\n" }) ?? "", /ids cannot begin with/)
    assert.match(objection({}, { idPrefix: "a".repeat(129) }) ?? "", /ids cannot begin with/)
    assert.isUndefined(objection({}, { idPrefix: "a".repeat(128) }))
  })

  it("is refused for an event with an answer, and for fields of what has none", () => {
    const spread = HxInterop.annotations({ success: { body: "n" } })
    class Bang extends Event.Class<Bang>()("Bang", { n: Schema.Int }, { annotations: spread }) {}
    class Get extends Request.Class<Get>()("Get", { success: Schema.Int, annotations: spread }) {}
    const of = (member: typeof Bang | typeof Get) =>
      HxInterop.wire().objection!(Lexicon.compile(Protocol.make("p", { version: "1.0.0", server: [member] }), "server"))
    assert.deepEqual(of(Bang), { tag: "Bang", detail: "an event has no answer to spread" })
    assert.deepEqual(of(Get), { tag: "Get", detail: 'the success has no field "n"' })
  })
})

const event = (tag: string, payload: object): Message => ({
  _tag: "Event",
  method: place(client.says, tag),
  payload,
  bytes: 0
})

const defect = (detail: string): object => ({ _tag: "Defect", reason: { _tag: "RemoteDefect", detail } })
