/**
 * `node bench/payload.ts`: one value written and read as a codec does it, in JSON (by generated code where there is a
 * plan, else by the schema) and in binary: thousands there and back per second, and bytes.
 */
import * as Schema from "effect/Schema"
import * as Shapes from "../src/peer/Shapes.ts"
import * as Json from "../src/wire/payload/Json.ts"
import * as Utf8 from "../src/wire/Utf8.ts"
import type { Shape } from "../src/wire/Wire.ts"
import { Order } from "./extras/schemas.ts"
import { orderOf } from "./extras/workload.ts"
import { request } from "./workload.ts"

class Point extends Schema.Class<Point>("bench/Point")({ x: Schema.Number, y: Schema.Number, at: Schema.Date }) {}

const subjects: ReadonlyArray<readonly [name: string, schema: Schema.Codec<any, any>, value: unknown]> = [
  ["the bench's request", Schema.Struct({ a: Schema.Int, b: Schema.Int, note: Schema.String }), request(123_456)],
  ["an order of 20 fields", Order, orderOf(1)],
  ["1,000 integers", Schema.Array(Schema.Int), Array.from({ length: 1000 }, (_, n) => (n * 7919) % 100_000)],
  ["1,000 fractions", Schema.Array(Schema.Number), Array.from({ length: 1000 }, (_, n) => Math.sin(n))],
  [
    "4 KiB of text and an id",
    Schema.Struct({ id: Schema.Int, text: Schema.String }),
    { id: 1, text: "line\n".repeat(819) }
  ],
  [
    "4 KiB of bytes and an id",
    Schema.Struct({ id: Schema.Int, bytes: Schema.Uint8Array }),
    { id: 1, bytes: new Uint8Array(4096).map((_, n) => n * 7) }
  ],
  [
    "100 instances with a date",
    Schema.Array(Point),
    Array.from({ length: 100 }, (_, n) => new Point({ x: n, y: n / 8, at: new Date(n) }))
  ]
]

const buffer = Buffer.alloc(256 * 1024)

interface Way {
  readonly write: () => number
  readonly read: (end: number) => unknown
}

const inJson = (shape: Shape, value: unknown): Way => ({
  write: () => {
    const end = shape.json?.write(value, buffer, 0, buffer.length) ?? -1
    return end >= 0 ? end : Utf8.write(buffer, Json.text(shape, value), 0)
  },
  read: (end) => Json.read(shape, buffer, 0, end)
})

const inBinary = ({ binary }: Shape, value: unknown): Way => ({
  write: () => {
    const bytes = binary!.write(value)!
    buffer.set(bytes)
    return bytes.length
  },
  read: (end) => binary!.read(buffer, 0, end)
})

const loops = 10
const loopMillis = 60

/** Thousands a second, of the best of several loops. */
const thousands = ({ read, write }: Way): number => {
  let best = 0
  for (let loop = 0; loop < loops; loop++) {
    const from = performance.now()
    let count = 0
    for (; performance.now() - from < loopMillis; count++) read(write())
    best = Math.max(best, count / (performance.now() - from))
  }
  return best
}

await Shapes.loadBinary()
const titles = ["JSON, k/s", "binary, k/s", "JSON, bytes", "binary, bytes"]
console.log("".padEnd(28) + titles.map((title) => title.padStart(15)).join(""))
for (const [name, schema, value] of subjects) {
  const shape = Shapes.of(schema)
  const ways = [inJson(shape, value), inBinary(shape, value)]
  // Schemas are interpreted until what compiles them is loaded.
  for (const way of ways) way.read(way.write())
  await new Promise((resolve) => setTimeout(resolve, 500))
  const cells = [...ways.map((way) => thousands(way).toFixed(1)), ...ways.map((way) => way.write())]
  console.log(name.padEnd(28) + cells.map((cell) => String(cell).padStart(15)).join(""))
}
