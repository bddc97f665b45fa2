import * as Effect from "effect/Effect"
import * as RpcClient from "./src/peer/RpcClient.ts"
import * as ChildProcess from "./src/node/ChildProcess.ts"
import * as RpcServer from "./src/peer/RpcServer.ts"
import * as Stdio from "./src/node/Stdio.ts"
import * as Layer from "effect/Layer"
import { Bench } from "./bench/subjects/effect-ipc/protocol.ts"
import { handlers } from "./bench/subjects/effect-ipc/handlers.ts"
import * as Native from "./src/wire/dialect/Native.ts"
const wire = process.env.NOCRC ? { wire: Native.wire() } : {}
if (process.argv[2] === "server") {
  await Effect.runPromise(Effect.scoped(RpcServer.run(Bench).pipe(Effect.provide(Layer.merge(handlers(await import("./bench/subjects/kit/streams.ts")), Stdio.layerListener(wire))))))
} else {
  const bytes = new Uint8Array(1 << 20).fill(7)
  await Effect.runPromise(Effect.scoped(Effect.gen(function*() {
    const c = yield* RpcClient.make(Bench)
    for (let r = 0; r < 5; r++) { const t = performance.now(); for (let i = 0; i < 100; i++) yield* c.EchoBytes({ bytes }); console.log((100 / (performance.now() - t) * 1000).toFixed(0), "MiB/s") }
  })).pipe(Effect.provide(ChildProcess.layer({ command: process.execPath, args: [...(process.env.PROF ? ["--cpu-prof", "--cpu-prof-dir=" + process.env.PROF] : []), "_echo.ts", "server"], stderr: "inherit", ...wire }))))
}
