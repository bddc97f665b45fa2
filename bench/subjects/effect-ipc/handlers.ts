import * as Effect from "effect/Effect"
import * as Handlers from "../../../src/peer/Handlers.ts"
import { answer } from "../../workload.ts"
import type * as Streams from "../kit/streams.ts"
import { Bench } from "./protocol.ts"

/** A server that is only called needs no `streams`. */
export const handlers = (streams?: typeof Streams) =>
  Handlers.layer(Bench)({
    Add: (request) => Effect.succeed(answer(request)),
    Items: ({ count }) => streams!.singleItems(count),
    Arrays: ({ count }) => streams!.itemStream(count),
    Input: (_, { input }) => Effect.orDie(streams!.tallied(input)),
    EchoText: ({ text }) => Effect.succeed(text),
    EchoBytes: ({ bytes }) => Effect.succeed(bytes)
  })
