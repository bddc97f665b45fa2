/**
 * hx/interop in JavaScript: stands for the package `@hxjs/interop` 1.1.2, a client over WebSocket, one binary frame a message.
 *
 * Written by us from its described behaviour (docs/wire/hx-interop.md), not copied. Checked by Peers.test.ts: its reader and
 * writer against every vector of test/fixtures/foreign/hx-interop.json.
 *
 * Law: its quirks are kept. A body without a length is the rest of the frame, with the writer's line feeds; header names are
 * written as given; trailing blanks of values stay; a message without headers is an error; ids are a random number, a dot and
 * a counter; a message with an id that nobody waits for is dropped, as is one without a class.
 *
 *   node hx.mjs client URL countdown N | calls JSON
 *   node hx.mjs codec                 lines of base64 in, lines of JSON out
 */
import { createInterface } from "node:readline"

const idName = "Interop-Rpc-Id"
const className = "Interop-Rpc-Class"
const errorName = "Interop-Error"
const typeName = "Content-Type"
const lengthName = "Content-Length"

const latin1 = (bytes) => Buffer.from(bytes).toString("latin1")
const utf8 = (text) => Buffer.from(text, "latin1").toString("utf8")

const canonical = (name) =>
  name
    .split(/[-_\s]+/)
    .map((part) => part.slice(0, 1).toUpperCase() + part.slice(1).toLowerCase())
    .join("-")

/** Where the headers end and the rest begins, of bytes as Latin-1 text. */
const cut = (frame) => {
  const blank = /\n\r?\n/.exec(frame)
  if (blank !== null) return [frame.slice(0, blank.index), frame.slice(blank.index + blank[0].length)]
  const line = frame.indexOf("\n")
  return line < 0 ? ["", frame] : [frame.slice(0, line), frame.slice(line + 1)]
}

const parseHeaders = (block) => {
  const headers = {}
  for (const line of utf8(block).trim().split(/\r?\n/)) {
    const colon = line.indexOf(":")
    if (colon < 0) throw new Error(`Expected a colon in "${line}`)
    headers[canonical(line.slice(0, colon))] = line.slice(colon + 1).trimStart()
  }
  return headers
}

/** Reads one frame: `{ headers, body }`. */
const parse = (bytes) => {
  const [block, rest] = cut(latin1(bytes))
  const headers = parseHeaders(block)
  if (headers[lengthName] === undefined) return { headers, body: Buffer.from(rest, "latin1") }
  const length = parseInt(headers[lengthName], 10)
  // The reference ends the process here: a Blob cannot be sliced at no number.
  if (Number.isNaN(length)) throw new TypeError("NaN length")
  if (length < 0) return { headers, body: Buffer.alloc(0) }
  const after = rest.slice(length, length + 2)
  if (!/^\r?\n/.test(after)) {
    throw new Error(`Expected a newline after ${length} bytes; got "${after.replace("\r", "")}"`)
  }
  return { headers, body: Buffer.from(rest.slice(0, length), "latin1") }
}

const write = ({ body, headers }) =>
  Buffer.concat([
    Buffer.from(
      Object.entries(headers)
        .map(([name, value]) => `${name}: ${value}\n`)
        .join("") + "\n"
    ),
    body,
    Buffer.from("\n")
  ])

const session = Math.floor(Math.random() * 1e9)
let counter = 0

/** Opens the connection, and answers with `call`, and a promise of its end. */
const connect = async (url, onEvent) => {
  const socket = new WebSocket(url)
  socket.binaryType = "blob"
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve, { once: true })
    socket.addEventListener("error", () => reject(new Error("no connection")), { once: true })
  })
  const waiting = new Map()
  socket.addEventListener("message", async ({ data }) => {
    if (typeof data === "string") throw new Error("received unexpected non-binary message")
    // Read at its own pace: a small frame behind a large one may overtake it.
    const message = parse(Buffer.from(await data.arrayBuffer()))
    const id = message.headers[idName]
    if (id !== undefined) {
      waiting.get(id)?.(message)
      waiting.delete(id)
    } else if (message.headers[className] !== undefined) onEvent(message)
  })
  const call = (name, headers, content) =>
    new Promise((resolve) => {
      const id = `${session}.${++counter}`
      waiting.set(id, resolve)
      const typed = content === undefined ? {} : { [typeName]: content.type, [lengthName]: content.body.length }
      const all = { ...headers, ...typed, [idName]: id, [className]: name }
      socket.send(write({ headers: all, body: content?.body ?? Buffer.alloc(0) }))
    })
  const closed = new Promise((resolve) => socket.addEventListener("close", resolve, { once: true }))
  return { call, close: () => socket.close(), closed }
}

const contentOf = ({ json, text }) =>
  json !== undefined
    ? { type: "application/json", body: Buffer.from(JSON.stringify(json)) }
    : text !== undefined
      ? { type: "text/plain", body: Buffer.from(text) }
      : undefined

const tell = (kind, { body, headers }) =>
  console.log(
    JSON.stringify({ kind, headers: Object.entries(headers), body: body.toString(), error: headers[errorName] ?? "" })
  )

const client = async (url, what, argument) => {
  const last = Number(argument)
  const onEvent = (event) => {
    if (what === "calls") return tell("event", event)
    if (event.headers[className] !== "tick") return
    const n = JSON.parse(event.body.toString())
    console.log(`Tick ${n}`)
    if (n === last) remote.close()
  }
  const remote = await connect(url, onEvent)
  if (what === "countdown") void remote.call("countdown", { ticks: argument })
  else {
    for (const each of JSON.parse(argument)) {
      tell("answer", await remote.call(each.class, Object.fromEntries(each.headers ?? []), contentOf(each)))
    }
    remote.close()
  }
  await remote.closed
  console.log("end")
}

const inspect = (bytes) => {
  try {
    const message = parse(bytes)
    return {
      messages: [{ headers: Object.entries(message.headers), body: message.body.toString("base64") }],
      end: "frame",
      rewritten: write(message).toString("base64")
    }
  } catch (error) {
    return { messages: [], end: String(error), rewritten: "" }
  }
}

const codec = async () => {
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(inspect(Buffer.from(line, "base64"))))
  }
}

const [role, ...rest] = process.argv.slice(2)
if (role === "codec") await codec()
else await client(...rest)
