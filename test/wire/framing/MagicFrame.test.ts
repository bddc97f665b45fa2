import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import * as MagicFrame from "../../../src/wire/framing/MagicFrame.ts"
import { concat, cut, lend, sizes } from "../tools.ts"

const mark = Uint8Array.from(MagicFrame.magic)
const maxBytes = 200

/** Takes down what a reader finds. Junk in a row is one line, however it was cut. */
class Found implements MagicFrame.MagicSink {
  readonly lines: Array<string> = []
  /** Every report of junk. */
  readonly reports: Array<string> = []
  /** How the last frame began that was too large. */
  head = ""
  #junk = ""

  frame(bytes: Uint8Array, start: number, end: number): void {
    this.#line(`frame ${Buffer.from(bytes.subarray(start, end)).toString("latin1")}`)
  }
  oversized(bytes: number, head: Uint8Array): void {
    this.head = Buffer.from(head).toString("latin1")
    this.#line(`oversized ${bytes}`)
  }
  junk(bytes: Uint8Array): void {
    assert.isAbove(bytes.length, 0)
    const text = Buffer.from(bytes).toString("latin1")
    this.reports.push(text)
    this.#junk += text
  }
  end(): this {
    if (this.#junk !== "") this.lines.push(`junk ${this.#junk}`)
    this.#junk = ""
    return this
  }
  #line(line: string): void {
    this.end().lines.push(line)
  }
}

const frame = (payload: string | Uint8Array, claimed?: number): Uint8Array => {
  const body = concat(payload)
  const bytes = concat(new Uint8Array(MagicFrame.headerBytes), body)
  MagicFrame.writeHeader(bytes, 0, claimed ?? body.length)
  return bytes
}

const open = (most = maxBytes) => {
  const found = new Found()
  return { found, reader: new MagicFrame.Reader(found, most) }
}

const readAll = (pieces: ReadonlyArray<Uint8Array>, most?: number): ReadonlyArray<string> => {
  const { found, reader } = open(most)
  for (const piece of pieces) lend(piece, (chunk) => reader.read(chunk))
  reader.end()
  assert.isFalse(reader.unfinished)
  return found.end().lines
}

describe("frames with a mark", () => {
  it("1 FeedPreservesOverlapAndLogsJunk: tells junk at once, and keeps the beginning of a mark", () => {
    const { found, reader } = open()
    const whole = frame("one")
    reader.read(concat("junk", whole.slice(0, 2)))
    assert.deepStrictEqual(found.reports, ["junk"])
    assert.isTrue(reader.unfinished)
    reader.read(whole.slice(2))
    assert.deepStrictEqual(found.end().lines, ["junk junk", "frame one"])
  })

  it("2 SingleHugeFrame: reads 10 MiB in one chunk, and holds nothing after it", () => {
    const { found, reader } = open(15 * 1024 * 1024)
    reader.read(frame("x".repeat(10 * 1024 * 1024)))
    assert.strictEqual(found.lines[0]!.length, "frame ".length + 10 * 1024 * 1024)
    assert.isFalse(reader.unfinished)
  })

  it("3 HugeFrameArrivingSlowly: makes one frame of many small pieces", () => {
    const lines = readAll(cut(frame("y".repeat(300_000)), [1, 7, 3, 5]), 1024 * 1024)
    assert.strictEqual(lines.length, 1)
    assert.strictEqual(lines[0]!.length, "frame ".length + 300_000)
  })

  it("4 MultipleFramesInOneChunk: reads them in order", () => {
    const names = Array.from({ length: 50 }, (_, index) => `n${index}`)
    assert.deepStrictEqual(
      readAll([concat(...names.map((name) => frame(name)))]),
      names.map((name) => `frame ${name}`)
    )
  })

  it.each([1, 2, 3])("5 OverlapPreservationForAllPrefixLengths: keeps %i bytes of a mark", (bytes) => {
    const { found, reader } = open()
    reader.read(concat("junk", mark.slice(0, bytes)))
    assert.deepStrictEqual(found.reports, ["junk"])
    reader.read(frame("one").slice(bytes))
    assert.deepStrictEqual(found.end().lines, ["junk junk", "frame one"])
  })

  it("6 JunkBetweenFrames: tells it in its place", () => {
    const lines = readAll([concat(frame("a"), "garbage!", frame("b"))])
    assert.deepStrictEqual(lines, ["frame a", "junk garbage!", "frame b"])
  })

  it("7 FrameLengthExceedsMax: skips the frame whole, as soon as its beginning is there, and reads on", () => {
    const large = frame(`begins${"z".repeat(994)}`)
    const { found, reader } = open()
    reader.read(large.slice(0, 30))
    assert.deepStrictEqual(found.lines, [])
    assert.isTrue(reader.unfinished)
    reader.read(large.slice(30, 8 + MagicFrame.keptBytes))
    assert.deepStrictEqual(found.lines, ["oversized 1000"])
    assert.strictEqual(found.head, `begins${"z".repeat(MagicFrame.keptBytes - 6)}`)
    assert.isTrue(reader.unfinished)
    reader.read(concat(large.slice(8 + MagicFrame.keptBytes), frame("next")))
    assert.deepStrictEqual(found.end().lines, ["oversized 1000", "frame next"])
    assert.isFalse(reader.unfinished)
    assert.deepStrictEqual(readAll([frame("z".repeat(maxBytes + 1)), frame("next")]), ["oversized 201", "frame next"])
    assert.deepStrictEqual(readAll([frame("z".repeat(maxBytes))]), [`frame ${"z".repeat(maxBytes)}`])
  })

  it("9 EmptyFeedReturnsNothing: reads no bytes as nothing", () => {
    const { found, reader } = open()
    reader.read(new Uint8Array(0))
    assert.deepStrictEqual(found.reports, [])
    assert.isFalse(reader.unfinished)
  })

  it("10 PartialHeaderAtBufferTail: waits for the rest of a header", () => {
    const { found, reader } = open()
    reader.read(mark.slice(0, 3))
    assert.deepStrictEqual(found.end().lines, [])
    reader.read(concat(mark.slice(3), Uint8Array.of(0, 0, 0, 1), "x"))
    assert.deepStrictEqual(found.end().lines, ["frame x"])
  })

  it("12 JunkBeforeFrameProducesLogMessage: tells both from one chunk", () => {
    assert.deepStrictEqual(readAll([concat("junk", frame("one"))]), ["junk junk", "frame one"])
  })

  it("reads a frame without a payload, and a mark within a payload", () => {
    assert.deepStrictEqual(readAll([concat(frame(""), frame(concat("a", frame("b"))))]), [
      "frame ",
      `frame a${Buffer.from(frame("b")).toString("latin1")}`
    ])
  })

  it("does not believe a length that is text, and finds the frame behind the stray mark", () => {
    const text = concat("boot ", mark, "Warning: something happened\n")
    assert.deepStrictEqual(readAll([concat(text, frame("one"))]), [
      `junk ${Buffer.from(text).toString("latin1")}`,
      "frame one"
    ])
    const { found, reader } = open()
    reader.read(frame("", 0xffff_ffff))
    assert.strictEqual(found.end().lines.length, 1)
    assert.isFalse(reader.unfinished)
    reader.read(frame("", MagicFrame.unbelievableBytes))
    assert.isFalse(reader.unfinished)
    reader.read(frame("", MagicFrame.unbelievableBytes - 1))
    assert.isTrue(reader.unfinished)
  })

  it("believes any length up to a limit that is higher", () => {
    const { found, reader } = open(0xffff_ffff)
    reader.read(frame("abc", 0xffff_fff0))
    assert.deepStrictEqual(found.end().lines, [])
    assert.isTrue(reader.unfinished)
  })

  it("gives up a frame that was none, and searches what it held", () => {
    const { found, reader } = open()
    reader.read(concat(frame("", 100), "text ", frame("one")))
    assert.deepStrictEqual(found.end().lines, [])
    reader.abandon()
    assert.strictEqual(found.end().lines.at(-1), "frame one")
    assert.isFalse(reader.unfinished)
    reader.abandon()
    assert.strictEqual(found.lines.length, 2)
  })

  it("tells what is unfinished at the end as junk, in every state", () => {
    const whole = frame("one")
    for (let at = 1; at < whole.length; at++) {
      assert.deepStrictEqual(readAll([whole.slice(0, at)]), [
        `junk ${Buffer.from(whole.slice(0, at)).toString("latin1")}`
      ])
    }
    assert.deepStrictEqual(readAll([frame("z".repeat(MagicFrame.keptBytes), 1000)]), ["oversized 1000"])
  })

  it("hands out a payload for keeping, whatever becomes of the chunk", () => {
    const kept: Array<Uint8Array> = []
    const sink: MagicFrame.MagicSink = {
      frame: (bytes, start, end) => kept.push(reader.own(bytes, start, end)),
      oversized: () => undefined,
      junk: () => undefined
    }
    const reader = new MagicFrame.Reader(sink, maxBytes)
    for (const piece of cut(concat(frame("one"), frame("two")), [4])) lend(piece, (chunk) => reader.read(chunk))
    lend(frame("three"), (chunk) => reader.read(chunk))
    assert.deepStrictEqual(
      kept.map((bytes) => Buffer.from(bytes).toString()),
      ["one", "two", "three"]
    )
  })

  it("reads the same from every cut", () => {
    const part = fc.oneof(
      fc.string({ maxLength: 30 }).map((text) => frame(text)),
      fc.constantFrom(
        frame("x".repeat(maxBytes + 5)),
        frame("", 0x2000_0000),
        mark,
        mark.slice(0, 1),
        mark.slice(0, 3)
      ),
      fc.uint8Array({ maxLength: 10 })
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 10 }), sizes, (parts, pieceSizes) => {
        const bytes = concat(...parts)
        const whole = readAll([bytes])
        assert.deepStrictEqual(readAll(cut(bytes, pieceSizes)), whole)
        assert.deepStrictEqual(readAll(cut(bytes, [1])), whole)
      }),
      { numRuns: 500 }
    )
  })
})
