import * as Schema from "effect/Schema"
import * as Rpc from "effect/rpc/Rpc"
import * as RpcGroup from "effect/rpc/RpcGroup"

export const Item = Schema.Struct({ index: Schema.Int, note: Schema.String })

export const Bench = RpcGroup.make(
  Rpc.make("Add", {
    payload: { a: Schema.Int, b: Schema.Int, note: Schema.String },
    success: Schema.Struct({ sum: Schema.Int, note: Schema.String })
  }),
  Rpc.make("Items", { payload: { count: Schema.Int }, success: Item, stream: true }),
  Rpc.make("Arrays", { payload: { count: Schema.Int }, success: Item, stream: true }),
  Rpc.make("EchoText", { payload: { text: Schema.String }, success: Schema.String }),
  Rpc.make("EchoBytes", { payload: { bytes: Schema.Uint8Array }, success: Schema.Uint8Array })
)
