/** Connections and nothing else: what the system and Node ask for one. */
import { connect as dial, createServer } from "node:net"
import type { ClientPlace, ServerPlace } from "../subject.ts"
import type { ExtraClient } from "./client.ts"

export const serve = (place: ServerPlace): Promise<void> => {
  if (place.transport !== "unix") throw new Error("only over Unix sockets")
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy())
    socket.on("data", () => {})
  })
  // Its client dials faster than it accepts.
  return new Promise((resolve) => server.listen({ path: place.path, backlog: 2048 }, resolve))
}

export const connect = async (place: ClientPlace): Promise<ExtraClient> => {
  if (place.transport !== "unix") throw new Error("only over Unix sockets")
  let opened = 0
  return {
    links: async (count) => {
      for (; opened < count; opened++) {
        const socket = dial(place.path)
        await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject))
      }
      return () => Promise.reject(new Error("it answers nothing"))
    }
  }
}
