/** The server in a worker thread of the client's process: this file is its script too. */
import { isMainThread } from "node:worker_threads"
import type { Client } from "../subject.ts"

export const connect = async (): Promise<Client> => {
  const [{ connectBy }, Worker] = await Promise.all([
    import("../subjects/effect-ipc/client.ts"),
    import("../../src/node/Worker.ts")
  ])
  return connectBy(Worker.layer({ script: new URL(import.meta.url) }))
}

if (!isMainThread) {
  const [{ serveAt }, MessagePort] = await Promise.all([
    import("../subjects/effect-ipc/server.ts"),
    import("../../src/node/MessagePort.ts")
  ])
  await serveAt(MessagePort.layerListener(), await import("../subjects/kit/streams.ts"))
}
