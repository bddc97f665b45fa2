/** A peer of innmind/ipc written by hand: it says frame by frame what it is told to, and takes down what it hears. */
import * as Effect from "effect/Effect"
import type { Link } from "../../src/transport/Link.ts"
import { control, frame, framer, Told } from "../wire/innmind.ts"

export type Control = keyof typeof control

const names: Readonly<Record<string, Control>> = {
  "connection.start": "start",
  "connection.start-ok": "startOk",
  "connection.close": "close",
  "connection.close-ok": "closeOk",
  heartbeat: "heartbeat",
  "message.received": "received",
  ack: "ack"
}

/** The name of a control message; other messages as `media type | content`, without a media type that is text/plain. */
const lineOf = (told: string): string => {
  const content = told.replace(/^text\/plain \| /, "")
  return names[content.replace(/^innmind\/ipc:/, "")] ?? content
}

export class InnmindRaw {
  /** What was heard, without heartbeats. */
  readonly heard: Array<string> = []
  beats = 0
  ended = false
  readonly #link: Link
  readonly #waiting = new Set<() => void>()
  #taken = 0

  constructor(link: Link) {
    this.#link = link
    const reading = framer()
    link.start({
      bytes: (chunk) => {
        const told = new Told()
        reading.read(chunk, told)
        for (const line of told.lines.map(lineOf)) {
          if (line === "heartbeat") this.beats++
          else this.heard.push(line)
        }
        this.#look()
      },
      drained: () => {},
      end: () => {
        this.ended = true
        this.#look()
      }
    })
  }

  /** Says control messages by their names, and text: after a bar where it is of another media type. */
  say(...lines: ReadonlyArray<string>): void {
    for (const line of lines) {
      const [mediaType, content] = line.includes(" | ") ? line.split(" | ", 2) : ["text/plain", line]
      this.#link.offer(control[line as Control] ?? frame(mediaType!, content!))
    }
  }

  /** Bytes that the other side has not read. */
  get unreadBytes(): number {
    return this.#link.queuedBytes
  }

  /** Reads no more, until `resume`. */
  pause(): void {
    this.#link.pause()
  }

  resume(): void {
    this.#link.resume()
  }

  send(bytes: Uint8Array): void {
    this.#link.offer(bytes)
  }

  /** Waits for the next message that is heard. */
  get next(): Effect.Effect<string> {
    return Effect.map(
      this.until(() => this.heard.length > this.#taken),
      () => this.heard[this.#taken++]!
    )
  }

  /** What was heard since the last time. */
  get rest(): ReadonlyArray<string> {
    const rest = this.heard.slice(this.#taken)
    this.#taken = this.heard.length
    return rest
  }

  get end(): Effect.Effect<void> {
    return this.until(() => this.ended)
  }

  until(condition: () => boolean): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      const look = () => {
        if (!condition()) return
        this.#waiting.delete(look)
        resume(Effect.void)
      }
      this.#waiting.add(look)
      look()
      return Effect.sync(() => void this.#waiting.delete(look))
    })
  }

  #look(): void {
    for (const look of this.#waiting) look()
  }
}
