/** A process that may not generate code, as a browser's page or a worker may not, speaks to one that may. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Path from "node:path"
import * as ChildProcess from "../../../src/node/ChildProcess.ts"
import * as RpcClient from "../../../src/peer/RpcClient.ts"
import { reasonOf } from "../../peer/reasons.ts"
import { shop, SoldOut } from "./fixtures/shop.ts"

const script = Path.join(import.meta.dirname, "fixtures", "shop.ts")

const flags = {
  "may generate code": [],
  "may not": ["--disallow-code-generation-from-strings"]
}

it.live.each(Object.entries(flags))("serves all the same where it %s", ([_, args]) =>
  Effect.gen(function* () {
    const transport = ChildProcess.layer({ command: process.execPath, args: [...args, script] })
    // Larger orders than the server takes, and even smaller prices than it gives.
    const client = yield* Effect.provide(RpcClient.make(shop(Schema.Number.check(Schema.isGreaterThan(3)))), transport)
    assert.strictEqual(yield* client.Generates(), args.length === 0)

    const item = { name: 'a "tea" 👋', price: 2.5 }
    assert.deepStrictEqual(yield* client.Order({ item, count: 4 }), { item, total: 10 })
    assert.deepStrictEqual(
      yield* Effect.flip(client.Order({ item, count: 100 })),
      new SoldOut({ name: item.name, left: 99 })
    )

    const items = yield* Stream.runCollect(client.Browse({ prefix: "\ud83d" }))
    assert.deepStrictEqual(items, [
      { name: "\ud83d 1", price: 0.5 },
      { name: "\ud83d 2", price: 1, size: "large" },
      { name: "\ud83d 3", price: 1.5 }
    ])

    const refused = reasonOf(yield* Effect.flip(client.Order({ item, count: 1000 })), "InvalidPayload")
    assert.deepStrictEqual([refused.side, refused.part], ["remote", "payload"])
    assert.include(refused.message, '["count"]')
    const misread = reasonOf(yield* Effect.flip(client.Price({ name: "tea" })), "InvalidPayload")
    assert.deepStrictEqual([misread.side, misread.part], ["local", "success"])
    const misspoken = reasonOf(yield* Effect.flip(client.Order({ item, count: 1 })), "InvalidPayload")
    assert.deepStrictEqual([misspoken.side, misspoken.part], ["local", "payload"])
    assert.strictEqual(yield* client.Price({ name: "coffee" }), 6)
  }).pipe(Effect.scoped)
)
