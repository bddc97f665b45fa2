/**
 * The side channel between the bench and the processes it measures: lines of JSON over a Unix socket of its own.
 *
 * Every process dials the bench, says its name, and then does what it is asked, one thing at a time. It ends when the
 * bench hangs up, however that happens, so that no process outlives it.
 */
import { connect, createServer, type Server, type Socket } from "node:net"

export type Commands = Readonly<Record<string, (argument: any) => unknown>>

const onLines = (socket: Socket, onLine: (line: any) => void): void => {
  let rest = ""
  socket.setEncoding("utf8")
  socket.on("data", (text: string) => {
    const lines = (rest + text).split("\n")
    rest = lines.pop()!
    for (const line of lines) onLine(JSON.parse(line))
  })
}

const sendLine = (socket: Socket, line: unknown): void => void socket.write(`${JSON.stringify(line)}\n`)

/** Lets the bench at `path` command this process. */
export const obey = (path: string, name: string, commands: Commands): void => {
  const socket = connect(path)
  sendLine(socket, { name, pid: process.pid })
  onLines(socket, async ({ command, argument }) => {
    try {
      sendLine(socket, { value: (await commands[command]!(argument)) ?? null })
    } catch (error) {
      sendLine(socket, { failed: error instanceof Error ? error.stack : String(error) })
    }
  })
  socket.on("error", () => {})
  socket.on("close", () => process.exit())
}

/** A measured process, seen from the bench. */
export class Commanded {
  readonly name: string
  readonly #pid: number
  readonly #socket: Socket
  #asked: { resolve: (value: any) => void; reject: (error: Error) => void } | undefined
  readonly gone: Promise<void>

  constructor({ name, pid }: { readonly name: string; readonly pid: number }, socket: Socket) {
    this.name = name
    this.#pid = pid
    this.#socket = socket
    this.gone = new Promise((resolve) => socket.on("close", () => resolve()))
    socket.on("error", () => {})
    socket.on("close", () => this.#asked?.reject(new Error(`${name} has ended before its time`)))
  }

  /** Asks for one thing; fails when the process fails, ends, or takes longer than a minute. */
  async ask<A>(command: string, argument?: unknown): Promise<A> {
    let timer: NodeJS.Timeout | undefined
    try {
      return await new Promise<A>((resolve, reject) => {
        this.#asked = { resolve, reject }
        timer = setTimeout(
          () => reject(new Error(`${this.name} hangs in ${command} ${JSON.stringify(argument)}`)),
          60_000
        )
        if (this.#socket.destroyed) return reject(new Error(`${this.name} has ended before its time`))
        sendLine(this.#socket, { command, argument })
      })
    } finally {
      clearTimeout(timer)
      this.#asked = undefined
    }
  }

  answered(line: { readonly value?: unknown; readonly failed?: string }): void {
    if (line.failed === undefined) this.#asked?.resolve(line.value)
    else this.#asked?.reject(new Error(`${this.name}: ${line.failed}`))
  }

  /** Hangs up, and waits until the process has ended. One that is stuck is killed. */
  async dismiss(): Promise<void> {
    this.#socket.end()
    const stuck = setTimeout(() => process.kill(this.#pid, "SIGKILL"), 5000)
    await this.gone
    clearTimeout(stuck)
  }
}

/** Where measured processes report. */
export class Control {
  readonly #server: Server
  readonly #arrived = new Map<string, (commanded: Commanded) => void>()

  constructor(path: string) {
    this.#server = createServer((socket) => {
      let commanded: Commanded | undefined
      onLines(socket, (line) => {
        if (commanded !== undefined) return commanded.answered(line)
        commanded = new Commanded(line, socket)
        this.#arrived.get(line.name)?.(commanded)
        this.#arrived.delete(line.name)
      })
    }).listen(path)
  }

  /** Waits for the process of that name. */
  arrival(name: string): Promise<Commanded> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${name} does not start`)), 30_000)
      this.#arrived.set(name, (commanded) => {
        clearTimeout(timer)
        resolve(commanded)
      })
    })
  }

  close(): void {
    this.#server.close()
  }
}
