/**
 * The server: a reduction of what it hears. It ends at 42 messages, and its program goes on with the last state.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as UnixSocket from "../../src/node/UnixSocket.ts"
import * as Fold from "../../src/peer/Fold.ts"
import { Turnstile } from "./protocol.ts"

const [path = ""] = process.argv.slice(2)

interface State {
  readonly asked: number
  readonly passed: number
}

const total = ({ asked, passed }: State): number => asked + passed

const folded = Fold.run(
  Turnstile,
  { asked: 0, passed: 0 } as State,
  {
    Count: (state) => {
      const counted = { ...state, asked: state.asked + 1 }
      return Effect.succeed(Fold.next(counted, total(counted)))
    },
    Passed: (state) => Effect.succeed(Fold.next({ ...state, passed: state.passed + 1 }))
  },
  { monitor: (state) => Effect.succeed(total(state) === 42 ? Fold.end(state) : Fold.go(state)) }
)

folded.pipe(
  Effect.flatMap((state) => Console.log(`the server ends with ${JSON.stringify(state)}`)),
  Effect.provide(UnixSocket.layerListener({ path })),
  NodeRuntime.runMain
)
