import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import * as Base64 from "../../../src/wire/payload/Base64.ts"

const encode = (bytes: Uint8Array): string => {
  const text = new Uint8Array(Base64.encodedBytes(bytes.length))
  Base64.write(bytes, bytes.length, text, 0)
  return Buffer.from(text).toString("latin1")
}

const decode = (text: string): Uint8Array | undefined => {
  const bytes = Buffer.from(text, "latin1")
  return Base64.read(bytes, 0, bytes.length)
}

describe("Base64", () => {
  it("is that of everyone, and read again", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const text = encode(bytes)
        assert.strictEqual(text, Buffer.from(bytes).toString("base64"))
        assert.deepStrictEqual(decode(text), bytes)
        assert.deepStrictEqual(decode(text.replaceAll("=", "")), bytes)
      })
    )
  })

  it.each(["A", "AA=", "AAA==", "AA=A", "A A=", "AAA-", "=", "AAAA=", "AAAA==", "AB\n="])("is not %j", (text) => {
    assert.isUndefined(decode(text))
  })
})
