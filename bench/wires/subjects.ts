/** effect-ipc on each of its wires, over a Unix socket. */
import type { Subject } from "../subjects.ts"
import type { Name } from "./wires.ts"

const on = (name: Name, windows?: ReadonlyArray<string>): Subject => ({
  name: `wire-${name}`,
  transports: ["wires"],
  place: "unix",
  ...(windows === undefined ? {} : { windows }),
  server: async () => {
    const { serve } = await import("./server.ts")
    return { serve: (place) => serve(place, name) }
  },
  client: async () => {
    const { connect } = await import("./client.ts")
    return { connect: (place) => connect(place, name) }
  }
})

export const wireSubjects: ReadonlyArray<Subject> = [
  on("native"),
  on("hx"),
  on("php-json"),
  on("php-serialize"),
  on("php-old"),
  // One call at a time.
  on("innmind", ["latency"])
]
