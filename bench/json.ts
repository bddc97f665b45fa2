/**
 * `node bench/json.ts`: what it costs to write and to read one value, by the schema with `JSON`, and by generated code.
 *
 * Both are the shapes of a request as a codec uses them: validated, from and to the bytes of a buffer. The best of
 * several loops counts.
 */
import * as Schema from "effect/Schema"
import { compile } from "../src/peer/Lexicon.ts"
import * as Protocol from "../src/protocol/Protocol.ts"
import * as Request from "../src/protocol/Request.ts"
import * as Json from "../src/wire/payload/Json.ts"
import * as Utf8 from "../src/wire/Utf8.ts"
import type { Shape } from "../src/wire/Wire.ts"
import { request } from "./workload.ts"

const Nested = Schema.Struct({
  id: Schema.Int,
  name: Schema.NullOr(Schema.String),
  on: Schema.Boolean,
  score: Schema.Number,
  tags: Schema.Array(Schema.String),
  kind: Schema.Literals(["a", "b", "c"]),
  at: Schema.Struct({ x: Schema.Number, y: Schema.Number }),
  hint: Schema.optional(Schema.String),
  what: Schema.Union([Schema.TaggedStruct("A", { n: Schema.Int }), Schema.TaggedStruct("B", { text: Schema.String })])
})

class Small extends Request.Class<Small>()("Small", {
  payload: { a: Schema.Int, b: Schema.Int, note: Schema.String },
  success: Nested
}) {}

const [method] = compile(Protocol.make("json", { version: "1.0.0", server: [Small] }), "client").says

const loops = 20
const turns = 50_000

const nanos = (run: () => unknown): number => {
  let best = Infinity
  for (let loop = 0; loop < loops; loop++) {
    const from = performance.now()
    for (let turn = 0; turn < turns; turn++) run()
    best = Math.min(best, ((performance.now() - from) / turns) * 1e6)
  }
  return best
}

const measure = async (name: string, shape: Shape, value: unknown): Promise<void> => {
  const buffer = Buffer.alloc(4096)
  const end = shape.json!.write(value, buffer, 0, buffer.length)
  const writeGenerally = () => Utf8.write(buffer, Json.text(shape, value), 0)
  const readGenerally = () => shape.decode(JSON.parse(Utf8.read(buffer, 0, end)))
  // Schemas are interpreted until what compiles them is loaded.
  writeGenerally()
  readGenerally()
  await new Promise((resolve) => setTimeout(resolve, 500))
  const cells = [
    nanos(writeGenerally),
    nanos(() => shape.json!.write(value, buffer, 0, buffer.length)),
    nanos(readGenerally),
    nanos(() => shape.json!.read(buffer, 0, end))
  ]
  console.log(name.padEnd(22) + cells.map((cell) => `${cell.toFixed(0)} ns`.padStart(16)).join(""))
}

console.log(
  "".padEnd(22) +
    ["write, general", "write, short", "read, general", "read, short"].map((title) => title.padStart(16)).join("")
)
await measure("the bench's request", method!.payload, request(123_456))
await measure("nine nested fields", method!.success, {
  id: 1,
  name: null,
  on: true,
  score: 1.25,
  tags: ["x", "yy", "zzz"],
  kind: "b",
  at: { x: 1, y: 2.5 },
  what: { _tag: "B", text: "hello" }
})
