import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import * as MediaFrame from "../../../src/wire/framing/MediaFrame.ts"
import { frame, framer, message, sha256, told, Told, vector, vectors, written } from "../innmind.ts"
import { concat, cut, hex, sizes } from "../tools.ts"

/** Frames that the library wrote, of which the bytes are known. */
const wrote = vectors.filter(({ base64, contentLength }) => base64 !== undefined && contentLength !== undefined)

/** What we make of bytes that its decoder made nothing of; the rest of a file that ends within a frame is junk. */
const differ: Readonly<Record<string, ReadonlyArray<string>>> = {
  "neg-bad-end-byte": ["lost Malformed"],
  "neg-missing-end-byte": ["junk 20"],
  "neg-truncated-content": ["junk 18"],
  "neg-truncated-content-length": ["junk 14"],
  "neg-truncated-media-type": ["junk 6"],
  "neg-one-byte": ["junk 1"],
  // Framed well, so the next message is read: the library drops the connection.
  "neg-zero-media-type": ["refused Malformed"],
  "neg-unknown-top-level": ["refused Malformed"],
  "neg-not-a-media-type": ["refused Malformed"],
  "neg-uppercase-top-level": ["refused Malformed"],
  "odd-trailing-semicolon": ["refused Malformed"],
  "neg-length-too-short-by-one": ["lost Malformed"],
  // It may still go on.
  "neg-length-too-long-by-one": ["junk 21"],
  // The library allocates the 4 GiB.
  "limit-content-header-max": ["refused Oversized"],
  "odd-two-frames": ["text/plain | ping", "text/plain | ping"]
}

describe("frames of innmind/ipc", () => {
  describe("that the library wrote", () => {
    it.each(wrote)("are read and written again, byte for byte: $name", (one) => {
      const bytes = vector(one.name)
      const read: Array<MediaFrame.MediaMessage> = []
      const out = new Told()
      out.message = (whole) => void read.push(whole)
      framer().read(bytes, out)
      assert.deepStrictEqual([out.lines, read.length], [[], 1])
      assert.strictEqual(read[0]!.mediaType, one.mediaType)
      assert.strictEqual(read[0]!.content.length, one.contentLength)
      assert.strictEqual(sha256(read[0]!.content), one.contentSha256 ?? sha256(read[0]!.content))
      if (typeof one.contentUtf8 === "string") {
        assert.strictEqual(Buffer.from(read[0]!.content).toString(), one.contentUtf8)
      }
      assert.deepStrictEqual(written(read[0]!).chunks.map(hex), [hex(bytes)])
    })

    it.each(vectors.filter(({ name }) => name in differ))("are judged: $name", ({ name }) => {
      const bytes = vector(name)
      assert.deepStrictEqual(told([bytes]), differ[name])
      for (let at = 0; at <= bytes.length; at++) {
        assert.deepStrictEqual(told([bytes.slice(0, at), bytes.slice(at)]), differ[name], `cut at ${at}`)
      }
      assert.deepStrictEqual(told(cut(bytes, [1])), differ[name])
    })

    it("leave no vector out", () => {
      const left = vectors.filter(
        ({ base64, name }) => !wrote.some((one) => one.name === name) && !(name in differ) && base64 !== undefined
      )
      assert.deepStrictEqual(
        left.map(({ name }) => name),
        ["neg-empty-stream", "v5-ack"]
      )
      assert.deepStrictEqual(told([vector("v5-ack")]), ["text/plain | innmind/ipc:ack"])
      assert.deepStrictEqual(told([]), [])
    })

    // Their bytes were left out for size: what is known is how large the frames are.
    it.each([
      ["generic-100KiB", 102_400],
      ["generic-200KiB", 204_800],
      ["generic-1MiB", 1_048_576]
    ] as const)("%s is as large as the library's", (name, contentBytes) => {
      const { frameLength } = vectors.find((one) => one.name === name)!
      assert.strictEqual(written(message("application/octet-stream", new Uint8Array(contentBytes))).size, frameLength)
    })
  })

  it("are read the same wherever they are cut", () => {
    const all = wrote.map(({ name }) => vector(name))
    const stream = concat(...all)
    const whole = told([stream])
    assert.strictEqual(whole.length, all.length)
    for (let at = 0; at <= stream.length; at++) {
      assert.deepStrictEqual(told([stream.slice(0, at), stream.slice(at)]), whole, `cut at ${at}`)
    }
    fc.assert(
      fc.property(sizes, (pieces) => assert.deepStrictEqual(told(cut(stream, pieces)), whole)),
      { numRuns: 50 }
    )
  })

  it("carry any content of any media type, in one piece of memory", () => {
    const type = fc.constantFrom("text/plain", "application/json; charset=utf-8", "image/svg+xml")
    fc.assert(
      fc.property(
        fc.array(fc.tuple(type, fc.uint8Array({ maxLength: 300 })), { maxLength: 8 }),
        sizes,
        (all, pieces) => {
          const frames = all.map(([mediaType, content]) => {
            const { chunks, size } = written({ mediaType, content })
            assert.deepStrictEqual([chunks.length, chunks[0]!.length], [1, size])
            return chunks[0]!
          })
          const read: Array<MediaFrame.MediaMessage> = []
          const out = new Told()
          out.message = (whole) => void read.push(whole)
          const reading = framer()
          for (const piece of cut(concat(...frames), pieces)) reading.read(piece, out)
          assert.deepStrictEqual(
            read,
            all.map(([mediaType, content]) => ({ mediaType, content: new Uint8Array(content) }))
          )
          assert.isFalse(reading.unfinished)
        }
      ),
      { numRuns: 100 }
    )
  })

  it("may follow each other in one write: the first leaves the bytes of the second", () => {
    assert.deepStrictEqual(told([vector("odd-two-frames")]), ["text/plain | ping", "text/plain | ping"])
  })

  it("are written with the media type in its normal form", () => {
    const { chunks } = written(message('text/plain;charset="utf-8"', "x"))
    assert.strictEqual(hex(chunks[0]!), hex(frame("text/plain; charset=utf-8", "x")))
  })

  describe("that are too large", () => {
    const large = frame("text/plain", "x".repeat(200))
    const ping = frame("text/plain", "ping")

    it("are refused once, and the next is read, wherever they are cut", () => {
      const stream = concat(large, ping)
      for (let at = 0; at <= stream.length; at++) {
        assert.deepStrictEqual(told([stream.slice(0, at), stream.slice(at)], 100), [
          "refused Oversized",
          "text/plain | ping"
        ])
      }
      assert.deepStrictEqual(told(cut(stream, [1]), 100), ["refused Oversized", "text/plain | ping"])
    })

    it("are refused with their size by what they announce, before it comes", () => {
      const out = new Told()
      const reasons: Array<unknown> = []
      out.refuse = (reason) => void reasons.push(reason)
      const reading = framer()
      reading.read(vector("limit-content-header-max"), out)
      assert.deepStrictEqual(reasons, [{ _tag: "Oversized", bytes: 4_294_967_295 + 17, maxBytes: 4 * 1024 * 1024 }])
      assert.isTrue(reading.unfinished)
      reading.end(out)
      assert.isFalse(reading.unfinished)
    })

    it("lose the framing when they do not end with the mark", () => {
      const stream = concat(frame("text/plain", "x".repeat(200), { mark: 0xcd }), ping)
      for (const size of [stream.length, 1, 7, 217]) {
        assert.deepStrictEqual(told(cut(stream, [size]), 100), ["refused Oversized", "lost Malformed"])
      }
    })

    it("are as large as allowed", () => {
      assert.deepStrictEqual(told([ping], ping.length), ["text/plain | ping"])
      assert.deepStrictEqual(told([ping], ping.length - 1), ["refused Oversized"])
    })
  })

  it("are read no more once the framing is lost", () => {
    const ping = frame("text/plain", "ping")
    const stream = concat(ping, frame("text/plain", "ping", { mark: 0 }), ping)
    assert.deepStrictEqual(told([stream, ping]), ["text/plain | ping", "lost Malformed"])
    assert.deepStrictEqual(told(cut(stream, [5])), ["text/plain | ping", "lost Malformed"])
  })

  it("allocate nothing for what is only announced", () => {
    const reading = framer(1 << 30)
    const before = process.memoryUsage().arrayBuffers
    reading.read(frame("text/plain", "x", { contentBytes: 1 << 29 }), new Told())
    assert.isBelow(process.memoryUsage().arrayBuffers - before, 1 << 20)
  })

  describe("that cannot be written leave no byte:", () => {
    const octets = "application/octet-stream"

    it.each([
      ["a media type of 65,536 bytes", message(`text/plain; a=${"v".repeat(65_536 - 14)}`, ""), "Oversized"],
      ["an empty media type", message("", "x"), "Unsayable"],
      ["a media type that is none", message("foo/bar", "x"), "Unsayable"],
      ["a content above the limit", message(octets, new Uint8Array(1000)), "Oversized"]
    ] as const)("%s", (_, one, tag) => {
      const { chunks, size } = written(one, framer(1 << 20, one.mediaType === octets ? 1030 : Infinity))
      assert.strictEqual((size as { readonly _tag: string })._tag, tag)
      assert.deepStrictEqual(chunks, [])
    })

    it("a content of more than 4 GiB, of which nothing is read", () => {
      const content = { length: 2 ** 32 } as Uint8Array
      assert.deepStrictEqual(written({ mediaType: octets, content }).size, {
        _tag: "Oversized",
        bytes: 2 ** 32,
        maxBytes: 2 ** 32 - 1
      })
    })
  })

  it("have a media type of up to 65,535 bytes", () => {
    const longest = `text/plain; a=${"v".repeat(65_535 - 14)}`
    const { chunks, size } = written(message(longest, "x"))
    assert.strictEqual(size, vectors.find(({ name }) => name === "limit-media-type-65535")!.frameLength)
    assert.deepStrictEqual(told(chunks), [`${longest} | x`])
  })

  it("are all that the format makes", () => {
    const format = MediaFrame.format({ maxWriteBytes: 21 })
    const one = format.open({ maxFrameBytes: 100 }) as MediaFrame.MediaFramer
    assert.strictEqual(written(message("text/plain", "ping"), one).size, 21)
    assert.strictEqual((written(message("text/plain", "pings"), one).size as { _tag: string })._tag, "Oversized")
  })

  it("are never taken from a second stream", () => {
    const out = new Told()
    framer().read(frame("text/plain", "ping"), out, 1)
    assert.deepStrictEqual(out.lines, ["junk 21"])
  })

  it("are read from any bytes without throwing", () => {
    const part = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constantFrom(...wrote.map(({ name }) => vector(name))))
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), sizes, (parts, pieces) => {
        const stream = concat(...parts)
        // What was junk at the end of a cut is the same bytes.
        assert.deepStrictEqual(told(cut(stream, pieces), 1000), told([stream], 1000))
      }),
      { numRuns: 300 }
    )
  })
})
