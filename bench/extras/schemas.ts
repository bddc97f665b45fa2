/** The schemas of the extras' payloads. */
import * as Schema from "effect/Schema"

export const Text = Schema.Struct({ id: Schema.Int, text: Schema.String })

export const Order = Schema.Struct({
  id: Schema.Int,
  version: Schema.Int,
  total: Schema.Finite,
  discount: Schema.Finite,
  createdAt: Schema.Int,
  number: Schema.String,
  customer: Schema.String,
  email: Schema.String,
  note: Schema.String,
  paid: Schema.Boolean,
  gift: Schema.Boolean,
  comment: Schema.NullOr(Schema.String),
  rating: Schema.NullOr(Schema.Finite),
  status: Schema.Literals(["draft", "open", "shipped", "closed"]),
  priority: Schema.Literals(["low", "normal", "high"]),
  tags: Schema.Array(Schema.String),
  lines: Schema.Array(Schema.Struct({ sku: Schema.String, count: Schema.Int, price: Schema.Finite })),
  address: Schema.Struct({
    street: Schema.String,
    city: Schema.String,
    code: Schema.String,
    position: Schema.Struct({ latitude: Schema.Finite, longitude: Schema.Finite })
  }),
  owner: Schema.Struct({ id: Schema.Int, name: Schema.String }),
  payment: Schema.Union([
    Schema.TaggedStruct("Card", { lastFour: Schema.String, expires: Schema.String }),
    Schema.TaggedStruct("Transfer", { iban: Schema.String, reference: Schema.String })
  ])
})
