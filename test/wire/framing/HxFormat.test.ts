import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import { format, type HxOptions } from "../../../src/wire/framing/HxFormat.ts"
import type { HxHead } from "../../../src/wire/framing/HxHead.ts"
import { HxReader } from "../../../src/wire/framing/HxReader.ts"
import { type HxHeader, HxHeaders, type HxMessage } from "../../../src/wire/framing/HxMessage.ts"
import { WriteBuffer } from "../../../src/wire/WriteBuffer.ts"
import { concat, cut, sizes } from "../tools.ts"
import { base64, find, Finder, latin1, vectors, written } from "./hx.ts"
import { readStrictly } from "./hxStrict.ts"

/** Where we read otherwise than Go: what is lost, and why that is safer. */
const safer: Readonly<Record<string, string>> = {
  cl_neg: "a length below zero does not say where the message ends; Go takes it for 0 and goes on",
  cl_junk: "a length that is no number does not either; Go takes it for 0 and goes on"
}

const everyByte = (bytes: Uint8Array): ReadonlyArray<Uint8Array> => cut(bytes, [1])

describe("hx/interop in a stream", () => {
  it("reads what each implementation wrote as Go does, whole and cut at every byte", () => {
    for (const { base64: text, name, reads_as } of vectors.messages) {
      const bytes = base64(text)
      const expected = reads_as.go.messages.map(({ headers, body_b64 }) => ({
        headers,
        body: Buffer.from(body_b64, "base64").toString("latin1")
      }))
      const found = find([bytes])
      assert.deepEqual(found.messages, expected, name)
      assert.strictEqual(found.losses.length > 0, reads_as.go.end.startsWith("bad header"), name)
      assert.deepEqual(find(everyByte(bytes)), found, name)
      for (let at = 1; at < bytes.length; at++) {
        assert.deepEqual(find([bytes.subarray(0, at), bytes.subarray(at)]), found, `${name} cut at ${at}`)
      }
    }
  })

  it("reads all of their conversations, whole and cut at every byte", () => {
    for (const { base64: text, name } of vectors.sessions) {
      const bytes = base64(text)
      const found = find([bytes])
      assert.deepEqual([found.losses, found.refused, found.junked], [[], [], ""], name)
      assert.isAbove(found.messages.length, 5, name)
      assert.deepEqual(find(everyByte(bytes)), found, name)
      assert.deepEqual(find(cut(bytes, [7, 64, 1])), found, name)
    }
  })

  it("reads hostile bytes as Go does, but where that would be a guess", () => {
    for (const { go, input, name } of vectors.hostile) {
      const found = find([latin1(input)])
      assert.deepEqual(find(everyByte(latin1(input))), found, name)
      const end = go.at(-1)!
      // Go reads lines up to an empty one before it looks at any of them; the messages are the same.
      const sooner = name === "one_nl_before_msg"
      const fails = sooner || safer[name] !== undefined || end.end === undefined || !end.end.endsWith("EOF")
      assert.strictEqual(found.losses.length > 0, fails, name)
      assert.deepEqual(found.refused, [], name)
      if (safer[name] !== undefined) continue
      const expected = go.filter(({ h }) => h !== undefined).map(({ b, h }) => ({ headers: h!, body: b! }))
      assert.deepEqual(found.messages, expected, name)
    }
  })

  it("writes what each of their readers reads as the same message", () => {
    for (const { base64: text, name } of vectors.messages) {
      for (const message of find([base64(text)]).messages) {
        // Names that not all read alike are not written.
        if (message.headers.some(([header]) => header.includes("_"))) continue
        const bytes = written(message.headers, message.body)
        assert.isString(bytes, name)
        const again = find([latin1(bytes as string)])
        const isLength = ([header]: HxHeader): boolean => header === "Content-Length"
        const withoutLength = message.headers.filter((header) => !isLength(header))
        assert.deepEqual(
          again.messages.map(({ body, headers }) => ({ body, headers: headers.filter((one) => !isLength(one)) })),
          [{ body: message.body, headers: withoutLength }],
          name
        )
        assert.deepEqual(readStrictly(bytes as string), again.messages[0], name)
      }
    }
  })

  it("writes the very bytes of Go where those say their length", () => {
    let same = 0
    for (const { base64: text, name, writer } of vectors.messages) {
      const [message] = find([base64(text)]).messages
      if (!writer.startsWith("Go") || message === undefined || message.headers.length === 0) continue
      const counts = message.body === "" || message.headers.some(([header]) => header === "Content-Length")
      if (!counts || message.headers.some(([header]) => header.includes("_"))) continue
      assert.strictEqual(written(message.headers, message.body), Buffer.from(base64(text)).toString("latin1"), name)
      same++
    }
    assert.isAbove(same, 10)
  })

  it("skips a body that is too large, byte for byte, and reads the next message", () => {
    const next = "B: 1\n\n\n"
    for (const end of ["\n", "\r\n"]) {
      const bytes = latin1(`A: 1\nContent-Length: 100\n\n${"\n".repeat(100)}${end}${next}`)
      for (const pieces of [[bytes], everyByte(bytes), cut(bytes, [30]), cut(bytes, [126])]) {
        const found = find(pieces, { maxFrameBytes: 125 })
        assert.deepEqual(found.refused, [{ _tag: "Oversized", bytes: 126, maxBytes: 125 }])
        assert.deepEqual(found.messages, [{ headers: [["B", "1"]], body: "" }])
        assert.deepEqual([found.losses, found.junked], [[], ""])
      }
      assert.lengthOf(find([bytes], { maxFrameBytes: 126 }).messages, 2)
    }
  })

  it("loses the framing when a body that was skipped is longer than it said", () => {
    for (const rest of ["x", "\rx", "\r\r"]) {
      const bytes = latin1(`Content-Length: 100\n\n${"x".repeat(100)}${rest}`)
      for (const pieces of [[bytes], everyByte(bytes)]) {
        const found = find(pieces, { maxFrameBytes: 50 })
        assert.deepEqual([found.refused.length, found.losses.length], [1, 1])
      }
    }
  })

  it("skips a body without a length that is too large up to its empty line", () => {
    for (const end of ["\n", "\r\n"]) {
      for (const body of ["ab\n".repeat(30), "x".repeat(90) + "\n", "\rx\n".repeat(30), "x\r\n".repeat(30)]) {
        const bytes = latin1(`A: 1\n\n${body}${end}B: 1\n\n\n`)
        for (const pieces of [[bytes], everyByte(bytes), cut(bytes, [50]), cut(bytes, [97]), cut(bytes, [96, 1])]) {
          const found = find(pieces, { maxFrameBytes: 6 + body.length })
          const tooSmall = find(pieces, { maxFrameBytes: 40 })
          assert.deepEqual([found.refused, found.messages.length], [[], 2])
          assert.deepEqual(tooSmall.refused, [{ _tag: "Oversized", bytes: 41, maxBytes: 40 }])
          assert.deepEqual(tooSmall.messages, [{ headers: [["B", "1"]], body: "" }])
          assert.deepEqual([tooSmall.losses, tooSmall.junked], [[], ""])
        }
      }
    }
  })

  it("takes nothing for the length of a message that no message has", () => {
    for (const length of ["4294967297", "999999999999999", "1".repeat(20), "9".repeat(400)]) {
      const found = find([latin1(`Content-Length: ${length}\n\nabc\n`)])
      assert.deepEqual(found.losses, [
        { _tag: "Malformed", detail: found.losses[0]!._tag === "Malformed" ? found.losses[0]!.detail : "" }
      ])
      assert.deepEqual([found.refused, found.messages], [[], []])
    }
    assert.lengthOf(find([latin1("Content-Length: 4294967296\n\nabc")]).refused, 1)
    assert.deepEqual(find([latin1("Content-Length: 0000000000000000000000003\n\nabc\n")]).messages[0]!.body, "abc")
  })

  it("loses the framing where two lengths differ, in whatever case, and not where they agree", () => {
    assert.lengthOf(find([latin1("Content-Length: 3\nCONTENT-length: 4\n\nabc\n")]).losses, 1)
    assert.lengthOf(find([latin1("Content-Length:\nCONTENT-length: 3\n\nabc\n")]).losses, 1)
    assert.deepEqual(find([latin1("Content-Length: 3\nCONTENT-length: 03\n\nabc\n")]).messages[0]!.body, "abc")
  })

  it("bounds the headers of a message, however they are cut", () => {
    const many = latin1(`${"A: b\n".repeat(9)}\n\n`)
    const long = latin1(`A: ${"b".repeat(200)}\n\n\n`)
    for (const [bytes, most, least] of [
      [many, { maxHeaders: 8 }, { maxHeaders: 9 }],
      [long, { maxHeaderBytes: 204 }, { maxHeaderBytes: 205 }]
    ] as const) {
      for (const pieces of [[bytes], everyByte(bytes), cut(bytes, [100])]) {
        assert.deepEqual([find(pieces, most).losses.length, find(pieces, most).messages.length], [1, 0])
        assert.deepEqual([find(pieces, least).losses.length, find(pieces, least).messages.length], [0, 1])
      }
    }
  })

  it("keeps no memory of a message that was read", () => {
    const heads: Array<HxHead> = []
    const ignore = () => {}
    const sink = {
      message: (head: HxHead) => void heads.push(head),
      junk: ignore,
      refuse: ignore,
      lost: ignore,
      whole: () => 0
    }
    const reader = new HxReader(sink, { maxFrameBytes: 1e6, maxHeaderBytes: 1000, maxHeaders: 9 })
    for (const piece of everyByte(latin1("A: b\nContent-Length: 3\n\nabc\n"))) reader.read(piece)
    assert.deepEqual(
      heads.map(({ bytes }) => bytes.length),
      [0]
    )
  })

  it("writes no more headers than are read", () => {
    const write = (headers: ReadonlyArray<HxHeader>, options: HxOptions) => {
      const buffer = new WriteBuffer()
      const framer = format(options).open({ maxFrameBytes: 1024 })
      return framer.write({ headers: HxHeaders.make(headers), body: Uint8Array.of(1) }, buffer)
    }
    const many: ReadonlyArray<HxHeader> = Array.from({ length: 4 }, (_, n) => [`A${n}`, ""])
    assert.isNumber(write(many, { maxHeaders: 5 }))
    assert.isNumber(write([...many, ["Content-Length", "1"]], { maxHeaders: 5 }))
    assert.deepInclude(write(many, { maxHeaders: 4 }), { _tag: "Unsayable" })
    // A: bbb, Content-Length: 1, an empty line.
    assert.isNumber(write([["A", "bbb"]], { maxHeaderBytes: 26 }))
    assert.deepEqual(write([["A", "bbb"]], { maxHeaderBytes: 25 }), { _tag: "Oversized", bytes: 26, maxBytes: 25 })
  })

  it("reads nothing more once the framing is lost, or the end has come", () => {
    const found = find([latin1("nope\n\n\n"), latin1("A: b\n\n\n")])
    assert.deepEqual([found.losses.length, found.messages.length, found.junked], [1, 0, ""])
  })

  it("reads the same however bytes are cut, never throws, and finds each message once", () => {
    const part = fc.constantFrom(
      "A: b\n",
      "\n",
      "\r\n",
      "Content-Length: 3\n",
      "abc",
      "é",
      ":",
      " ",
      "x\r",
      "Interop-Rpc-Id: 0\n"
    )
    const noise = fc.oneof(
      fc.array(part, { maxLength: 30 }).map((parts) => new Uint8Array(Buffer.from(parts.join("")))),
      fc.uint8Array({ maxLength: 200 })
    )
    fc.assert(
      fc.property(noise, sizes, fc.integer({ min: 8, max: 60 }), (bytes, pieces, maxFrameBytes) => {
        const options = { maxFrameBytes, maxHeaders: 5, maxHeaderBytes: 50 }
        assert.deepEqual(find(cut(bytes, pieces), options), find([bytes], options))
      }),
      { numRuns: 600 }
    )
  })

  it("keeps no more memory for a body than twice its size", () => {
    for (const pieces of [1, 7, 5000]) {
      const framer = format().open({ maxFrameBytes: 10_000 })
      const bodies: Array<Uint8Array> = []
      const out = Object.assign(new Finder(), { message: ({ body }: HxMessage) => void bodies.push(body) })
      const bytes = latin1(
        ["abc", "x".repeat(2000)].map((body) => `Content-Length: ${body.length}\n\n${body}\n`).join("")
      )
      for (const piece of cut(bytes, [pieces])) framer.read(piece, out)
      assert.deepEqual(
        bodies.map(({ length }) => length),
        [3, 2000]
      )
      for (const { buffer, length } of bodies) assert.isAtMost(buffer.byteLength, length * 2)
    }
  })

  it("gives whatever comes on a second stream back as junk", () => {
    const finder = new Finder()
    format().open({ maxFrameBytes: 100 }).read(latin1("A: b\n\n\n"), finder, 1)
    assert.deepEqual([finder.junked, finder.messages], ["A: b\n\n\n", []])
  })
})

const name = fc.stringMatching(/^[A-Za-z0-9]{1,8}(-[A-Za-z0-9]{1,5}){0,2}$/)
const value = fc.string({ unit: "grapheme", maxLength: 20 }).map((text) => text.replaceAll(/[\0\r\n]/g, "").trim())
const header = fc.tuple(
  name,
  value.filter((text) => !/^\u0085|\u0085$/.test(text))
)

describe("a written message", () => {
  it("is read again as it was, by us and by the strictest reader, in a stream and as a frame", () => {
    const headers = fc
      .array(header, { maxLength: 6 })
      .filter((all) => !all.some(([one]) => /^content-length$/i.test(one)))
    fc.assert(
      fc.property(headers, fc.uint8Array({ maxLength: 40 }), (pairs, body) => {
        for (const frames of ["stream", "message"] as const) {
          const text = written(pairs, body, { frames }) as string
          const found = find([latin1(text)], { frames })
          const kept = found.messages[0]!.headers.filter(([one]) => one !== "Content-Length")
          assert.deepEqual(
            kept.map(([, one]) => one),
            pairs.map(([, one]) => one)
          )
          assert.deepEqual(
            kept.map(([one]) => one.toLowerCase()),
            pairs.map(([one]) => one.toLowerCase())
          )
          assert.strictEqual(found.messages[0]!.body, Buffer.from(body).toString("latin1"))
          assert.deepEqual(readStrictly(text), found.messages[0])
          assert.lengthOf(found.messages, 1)
        }
      }),
      { numRuns: 200 }
    )
  })

  it("never carries a header that would be read as another one", () => {
    const bad: ReadonlyArray<HxHeader> = [
      ["a b", "x"],
      ["", "x"],
      ["a_b", "x"],
      ["-a", "x"],
      ["a-", "x"],
      ["a--b", "x"],
      ["a:", "x"],
      ["é", "x"],
      ["a\nb", "x"],
      ["Foo", "a\nBar: b"],
      ["Foo", "a\r"],
      ["Foo", "a\0b"],
      ["Foo", " a"],
      ["Foo", "a\u00a0"],
      ["Foo", "\u0085a"],
      ["Foo", "\ufeffa"],
      ["Foo", "\ud800"]
    ]
    for (const [one, text] of bad) {
      const refusal = written([
        ["Ok", "1"],
        [one, text]
      ])
      assert.deepInclude(refusal as object, { _tag: "Unsayable" })
      // The canonical name is the one that is said.
      assert.include(
        JSON.stringify(refusal).toLowerCase(),
        JSON.stringify(JSON.stringify(one)).slice(1, -1).toLowerCase()
      )
    }
  })

  it("says the length that its body has, once, whatever its headers say", () => {
    const wrong: ReadonlyArray<HxHeader> = [
      ["content-length", "999\n"],
      ["A", "b"],
      ["Content-Length", "7"]
    ]
    assert.strictEqual(written(wrong, "abc"), "Content-Length: 3\nA: b\n\nabc\n")
    assert.strictEqual(written([["A", "b"]], "abc"), "A: b\nContent-Length: 3\n\nabc\n")
    assert.strictEqual(written([["A", "b"]]), "A: b\n\n\n")
  })

  it("has a header and a length wherever JavaScript would miss them", () => {
    assert.strictEqual(written([]), "Content-Length: 0\n\n\n")
    assert.strictEqual(written([["A", "b"]], "", { frames: "message" }), "A: b\nContent-Length: 0\n\n\n")
  })
})

describe("hx/interop in frames", () => {
  const inFrames = (...frames: ReadonlyArray<string>) => find(frames.map(latin1), { frames: "message" })

  it("reads what JavaScript wrote as it meant it: without the LF that it puts after each body", () => {
    for (const { base64: text, name, reads_as } of vectors.messages) {
      const { js_frame } = reads_as
      const found = find([base64(text)], { frames: "message" })
      if ("error" in js_frame) {
        assert.isAtMost(found.messages.length, 1, name)
        continue
      }
      const body = Buffer.from(js_frame.body_b64, "base64").toString("latin1")
      const counted = js_frame.headers.some(([header]) => header === "Content-Length")
      assert.deepEqual(found.messages[0]?.body, counted ? body : body.replace(/\n$/, ""), name)
    }
  })

  it("refuses a bad message alone", () => {
    const good = "A: b\n\n\n"
    const bad = [
      "",
      "nope\n\n\n",
      "A: b\n",
      "Content-Length: x\n\n\n",
      "Content-Length: 1\nContent-Length: 2\n\nab\n",
      "Content-Length: 3\n\nab\n",
      "Content-Length: 3\n\nabcd\n",
      `Content-Length: ${"9".repeat(30)}\n\nabc\n`,
      `A: ${"b".repeat(70_000)}\n\n\n`,
      `${"A: b\n".repeat(129)}\n\n`
    ]
    for (const frame of bad) {
      const found = inFrames(good, frame, good)
      assert.deepEqual(
        found.refused.map(({ _tag }) => _tag),
        ["Malformed"],
        frame.slice(0, 40)
      )
      assert.deepEqual([found.messages.length, found.losses], [2, []])
    }
  })

  it("refuses a message that is too large", () => {
    const found = find([latin1(`A: b\n\n${"x".repeat(95)}`)], { frames: "message", maxFrameBytes: 100 })
    assert.deepEqual(found.refused, [{ _tag: "Oversized", bytes: 101, maxBytes: 100 }])
  })

  it("tells what follows a counted body in its frame", () => {
    const found = inFrames("Content-Length: 1\n\nx\r\nrest")
    assert.deepEqual([found.messages[0]!.body, found.junked], ["x", "rest"])
  })

  it("never throws on any frame", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const framed = concat("Content-Length: 5\n", bytes)
        assert.isAtMost(find([bytes, framed], { frames: "message" }).messages.length, 2)
      }),
      { numRuns: 200 }
    )
  })
})
