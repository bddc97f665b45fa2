import * as Schema from "effect/Schema"
import * as Protocol from "../../../src/protocol/Protocol.ts"
import * as Request from "../../../src/protocol/Request.ts"

const Item = Schema.Struct({ index: Schema.Int, note: Schema.String })
const Streamed = Schema.Struct({ count: Schema.Int, total: Schema.Int })

export class Add extends Request.Class<Add>()("Add", {
  payload: { a: Schema.Int, b: Schema.Int, note: Schema.String },
  success: Schema.Struct({ sum: Schema.Int, note: Schema.String })
}) {}

export class Items extends Request.Class<Items>()("Items", { payload: { count: Schema.Int }, stream: Item }) {}

export class Arrays extends Request.Class<Arrays>()("Arrays", { payload: { count: Schema.Int }, stream: Item }) {}

export class Input extends Request.Class<Input>()("Input", { input: Item, success: Streamed }) {}

export class EchoText extends Request.Class<EchoText>()("EchoText", {
  payload: { text: Schema.String },
  success: Schema.String
}) {}

export class EchoBytes extends Request.Class<EchoBytes>()("EchoBytes", {
  payload: { bytes: Schema.Uint8Array },
  success: Schema.Uint8Array
}) {}

export const Bench = Protocol.make("bench", {
  version: "1.0.0",
  server: [Add, Items, Arrays, Input, EchoText, EchoBytes]
})
