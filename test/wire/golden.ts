/**
 * Messages of which every dialect that can say them has the bytes, in `test/fixtures/wire/<dialect>/<name>.hex`.
 */
import type { Message } from "../../src/session/Message.ts"
import * as Words from "./words.ts"

export interface Golden {
  readonly name: string
  /** The side that says it. */
  readonly from: "client" | "server"
  readonly message: Message
  /** It may come like this, and is written in another way: text that a peer says as JSON. */
  readonly readOnly?: boolean
}

const bytes = Uint8Array.of(0xfa, 0xce, 0, 255)
const toServer = (tag: Words.Tag): number => Words.place(Words.server.answers, tag)
const toClient = (tag: Words.Tag): number => Words.place(Words.client.answers, tag)

/** The Hellos come first: nothing is understood before them. */
const hellos: ReadonlyArray<Golden> = [
  { name: "client-hello", from: "client", message: { _tag: "Hello", hello: Words.helloOf(Words.client.says) } },
  { name: "server-hello", from: "server", message: { _tag: "Hello", hello: Words.helloOf(Words.server.says) } },
  {
    name: "client-hello-binary",
    from: "client",
    message: { _tag: "Hello", hello: Words.helloOf(Words.client.says, Words.binary) }
  },
  {
    name: "server-hello-binary",
    from: "server",
    message: { _tag: "Hello", hello: Words.helloOf(Words.server.says, Words.binary) }
  }
]

const headers = { trace: "7", who: "Adä" }

const fromClient: Record<string, Message> = {
  request: Words.request("Add", { a: 1, b: -2 }),
  "request-deadline-headers": Words.request(
    "Say",
    { text: "grüße 👋" },
    { id: 0xfffffffe, timeoutMillis: 30_000, headers }
  ),
  "request-json-deadline-headers": Words.request(
    "Add",
    { a: 1, b: -2 },
    { id: 0xfffffffd, timeoutMillis: 30_000, headers }
  ),
  "request-text": Words.request("Say", { text: "hello" }, { id: 2 }),
  "request-text-empty": Words.request("Say", { text: "" }, { id: 9 }),
  "request-text-deadline-headers": Words.request(
    "Say",
    { text: "grüße 👋" },
    { id: 0xfffffffe, timeoutMillis: 30_000, headers }
  ),
  "request-raw": Words.request("Put", { bytes }, { id: 3 }),
  "request-without-fields": Words.request("Pull", {}, { id: 4 }),
  "request-binary": Words.request("Add", { a: 1, b: -2 }),
  "request-binary-deadline-headers": Words.request("Add", { a: 1, b: -2 }, { timeoutMillis: 30_000, headers }),
  "input-binary": { _tag: "Input", id: 5, method: toServer("Sum"), items: [1, 2, 300], bytes: 15 },
  input: { _tag: "Input", id: 5, method: toServer("Sum"), items: [1, 2, 3], bytes: 7 },
  "input-raw": { _tag: "Input", id: 6, method: toServer("Push"), items: [bytes], bytes: 4 },
  "input-end": { _tag: "InputEnd", id: 6, method: toServer("Push") },
  cancel: { _tag: "Cancel", id: 4, method: toServer("Pull") },
  "success-from-client": { _tag: "Success", id: 1, method: toClient("Confirm"), value: true },
  event: { _tag: "Event", method: toServer("Note"), payload: Words.made("Note", { text: "done" }), bytes: 15 },
  "event-text": { _tag: "Event", method: toServer("Note"), payload: Words.made("Note", { text: "done" }), bytes: 4 },
  "credit-answer": { _tag: "Credit", of: "answer", id: 7, items: 512, bytes: 524_288 },
  "credit-events": { _tag: "Credit", of: "events", id: 0, items: 600, bytes: 0 },
  ping: { _tag: "Ping" },
  proof: { _tag: "Proof", proof: "74e0aa75f17e9badcb02e78b07dce2ff1ef7a1f1da7253a51043cbfd0926affb" },
  drain: { _tag: "Drain" },
  bye: { _tag: "Bye", reason: undefined }
}

const fromServer: Record<string, Message> = {
  "request-from-server": Words.request("Confirm", { question: "sure?" }),
  "request-text-from-server": Words.request("Confirm", { question: "sure?" }),
  chunk: { _tag: "Chunk", id: 7, method: toServer("Count"), items: [10, 20], bytes: 7 },
  "chunk-binary": { _tag: "Chunk", id: 7, method: toServer("Count"), items: [10, 20], bytes: 13 },
  "progress-binary": { _tag: "Progress", id: 6, method: toServer("Push"), value: { done: 50 } },
  "success-binary": { _tag: "Success", id: 1, method: toServer("Add"), value: -1 },
  "failure-binary": { _tag: "Failure", id: 1, method: toServer("Add"), error: new Words.TooLarge({ most: 9 }) },
  "event-binary": { _tag: "Event", method: toClient("Tick"), payload: Words.made("Tick", { n: 7 }), bytes: 11 },
  "chunk-raw": { _tag: "Chunk", id: 4, method: toServer("Pull"), items: [new Uint8Array(0)], bytes: 0 },
  progress: { _tag: "Progress", id: 6, method: toServer("Push"), value: { done: 50 } },
  "progress-raw": { _tag: "Progress", id: 3, method: toServer("Put"), value: bytes },
  success: { _tag: "Success", id: 1, method: toServer("Add"), value: -1 },
  "success-text": { _tag: "Success", id: 2, method: toServer("Say"), value: "grüße" },
  "success-raw": { _tag: "Success", id: 3, method: toServer("Put"), value: bytes },
  "success-nothing": { _tag: "Success", id: 7, method: toServer("Count"), value: undefined },
  failure: { _tag: "Failure", id: 1, method: toServer("Add"), error: new Words.TooLarge({ most: 9 }) },
  "failure-raw": { _tag: "Failure", id: 3, method: toServer("Put"), error: bytes },
  defect: {
    _tag: "Defect",
    id: 1,
    method: toServer("Add"),
    reason: { _tag: "InvalidPayload", part: "payload", detail: "Missing key" }
  },
  "event-raw": { _tag: "Event", method: toClient("Blob"), payload: Words.made("Blob", { bytes }), bytes: 4 },
  "credit-input": { _tag: "Credit", of: "input", id: 6, items: 1, bytes: 0xffffffff },
  pong: { _tag: "Pong" },
  "bye-reason": { _tag: "Bye", reason: { _tag: "HandshakeTimedOut", afterMillis: 10_000 } }
}

/** Payloads of one text as JSON, which we say as they are. */
const readOnly = ["request-deadline-headers", "event", "request-from-server"]

const said = (from: Golden["from"], messages: Record<string, Message>): ReadonlyArray<Golden> =>
  Object.entries(messages).map(([name, message]) => ({ name, from, message, readOnly: readOnly.includes(name) }))

export const golden: ReadonlyArray<Golden> = [...hellos, ...said("client", fromClient), ...said("server", fromServer)]
