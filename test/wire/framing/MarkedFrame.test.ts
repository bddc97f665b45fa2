import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import { type Sum, sumBy } from "../../../src/wire/framing/Crc32.ts"
import * as Frame from "../../../src/wire/framing/MarkedFrame.ts"
import { bytesOf, checksum, concat, cut, hex, lend, sizes } from "../tools.ts"

const maxBodyBytes = 200

/** Takes down what a reader finds, one line each. Junk in a row is one line, however it was cut. */
class Found implements Frame.FrameSink {
  readonly lines: Array<string> = []
  #junk = ""

  frame(kind: number, flags: number, id: number, number: number, bytes: Uint8Array, start: number, end: number): void {
    this.#line(`frame ${kind} ${flags} ${id} ${number} ${hex(bytes.subarray(start, end))}`)
  }
  oversized(kind: number, id: number, number: number, bodyBytes: number): void {
    this.#line(`oversized ${kind} ${id} ${number} ${bodyBytes}`)
  }
  corrupt(kind: number, id: number, number: number): void {
    this.#line(`corrupt ${kind} ${id} ${number}`)
  }
  junk(bytes: Uint8Array): void {
    assert.isAbove(bytes.length, 0)
    this.#junk += Buffer.from(bytes).toString("latin1")
  }
  end(): this {
    if (this.#junk !== "") this.lines.push(`junk ${JSON.stringify(this.#junk)}`)
    this.#junk = ""
    return this
  }
  #line(line: string): void {
    this.end().lines.push(line)
  }
}

interface Fields {
  readonly kind?: number
  readonly flags?: number
  readonly id?: number
  readonly number?: number
  readonly body?: Uint8Array | string
  /** What the header says, when it lies. */
  readonly bodyBytes?: number
}

const frame = ({ body = "", bodyBytes, flags = 0, id = 1, kind = 2, number = 3 }: Fields = {}): Uint8Array => {
  const content = concat(body)
  const bytes = concat(new Uint8Array(Frame.headerBytes), content)
  Frame.writeHeader(bytes, 0, kind, flags, bodyBytes ?? content.length, id, number)
  return bytes
}

const sealed = (fields: Fields): Uint8Array => {
  const content = concat(fields.body ?? "")
  const seal = new Uint8Array(4)
  Frame.writeUint32(seal, 0, checksum(content))
  return frame({ ...fields, flags: (fields.flags ?? 0) | 1, body: concat(content, seal) })
}

/** A frame whose body was changed on the way. */
const damaged = (fields: Fields): Uint8Array => {
  const bytes = sealed(fields)
  bytes[bytes.length - 1]! ^= 1
  return bytes
}

const open = (sum: Sum | undefined = sumBy(checksum), most = maxBodyBytes) => {
  const found = new Found()
  return { found, reader: new Frame.Reader(found, most, sum) }
}

const readAll = (pieces: ReadonlyArray<Uint8Array>, sum?: Sum): ReadonlyArray<string> => {
  const { found, reader } = open(sum)
  for (const piece of pieces) lend(piece, (chunk) => reader.read(chunk))
  reader.end()
  return found.end().lines
}

const ping = frame({ kind: 13, id: 0, number: 0 })
const pingLine = "frame 13 0 0 0 "

describe("the header", () => {
  it("has its fields where the drawing says", () => {
    const bytes = frame({ kind: 0x11, flags: 0x22, id: 0x33445566, number: 0x7788, bodyBytes: 0x99aabbcc })
    assert.strictEqual(hex(bytes), hex(bytesOf("fa ce 11 22 99 aa bb cc 33 44 55 66 77 88 00 a2")))
  })

  it("takes the largest numbers there are", () => {
    const large = { kind: 255, flags: 254, id: 0xffffffff, number: 0xffff, body: "x" }
    assert.deepStrictEqual(readAll([frame(large)]), ["frame 255 254 4294967295 65535 78"])
  })

  it.each(Array.from({ length: 16 }, (_, at) => at))("is junk when a bit of byte %i is wrong", (at) => {
    const bytes = frame({ id: 0x01020304, number: 0x0506 })
    bytes[at]! ^= 0x10
    assert.deepStrictEqual(readAll([bytes, ping]), [
      `junk ${JSON.stringify(Buffer.from(bytes).toString("latin1"))}`,
      pingLine
    ])
  })
})

describe("reading frames", () => {
  it("finds them one after another, empty ones too", () => {
    const bytes = concat(frame({ kind: 5, id: 6, body: "a" }), ping, frame({ flags: 8, number: 9, body: "bc" }))
    assert.deepStrictEqual(readAll([bytes]), ["frame 5 0 6 3 61", pingLine, "frame 2 8 1 9 6263"])
  })

  it("reports text before, between and after them", () => {
    const bytes = concat("npm warn\n", ping, "héllo ", ping, "bye")
    assert.deepStrictEqual(readAll([bytes]), [
      'junk "npm warn\\n"',
      pingLine,
      `junk ${JSON.stringify(Buffer.from("héllo ").toString("latin1"))}`,
      pingLine,
      'junk "bye"'
    ])
  })

  it.each([
    ["a mark alone", "fa ce"],
    ["many marks", "fa ce fa ce fa ce fa ce fa ce fa ce fa ce fa ce fa ce fa ce fa ce"],
    ["first halves of marks", "fa fa fa fa fa fa"],
    ["a header cut short", "fa ce 02 00 00 00 00 04 00 00"],
    ["a mark that overlaps the next frame's", "fa"],
    ["a header with a wrong check byte", "fa ce 02 00 00 00 00 04 00 00 00 01 00 00 00 00"]
  ])("finds the frame that follows %s", (_, junk) => {
    const junkLine = `junk ${JSON.stringify(Buffer.from(bytesOf(junk)).toString("latin1"))}`
    for (const size of [1000, 1, 3]) {
      assert.deepStrictEqual(readAll(cut(concat(bytesOf(junk), ping), [size])), [junkLine, pingLine])
    }
  })

  it("lets a body contain anything, headers too", () => {
    assert.deepStrictEqual(readAll([frame({ body: ping }), ping]), [`frame 2 0 1 3 ${hex(ping)}`, pingLine])
  })

  it("takes what never became whole for junk at the end", () => {
    const { found, reader } = open()
    reader.read(concat(ping, "x", frame({ body: "half" }).slice(0, -1)))
    assert.isTrue(reader.unfinished)
    reader.end()
    assert.isFalse(reader.unfinished)
    assert.strictEqual(found.end().lines.length, 2)
    assert.match(found.lines[1]!, /^junk "x.*hal"$/)
    reader.end()
    assert.strictEqual(found.end().lines.length, 2)
  })

  it("knows whether a frame has begun", () => {
    const { reader } = open()
    const bytes = frame({ body: "abc" })
    for (const byte of bytes.slice(0, -1)) {
      reader.read(Uint8Array.of(byte))
      assert.isTrue(reader.unfinished)
    }
    reader.read(bytes.slice(-1))
    assert.isFalse(reader.unfinished)
    reader.read(concat("text"))
    assert.isFalse(reader.unfinished)
  })
})

describe("a body that is too large", () => {
  const large = (body: number): Uint8Array =>
    frame({ kind: 7, id: 8, number: 9, body: new Uint8Array(body).fill(0xfa) })

  it("is refused as soon as its header is whole, and skipped", () => {
    const { found, reader } = open()
    const bytes = large(maxBodyBytes + 1)
    reader.read(bytes.slice(0, 15))
    assert.deepStrictEqual(found.lines, [])
    reader.read(bytes.slice(15, 16))
    assert.deepStrictEqual(found.lines, ["oversized 7 8 9 201"])
    assert.isTrue(reader.unfinished)
    reader.read(bytes.slice(16))
    assert.isFalse(reader.unfinished)
    reader.read(ping)
    assert.deepStrictEqual(found.end().lines, ["oversized 7 8 9 201", pingLine])
  })

  it("may be exactly as large as the limit", () => {
    assert.match(readAll([large(maxBodyBytes)])[0]!, /^frame 7/)
  })

  // The header came in two pieces and the body began in the second: the body was read for frames.
  it("is skipped wherever the pieces are cut, with frames before and after it", () => {
    const bytes = concat(
      ping,
      frame({ kind: 7, id: 8, number: 9, body: concat(...Array.from({ length: 20 }, () => ping)) }),
      ping
    )
    const lines = [pingLine, "oversized 7 8 9 320", pingLine]
    for (let at = 0; at <= bytes.length; at++) {
      assert.deepStrictEqual(readAll([bytes.slice(0, at), bytes.slice(at)]), lines, `cut at ${at}`)
    }
    for (const size of [1, 2, 7, 17, 33])
      assert.deepStrictEqual(readAll(cut(bytes, [size])), lines, `pieces of ${size}`)
  })

  it("costs no memory and no time when it is only claimed", () => {
    const { found, reader } = open()
    reader.read(frame({ bodyBytes: 0xffffffff }))
    assert.deepStrictEqual(found.lines, ["oversized 2 1 3 4294967295"])
    reader.abandon()
    reader.read(ping)
    assert.deepStrictEqual(found.end().lines, ["oversized 2 1 3 4294967295", pingLine])
  })
})

describe("a body with a checksum", () => {
  it("comes without it", () => {
    assert.deepStrictEqual(readAll([sealed({ body: "abc" }), sealed({})]), ["frame 2 1 1 3 616263", "frame 2 1 1 3 "])
  })

  it("is believed where nobody can compute one", () => {
    const { found, reader } = open(undefined)
    void new Frame.Reader(found, maxBodyBytes, undefined).read(damaged({ body: "abc" }))
    reader.end()
    assert.deepStrictEqual(found.end().lines, ["frame 2 1 1 3 616263"])
  })

  it("is corrupt when it differs, or is too short to have one", () => {
    assert.deepStrictEqual(
      readAll([damaged({ kind: 9, id: 5, number: 6, body: "abc" }), ping]).filter((line) => !line.startsWith("junk")),
      ["corrupt 9 5 6", pingLine]
    )
    assert.deepStrictEqual(
      readAll([frame({ flags: 1, body: "abc" }), ping]).filter((line) => !line.startsWith("junk")),
      ["corrupt 2 1 3", pingLine]
    )
  })

  it("is corrupt when it is nothing at all, even if its header looks like the sum of nothing", () => {
    const ids = Array.from({ length: 256 }, (_, id) => id)
    const bytes = ids.map((id) => frame({ flags: 1, id, number: 0 })).find((all) => all[15] === 0)!
    assert.strictEqual(hex(bytes.slice(12)), "00000000")
    assert.match(readAll([bytes])[0]!, /^corrupt/)
  })

  it("names the call and finds the next frame when text came in the middle of it", () => {
    const bytes = sealed({ id: 77, body: "the body of a call" })
    for (let at = 16; at < bytes.length; at++) {
      for (const text of ["!", "a line of a library's own\n"]) {
        const mixed = concat(ping, bytes.slice(0, at), text, bytes.slice(at), sealed({ id: 78, body: "next" }), ping)
        const found = readAll([mixed]).filter((line) => !line.startsWith("junk"))
        assert.deepStrictEqual(found, [pingLine, "corrupt 2 77 3", "frame 2 1 78 3 6e657874", pingLine], `at ${at}`)
      }
    }
  })

  it("finds the frames that took the place of a body that was lost", () => {
    const lost = sealed({ id: 77, body: new Uint8Array(100) }).slice(0, 30)
    const later = Array.from({ length: 6 }, (_, id) => sealed({ id, body: `later ${id}` }))
    const found = readAll([concat(lost, ...later)]).filter((line) => line.startsWith("frame"))
    assert.deepStrictEqual(
      found,
      later.map((_, id) => `frame 2 1 ${id} 3 ${hex(concat(`later ${id}`))}`)
    )
  })
})

describe("a frame that stands still", () => {
  it("is given up, and what came of it is searched", () => {
    const { found, reader } = open()
    reader.read(concat(frame({ bodyBytes: 100 }), "lost ", ping, sealed({ body: "kept" }), "rest"))
    assert.isTrue(reader.unfinished)
    reader.abandon()
    assert.isFalse(reader.unfinished)
    assert.deepStrictEqual(found.end().lines.slice(1), [pingLine, "frame 2 1 1 3 6b657074", 'junk "rest"'])
    assert.match(found.lines[0]!, /^junk .*lost "$/)
  })

  it("is given up once for each frame that only seems to begin", () => {
    const { found, reader } = open()
    reader.read(concat(frame({ bodyBytes: 150 }), frame({ bodyBytes: 140 }), ping))
    reader.abandon()
    assert.isTrue(reader.unfinished)
    reader.abandon()
    assert.isFalse(reader.unfinished)
    assert.deepStrictEqual(
      found.end().lines.filter((line) => line.startsWith("frame")),
      [pingLine]
    )
  })

  it("goes on where the next chunk does when it was only a part of a header", () => {
    const { found, reader } = open()
    reader.read(ping.slice(0, 5))
    reader.abandon()
    reader.read(ping)
    assert.strictEqual(found.end().lines[1], pingLine)
  })

  it("is nothing to give up where none has begun", () => {
    const { found, reader } = open()
    reader.abandon()
    reader.read(ping)
    assert.deepStrictEqual(found.end().lines, [pingLine])
  })
})

describe("the law of cuts", () => {
  const content = fc.uint8Array({ maxLength: 60 })
  const header = { kind: fc.nat(20), flags: fc.constantFrom(0, 2, 8), id: fc.nat(9), number: fc.nat(9) }
  const plain = fc.record({ ...header, body: content }).map(frame)
  const crc = fc.record({ ...header, body: content }).map(sealed)
  const part: fc.Arbitrary<Uint8Array> = fc.oneof(
    { weight: 4, arbitrary: plain },
    { weight: 2, arbitrary: crc },
    { weight: 2, arbitrary: fc.record({ ...header, body: content }).map(damaged) },
    {
      weight: 2,
      arbitrary: fc.array(fc.oneof(plain, crc), { maxLength: 8 }).map((all) => damaged({ body: concat(...all) }))
    },
    { weight: 1, arbitrary: fc.nat(400).map((bodyBytes) => frame({ flags: bodyBytes & 1, bodyBytes })) },
    { weight: 1, arbitrary: fc.nat(300).map((size) => frame({ body: new Uint8Array(size).fill(0xfa) })) },
    {
      weight: 2,
      arbitrary: fc.array(fc.constantFrom(0xfa, 0xce, 0, 1, 2), { maxLength: 40 }).map((all) => Uint8Array.from(all))
    },
    { weight: 1, arbitrary: fc.string({ maxLength: 30 }).map((text) => concat(text)) }
  )
  const stream = fc.array(part, { maxLength: 12 }).map((parts) => concat(...parts))

  it("every split of the same bytes reads the same, and junk and frames are all there is", () => {
    fc.assert(
      fc.property(stream, sizes, (bytes, pieceSizes) => {
        assert.deepStrictEqual(readAll(cut(bytes, pieceSizes)), readAll([bytes]))
      }),
      { numRuns: 1500 }
    )
  })

  it("every frame is found between junk that holds no mark", () => {
    const junk = fc.uint8Array({ maxLength: 40 }).map((bytes) => bytes.map((byte) => (byte === 0xfa ? 0xfb : byte)))
    fc.assert(
      fc.property(fc.array(fc.tuple(junk, fc.oneof(plain, crc)), { maxLength: 8 }), sizes, (parts, pieceSizes) => {
        const lines = readAll(cut(concat(...parts.flat()), pieceSizes))
        assert.deepStrictEqual(
          lines.filter((line) => !line.startsWith("junk")),
          parts.flatMap(([, bytes]) => readAll([bytes]))
        )
      }),
      { numRuns: 500 }
    )
  })
})

describe("the cost of hostile bytes", () => {
  /** Reads and answers how many bytes were checksummed. */
  const summed = (bytes: Uint8Array, most: number, pieceBytes: number): number => {
    let count = 0
    const sum: Sum = (_, start, end) => {
      count += end - start
      return 0
    }
    const { reader } = open(sum, most)
    for (const piece of cut(bytes, [pieceBytes])) reader.read(piece)
    return count
  }

  /** Headers, each of which claims all that follows it. */
  const nested = (depth: number): Uint8Array =>
    concat(
      ...Array.from({ length: depth }, (_, index) => frame({ flags: 1, bodyBytes: (depth - index - 1) * 16 + 8 })),
      "8 bytes!"
    )

  /** Headers, each of which claims as much as is allowed, so that each body overlaps the next. */
  const staggered = (count: number, bodyBytes: number): Uint8Array =>
    concat(...Array.from({ length: count }, () => frame({ flags: 1, bodyBytes })))

  it.each([
    ["headers in headers", nested(4000)],
    ["headers in headers, over and over", concat(...Array.from({ length: 40 }, () => nested(100)))],
    ["bodies that overlap", staggered(4000, 16 * 1000)],
    ["small bodies that overlap", staggered(4000, 16 * 3)]
  ])("sums each byte twice at the most: %s", (_, bytes) => {
    for (const pieceBytes of [bytes.length, 16, 4096]) {
      const count = summed(bytes, bytes.length, pieceBytes)
      assert.isAbove(count, bytes.length / 2)
      assert.isAtMost(count, bytes.length * 2)
    }
  })

  it("holds no more than the frame that has begun", () => {
    const { reader } = open(undefined, 1000)
    const bytes = staggered(500, 900)
    for (const piece of cut(bytes, [7])) reader.read(piece)
    reader.end()
    assert.isFalse(reader.unfinished)
  })
})

describe("keeping a part of a frame", () => {
  const kept = (pieceBytes: number): { readonly parts: Array<Uint8Array>; readonly wanted: Array<string> } => {
    const parts: Array<Uint8Array> = []
    const wanted: Array<string> = []
    const reader: Frame.Reader = new Frame.Reader(
      {
        frame: (_kind, _flags, _id, _number, bytes, start, end) => {
          wanted.push(hex(bytes.subarray(start, end)))
          parts.push(reader.own(bytes, start, end))
        },
        oversized: () => {},
        corrupt: () => {},
        junk: () => {}
      },
      100_000,
      sumBy(checksum)
    )
    const bodies = [10, 3000, 0, 500, 90_000, 1].map((size, index) => new Uint8Array(size).fill(index + 1))
    const inner = concat(...bodies.map((body) => sealed({ body })))
    const bytes = concat(...bodies.map((body) => frame({ body })), damaged({ body: inner.slice(0, 5000) }), inner)
    for (const piece of cut(bytes, [pieceBytes])) lend(piece, (chunk) => reader.read(chunk))
    return { parts, wanted }
  }

  it.each([1, 13, 1000, 64 * 1024, 1_000_000])(
    "gives memory that never changes, in pieces of %i bytes",
    (pieceBytes) => {
      const { parts, wanted } = kept(pieceBytes)
      assert.isAtLeast(parts.length, 10)
      assert.deepStrictEqual(parts.map(hex), wanted)
    }
  )

  // Whether it was one depended on how the stream was cut, and a Buffer's `slice` shares its memory.
  it.each([1, 1_000_000])("gives no Buffer, in pieces of %i bytes", (pieceBytes) => {
    for (const part of kept(pieceBytes).parts) assert.strictEqual(Object.getPrototypeOf(part), Uint8Array.prototype)
  })
})
