/**
 * Opens plain byte duplexes for the subjects that are not Effect: a Unix socket, or a child's stdin and stdout.
 *
 * What the other transport needs is not loaded.
 */
import type { Readable, Writable } from "node:stream"
import type { ClientPlace, ServerPlace } from "../../subject.ts"

export interface Duplex {
  readonly input: Readable
  readonly output: Writable
}

/** Dials a path, or spawns the server. Fails when no one listens there. */
export const dial = async (place: ClientPlace): Promise<Duplex> => {
  if (place.transport === "unix") {
    const { connect } = await import("node:net")
    const socket = connect(place.path)
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve)
      socket.once("error", reject)
    })
    return { input: socket, output: socket }
  }
  const { spawn } = await import("node:child_process")
  const child = spawn(place.command, place.args, { stdio: ["pipe", "pipe", "inherit"] })
  return { input: child.stdout, output: child.stdin }
}

/** Calls `onDuplex` for each client, or once for stdio. */
export const listen = async (place: ServerPlace, onDuplex: (duplex: Duplex) => void): Promise<void> => {
  if (place.transport === "stdio") return onDuplex({ input: process.stdin, output: process.stdout })
  const { createServer } = await import("node:net")
  const server = createServer((socket) => {
    // A client that was killed breaks its own socket, and nothing else.
    socket.on("error", () => socket.destroy())
    onDuplex({ input: socket, output: socket })
  })
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject)
    server.listen(place.path, resolve)
  })
}
