/** Two codecs of a wire by themselves: what it takes to read 256 requests, and their answers. */
import { compile } from "../../src/peer/Lexicon.ts"
import type { Hello, Message, Refusal } from "../../src/session/Message.ts"
import type { Out, Wire } from "../../src/wire/Wire.ts"
import { WriteBuffer } from "../../src/wire/WriteBuffer.ts"
import { answer, checkSum, request, type Add, type Sum } from "../workload.ts"
import { Calls } from "./protocol.ts"

const inFlight = 256

/** What a link hands over at a time. */
const chunkBytes = 64 * 1024

/** Reads 256 requests and 256 answers. Answers how many milliseconds the reading took. */
export type Decoding = () => number

class Taken implements Out {
  readonly buffer = new WriteBuffer()
  messages: Array<Message> = []

  message(message: Message): void {
    this.messages.push(message)
  }

  junk(): void {
    throw new Error("a codec took its own bytes for junk")
  }

  refuse(_about: unknown, _id: number, _method: number, reason: Refusal): void {
    throw new Error(`a codec refused its own bytes: ${JSON.stringify(reason)}`)
  }

  refuseEvent(bytes: number, reason: Refusal): void {
    this.refuse("none", bytes, 0, reason)
  }

  lost(reason: Refusal): void {
    this.refuse("none", 0, 0, reason)
  }

  /** What was written, as a link would hand it over. */
  written(): ReadonlyArray<Uint8Array> {
    const parts: Array<Uint8Array> = []
    this.buffer.flush((chunk) => parts.push(new Uint8Array(chunk)))
    this.buffer.reuse()
    const all = Buffer.concat(parts)
    return Array.from({ length: Math.ceil(all.length / chunkBytes) }, (_, n) =>
      all.subarray(n * chunkBytes, (n + 1) * chunkBytes)
    )
  }
}

const says = (tags: ReadonlyArray<string>): Hello => ({
  wireVersion: 1,
  protocol: Calls.name,
  version: Calls.version,
  fingerprint: Calls.fingerprint,
  methods: tags,
  payloads: ["json"],
  limits: { frameBytes: 1 << 24, calls: 1 << 16 },
  features: []
})

export const makeDecoding = (wire: Wire): Decoding => {
  const [ours, theirs] = [compile(Calls, "client"), compile(Calls, "server")]
  const client = wire.open(ours, { role: "dialer", maxFrameBytes: 1 << 24 })
  const server = wire.open(theirs, { role: "acceptor", maxFrameBytes: 1 << 24 })
  const [asking, answering] = [new Taken(), new Taken()]
  client.write({ _tag: "Hello", hello: says(ours.says.map(({ tag }) => tag)) }, asking)
  server.write({ _tag: "Hello", hello: says(theirs.says.map(({ tag }) => tag)) }, answering)
  for (const chunk of asking.written()) server.read(chunk, answering)
  for (const chunk of answering.written()) client.read(chunk, asking)

  let id = 0
  return () => {
    asking.messages = []
    answering.messages = []
    const questions = Array.from({ length: inFlight }, (_, n) => request(id + n))
    for (const payload of questions) {
      client.write({ _tag: "Request", id: ++id, method: 0, payload, timeoutMillis: 0, headers: undefined }, asking)
    }
    const asked = asking.written()
    let from = performance.now()
    for (const chunk of asked) server.read(chunk, answering)
    let millis = performance.now() - from

    for (const message of answering.messages) {
      if (message._tag !== "Request") continue
      const value = answer(message.payload as Add)
      server.write({ _tag: "Success", id: message.id, method: message.method, value }, answering)
    }
    const answered = answering.written()
    from = performance.now()
    for (const chunk of answered) client.read(chunk, asking)
    millis += performance.now() - from

    const sums = asking.messages.flatMap((message) => (message._tag === "Success" ? [message.value as Sum] : []))
    if (sums.length !== inFlight) throw new Error(`${inFlight} requests got ${sums.length} answers`)
    for (const [n, sum] of sums.entries()) checkSum(questions[n]!, sum)
    return millis
  }
}

/** How many messages a `Decoding` reads. */
export const messagesDecoded = inFlight * 2
