import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import * as PhpSerialize from "../../../src/wire/payload/PhpSerialize.ts"
import {
  dereference,
  PhpArray,
  PhpCustom,
  PhpEnum,
  PhpError,
  PhpFloat,
  PhpObject,
  type PhpReason,
  PhpReference,
  type PhpValue
} from "../../../src/wire/payload/PhpValue.ts"
import { golden, latin1, textOf, values } from "./php.ts"

const decode = (text: string): PhpValue => PhpSerialize.decode(latin1(text))
const encode = (value: PhpValue): string => textOf(PhpSerialize.encode(value))

const failure = (run: () => unknown): PhpError => {
  try {
    run()
  } catch (error) {
    assert.instanceOf(error, PhpError)
    return error as PhpError
  }
  throw new Error("expected it to throw")
}

describe("PHP's serialize", () => {
  it.each(golden)("reads and writes what PHP wrote: $name", ({ serialize }) => {
    const bytes = new Uint8Array(Buffer.from(serialize, "base64"))
    assert.strictEqual(textOf(PhpSerialize.encode(PhpSerialize.decode(bytes))), textOf(bytes))
  })

  it("keeps integers and floats apart, and large integers exact", () => {
    assert.strictEqual(decode("i:1;"), 1)
    assert.deepStrictEqual(decode("d:1;"), new PhpFloat(1))
    assert.deepStrictEqual(decode("d:1.0;"), new PhpFloat(1))
    assert.strictEqual(decode("d:0.5;"), 0.5)
    assert.strictEqual(decode("d:-0;"), -0)
    assert.strictEqual(decode("d:-INF;"), -Infinity)
    assert.strictEqual(decode("i:9007199254740993;"), 9007199254740993n)
    assert.strictEqual(encode(9007199254740993n), "i:9007199254740993;")
    assert.strictEqual(encode(1e17), "d:1.0E+17;")
    assert.strictEqual(encode(2 ** 53), "d:9007199254740992;")
  })

  it("counts lengths in bytes, and keeps strings that are no UTF-8 as bytes", () => {
    assert.strictEqual(encode("é"), 's:2:"\xc3\xa9";')
    assert.strictEqual(decode('s:2:"\xc3\xa9";'), "é")
    assert.deepStrictEqual(decode('s:2:"\xff\0";'), Uint8Array.of(255, 0))
    assert.strictEqual(encode(Uint8Array.of(255, 0)), 's:2:"\xff\0";')
    // A replacement character that was sent is one.
    assert.strictEqual(decode('s:3:"\xef\xbf\xbd";'), "\ufffd")
  })

  it("makes integers of keys that look like them, and knows lists", () => {
    const array = decode('a:3:{s:2:"10";i:1;s:2:"05";i:2;i:-1;i:3;}') as PhpArray
    assert.deepStrictEqual(
      [...array],
      [
        [10, 1],
        ["05", 2],
        [-1, 3]
      ]
    )
    assert.strictEqual(array.get("10"), 1)
    assert.isFalse(array.isList)
    assert.isTrue((decode("a:2:{i:0;N;i:1;N;}") as PhpArray).isList)
    assert.isFalse((decode("a:2:{i:1;N;i:0;N;}") as PhpArray).isList)
    assert.strictEqual(encode(PhpArray.of([["1", 2]])), "a:1:{i:1;i:2;}")
  })

  it("takes the last of equal keys, as PHP does", () => {
    assert.deepStrictEqual([...(decode("a:2:{i:0;i:1;i:0;i:2;}") as PhpArray)], [[0, 2]])
  })

  it("takes what says who may see a property off its name, and puts it back", () => {
    const text = 'O:1:"Q":3:{s:4:"\0P\0a";i:1;s:4:"\0*\0b";i:2;s:1:"c";i:3;}'
    const object = decode(text) as PhpObject
    assert.deepStrictEqual(
      object.properties.map(({ declaredIn, name, visibility }) => [name, visibility, declaredIn]),
      [
        ["a", "private", "P"],
        ["b", "protected", undefined],
        ["c", "public", undefined]
      ]
    )
    assert.strictEqual(object.get("a"), 1)
    assert.strictEqual(encode(object), text)
  })

  it("knows an object that comes again, and a reference, by the numbers that PHP gives them", () => {
    const same = decode('a:3:{i:0;O:1:"A":1:{s:1:"x";i:5;}i:1;i:5;i:2;r:2;}') as PhpArray
    assert.strictEqual(same.get(0), same.get(2))
    const text = 'a:4:{i:0;i:1;i:1;R:2;i:2;O:1:"A":0:{}i:3;r:3;}'
    const references = decode(text) as PhpArray
    assert.instanceOf(references.get(0), PhpReference)
    assert.strictEqual(references.get(0), references.get(1))
    assert.strictEqual(references.get(2), references.get(3))
    assert.strictEqual(encode(references), text)
  })

  it("holds an object that holds itself", () => {
    const text = 'O:1:"A":1:{s:4:"self";r:1;}'
    const object = decode(text) as PhpObject
    assert.strictEqual(object.get("self"), object)
    assert.strictEqual(encode(object), text)
  })

  it("reads arrays that hold themselves by reference", () => {
    const array = decode("a:1:{i:0;a:1:{i:0;R:2;}}") as PhpArray
    const inner = dereference(array.get(0)!) as PhpArray
    assert.strictEqual(dereference(inner.get(0)!), inner)
    const root = decode("a:1:{i:0;R:1;}") as PhpArray
    assert.strictEqual(dereference(root.get(0)!), root)
  })

  it("reads enums, and objects that make their own bytes", () => {
    assert.deepStrictEqual(decode('E:6:"Suit:H";'), new PhpEnum("Suit", "H"))
    assert.deepStrictEqual(decode('C:1:"A":3:{}};}'), new PhpCustom("A", latin1("}};")))
    assert.strictEqual(
      encode(PhpArray.list([new PhpEnum("S", "H"), new PhpEnum("S", "H")])),
      'a:2:{i:0;E:3:"S:H";i:1;r:2;}'
    )
  })

  it("ignores what follows the value, as PHP does", () => {
    assert.strictEqual(decode("i:1;xx"), 1)
  })

  it("reads any value as it was written", () => {
    fc.assert(
      fc.property(values, (value) => {
        const bytes = PhpSerialize.encode(value)
        assert.deepStrictEqual(PhpSerialize.encode(PhpSerialize.decode(bytes)), bytes)
        assert.deepStrictEqual(
          PhpSerialize.decode(PhpSerialize.encode(PhpSerialize.decode(bytes))),
          PhpSerialize.decode(bytes)
        )
      }),
      { numRuns: 300 }
    )
  })

  const hostile: ReadonlyArray<readonly [string, PhpReason]> = [
    ["", "Truncated"],
    ["i", "Truncated"],
    ["i:", "Malformed"],
    ["i:5", "Truncated"],
    ["i: 5;", "Malformed"],
    ["i:9223372036854775808;", "OutOfRange"],
    [`i:${"9".repeat(10_000)};`, "OutOfRange"],
    ["d:0x1;", "Malformed"],
    ["d:nan;", "Malformed"],
    ["d:1", "Truncated"],
    ["b:2;", "Malformed"],
    ["n;", "Malformed"],
    ["N:", "Malformed"],
    ["x:1;", "Malformed"],
    ['s:5:"abc";', "Truncated"],
    ['s:-1:"";', "Malformed"],
    ['s:4294967296:"";', "Truncated"],
    ['s:999999999999999999999:"";', "Malformed"],
    ['s:1:"ab";', "Malformed"],
    ["a:4000000000:{}", "Truncated"],
    ["a:1000:{i:0;N;} and more", "Truncated"],
    ["a:-1:{}", "Malformed"],
    ["a:1:{i:0;}", "Truncated"],
    ["a:1:{d:1;i:1;}", "Malformed"],
    ["a:1:{N;i:12345;}", "Malformed"],
    ['O:1:"A":4000000000:{}', "Truncated"],
    ['O:0:"":0:{}', "Malformed"],
    ['O:1:"\xff":0:{}', "NotText"],
    ['E:4:"Suit";', "Malformed"],
    ['E:5:"Suit:";', "Malformed"],
    ['C:1:"A":99:{}', "Truncated"],
    ["r:1;", "BadReference"],
    ["R:1;", "BadReference"],
    ["a:1:{i:0;R:0;}", "BadReference"],
    ["a:1:{i:0;R:3;}", "BadReference"],
    ["a:1:{i:0;r:1;}", "BadReference"],
    ["a:2:{i:0;i:5;i:1;r:2;}", "BadReference"],
    ["a:1:{i:0;R:99999999999999;}", "BadReference"],
    ["a:1:{i:0;".repeat(513) + "N;" + "}".repeat(513), "TooDeep"],
    ["a:1:{i:0;".repeat(1_000_000), "TooDeep"]
  ]

  it.each(hostile.map(([text, reason]) => ({ text, shown: text.slice(0, 40), reason })))(
    "refuses $shown as $reason",
    ({ reason, text }) => {
      const error = failure(() => decode(text))
      assert.strictEqual(error.reason, reason)
      assert.isAtLeast(error.offset, 0)
    }
  )

  it("reads 512 arrays in one another", () => {
    const text = "a:1:{i:0;".repeat(512) + "N;" + "}".repeat(512)
    assert.strictEqual(encode(decode(text)), text)
  })

  it("refuses every beginning of a value", () => {
    for (const { serialize } of golden) {
      const bytes = new Uint8Array(Buffer.from(serialize, "base64"))
      for (let end = 0; end < bytes.length; end++) failure(() => PhpSerialize.decode(bytes.slice(0, end)))
      // What lies behind the end is not looked at.
      failure(() => PhpSerialize.decode(bytes, 0, bytes.length - 1))
    }
  })

  it("reads any bytes, or throws what it should", () => {
    const changed = fc
      .tuple(fc.constantFrom(...golden), fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { minLength: 1, maxLength: 4 }))
      .map(([{ serialize }, changes]) => {
        const bytes = new Uint8Array(Buffer.from(serialize, "base64"))
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte
        return bytes
      })
    fc.assert(
      fc.property(fc.oneof(changed, fc.uint8Array({ maxLength: 60 })), (bytes) => {
        try {
          PhpSerialize.encode(PhpSerialize.decode(bytes))
        } catch (error) {
          assert.instanceOf(error, PhpError)
        }
      }),
      { numRuns: 800 }
    )
  })

  it("writes nothing that PHP could not hold", () => {
    assert.strictEqual(failure(() => encode(2n ** 63n)).reason, "OutOfRange")
    assert.strictEqual(failure(() => encode("\ud800")).reason, "NotText")
    const array = new PhpArray()
    array.set(0, array)
    assert.strictEqual(failure(() => encode(array)).reason, "TooDeep")
    const nameless = new PhpObject("A", [{ name: "a", visibility: "private", value: 1 }])
    assert.strictEqual(failure(() => encode(nameless)).reason, "Unsayable")
    assert.strictEqual(failure(() => encode({} as PhpValue)).reason, "Unsayable")
  })

  it("writes no key, class or property that PHP does not have", () => {
    const cases: ReadonlyArray<PhpValue> = [
      ...[1.5, NaN, Infinity, 2 ** 60, 2n ** 63n].map((key) => PhpArray.of([[key, 1]])),
      ...["", "a b", 'x"y', "A\\", "\\A", "A\\\\B", "1a", "A;"].map((name) => new PhpObject(name)),
      new PhpEnum("a b", "C"),
      new PhpCustom("a b", new Uint8Array()),
      PhpObject.of("A", { "\0*\0hidden": 1 })
    ]
    for (const value of cases) assert.include(["Unsayable", "OutOfRange"], failure(() => encode(value)).reason)
  })

  it("takes an integer for one key, however large its type is", () => {
    const array = PhpArray.of([
      [0n, "a"],
      [0, "b"],
      [2n ** 60n, "c"]
    ])
    assert.strictEqual(encode(array), 'a:2:{i:0;s:1:"b";i:1152921504606846976;s:1:"c";}')
    assert.strictEqual(array.get(0n), "b")
  })
})

it("takes any bytes for a key, as PHP does: what is no UTF-8 in it is replaced", () => {
  assert.deepStrictEqual(decode('a:1:{s:2:"\xffa";i:1;}'), PhpArray.of([["\ufffda", 1]]))
  assert.deepStrictEqual(decode('O:1:"A":1:{s:1:"\xff";i:1;}'), PhpObject.of("A", { "\ufffd": 1 }))
})
