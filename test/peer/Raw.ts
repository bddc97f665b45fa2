/** A peer written by hand: it says frame by frame what it is told to, and takes down what it hears. */
import * as Effect from "effect/Effect"
import type { Link } from "../../src/transport/Link.ts"
import { creditNumber } from "../../src/wire/dialect/NativeBody.ts"
import { Flag, Kind } from "../../src/wire/dialect/NativeKind.ts"
import * as Frame from "../../src/wire/framing/MarkedFrame.ts"

type KindName = keyof typeof Kind

export interface Heard {
  readonly kind: KindName
  readonly flags: number
  readonly id: number
  readonly number: number
  readonly bytes: Uint8Array
  readonly text: string
}

export interface Said {
  readonly id?: number
  readonly number?: number
  readonly flags?: number
  readonly body?: string | Uint8Array
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Makes the bytes of one frame. */
export const frame = (kind: KindName | number, { body = "", flags = 0, id = 0, number = 0 }: Said = {}): Uint8Array => {
  const bytes = typeof body === "string" ? encoder.encode(body) : body
  const whole = new Uint8Array(Frame.headerBytes + bytes.length)
  Frame.writeHeader(whole, 0, typeof kind === "number" ? kind : Kind[kind], flags, bytes.length, id, number)
  whole.set(bytes, Frame.headerBytes)
  return whole
}

/** Makes a Hello. The numbers of methods are their places in `methods`, from 1 on. */
export const hello = (protocol: string, methods: ReadonlyArray<string>, besides: object = {}): Uint8Array =>
  frame("Hello", {
    body: JSON.stringify({
      wireVersion: 1,
      protocol,
      version: "1.0.0",
      fingerprint: "0000000000000000",
      methods,
      payloads: ["json"],
      limits: { frameBytes: 1 << 24, calls: 16384 },
      features: [],
      ...besides
    })
  })

/** Makes a Request with a JSON payload. */
export const request = (id: number, number: number, payload: unknown, timeoutMillis = 0): Uint8Array => {
  const json = encoder.encode(JSON.stringify(payload))
  if (timeoutMillis === 0) return frame("Request", { id, number, body: json })
  const body = new Uint8Array(4 + json.length)
  Frame.writeUint32(body, 0, timeoutMillis)
  body.set(json, 4)
  return frame("Request", { id, number, flags: Flag.deadline, body })
}

export const credit = (of: "answer" | "input" | "events", id: number, items: number, bytes: number): Uint8Array => {
  const body = new Uint8Array(8)
  Frame.writeUint32(body, 0, items)
  Frame.writeUint32(body, 4, bytes)
  return frame("Credit", { id, number: creditNumber(of), body })
}

const nameOf = (kind: number): KindName =>
  (Object.keys(Kind) as ReadonlyArray<KindName>).find((name) => Kind[name] === kind)!

export class Raw {
  /** All frames heard. */
  readonly frames: Array<Heard> = []
  /** The chunks they came in, in bytes. */
  readonly chunks: Array<number> = []
  ended = false
  readonly #send: (bytes: Uint8Array) => void
  readonly #reader: Frame.Reader
  readonly #waiting = new Set<() => void>()
  /** Frames of each kind that were asked for. */
  readonly #taken = new Map<KindName, number>()

  constructor(send: (bytes: Uint8Array) => void) {
    this.#send = send
    this.#reader = new Frame.Reader(
      {
        frame: (kind, flags, id, number, bytes, start, end) => {
          const body = bytes.slice(start, end)
          this.frames.push({ kind: nameOf(kind), flags, id, number, bytes: body, text: decoder.decode(body) })
        },
        oversized: () => {},
        corrupt: () => {},
        junk: () => {}
      },
      1 << 30,
      undefined
    )
  }

  say(...frames: ReadonlyArray<Uint8Array>): void {
    for (const bytes of frames) this.#send(bytes)
  }

  /** Takes what came over the link. */
  hear(chunk: Uint8Array): void {
    this.chunks.push(chunk.length)
    this.#reader.read(chunk)
    for (const look of this.#waiting) look()
  }

  end(): void {
    this.ended = true
    for (const look of this.#waiting) look()
  }

  of(kind: KindName): ReadonlyArray<Heard> {
    return this.frames.filter((heard) => heard.kind === kind)
  }

  /** Waits for the next frame of a kind. */
  next(kind: KindName): Effect.Effect<Heard> {
    return Effect.suspend(() => {
      const taken = this.#taken.get(kind) ?? 0
      return Effect.map(
        this.until(() => this.of(kind).length > taken),
        () => {
          this.#taken.set(kind, taken + 1)
          return this.of(kind)[taken]!
        }
      )
    })
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
}

/** Speaks over a link, which it starts. */
export const overLink = (link: Link): Raw => {
  const raw = new Raw((bytes) => void link.offer(bytes))
  link.start({ bytes: (chunk) => raw.hear(chunk), drained: () => {}, end: () => raw.end() })
  return raw
}
