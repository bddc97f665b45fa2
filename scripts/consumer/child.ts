/** Answers whoever started it, over its own stdin and stdout. */
import * as Effect from "effect/Effect"
import * as RpcServer from "effect-ipc/RpcServer"
import * as Stdio from "effect-ipc/node/Stdio"
import { Calculator, handlers } from "./Calculator.ts"

await RpcServer.run(Calculator).pipe(Effect.provide(handlers), Effect.provide(Stdio.layerListener()), Effect.runPromise)
