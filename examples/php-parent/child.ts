/**
 * The child: it answers its parent, which may be `parent.php`, until that closes its input.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect } from "effect"
import { Handlers, RpcServer } from "effect-ipc"
import { Stdio } from "effect-ipc/node"
import { Counted, Counting, NoWords, wire } from "./protocol.ts"

const handlers = Handlers.layer(Counting)({
  CountWords: Effect.fnUntraced(function* ({ texts }, { caller }) {
    let sum = 0
    for (const [index, text] of texts.entries()) {
      const words = text.match(/\p{L}+/gu)?.length ?? 0
      if (words === 0) return yield* new NoWords({ index })
      yield* Effect.orDie(caller.emit(new Counted({ index, words })))
      sum += words
    }
    return { words: sum }
  })
})

RpcServer.run(Counting).pipe(
  Effect.provide(handlers),
  Effect.provide(Stdio.layerListener({ wire })),
  NodeRuntime.runMain
)
