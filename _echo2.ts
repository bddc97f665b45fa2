import * as Effect from "effect/Effect"
import * as RpcClient from "./src/peer/RpcClient.ts"
import * as UnixSocket from "./src/node/UnixSocket.ts"
import * as RpcServer from "./src/peer/RpcServer.ts"
import * as Layer from "effect/Layer"
import { spawn } from "node:child_process"
import { Bench } from "./bench/subjects/effect-ipc/protocol.ts"
import { handlers } from "./bench/subjects/effect-ipc/handlers.ts"
import * as Native from "./src/wire/dialect/Native.ts"
import * as NodeWire from "./src/node/NodeWire.ts"
const wire = process.env.CRC ? { wire: NodeWire.sharedWire() } : {}
if (process.argv[2] === "server") {
  await Effect.runPromise(Effect.scoped(RpcServer.run(Bench).pipe(Effect.provide(Layer.merge(handlers(await import("./bench/subjects/kit/streams.ts")), UnixSocket.layerListener({ path: "/tmp/e2.sock", ...wire }))))))
} else {
  const s = spawn(process.execPath, ["_echo2.ts", "server"], { stdio: "inherit" }); await new Promise(r => setTimeout(r, 1500))
  const bytes = new Uint8Array(1 << 20).fill(7)
  await Effect.runPromise(Effect.scoped(Effect.gen(function*() {
    const c = yield* RpcClient.make(Bench)
    for (let r = 0; r < 5; r++) { const t = performance.now(); for (let i = 0; i < 100; i++) yield* c.EchoBytes({ bytes }); console.log((100 / (performance.now() - t) * 1000).toFixed(0), "MiB/s") }
  })).pipe(Effect.provide(UnixSocket.layer({ path: "/tmp/e2.sock", ...wire }))))
  s.kill(); process.exit()
}
