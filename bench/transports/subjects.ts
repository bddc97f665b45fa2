/** effect-ipc over each of its transports, a subject each. */
import type { ServerPlace } from "../subject.ts"
import { noServer, type Subject } from "../subjects.ts"
import type * as Ends from "./ends.ts"

type Kind = keyof typeof Ends.ends

/** Over the link of that kind, whose server is at a path or a child of its client. */
const over = (kind: Kind, place: ServerPlace["transport"]): Subject => ({
  name: `effect-ipc-${kind}`,
  transports: ["transports"],
  place,
  server: async () => {
    const [{ serveAt }, { ends }] = await Promise.all([import("../subjects/effect-ipc/server.ts"), import("./ends.ts")])
    const streams = await import("../subjects/kit/streams.ts")
    return { serve: (place) => serveAt(ends[kind].listener(place), streams) }
  },
  client: async () => {
    const [{ connectBy }, { ends }] = await Promise.all([
      import("../subjects/effect-ipc/client.ts"),
      import("./ends.ts")
    ])
    return { connect: (place) => connectBy(ends[kind].transport(place)) }
  }
})

/** Both sides in the client's process. */
const within = (name: string, client: Subject["client"]): Subject => ({
  name: `effect-ipc-${name}`,
  transports: ["transports"],
  place: "unix",
  server: () => Promise.resolve(noServer),
  client
})

export const transportSubjects: ReadonlyArray<Subject> = [
  over("stdio", "stdio"),
  over("fd3", "stdio"),
  over("fifo", "unix"),
  over("unix", "unix"),
  over("tcp", "unix"),
  over("tls", "unix"),
  over("duplex", "unix"),
  over("websocket", "unix"),
  within("worker", () => import("./worker.ts")),
  within("memory", () => import("../subjects/effect-ipc/memory.ts"))
]
