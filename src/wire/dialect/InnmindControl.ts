/**
 * The messages by which two sides of innmind/ipc keep their connection: frames like any other, told by what they hold.
 *
 * | | |
 * |---|---|
 * | start, startOk | the server greets, the client answers |
 * | received | one message of a user has come; 5.x says `ack` |
 * | heartbeat | a side is alive; at any rate, in any state |
 * | close, closeOk | a side ends the connection, the other agrees |
 *
 * The 4.x line takes one for what it is by its media type and its content, 5.x by its content alone.
 *
 * @since 0.1.0
 */
import type { Refusal } from "../../session/Message.ts"
import type { MediaMessage } from "../framing/MediaFrame.ts"
import * as Utf8 from "../Utf8.ts"

/**
 * The line of innmind/ipc that lives at the other end.
 *
 * @category models
 * @since 0.1.0
 */
export type Version = 4 | 5

/** What a control message says. */
export type Control = "start" | "startOk" | "close" | "closeOk" | "heartbeat" | "received"

const mediaType = "text/plain"
const prefix = "innmind/ipc:"

const contents: ReadonlyArray<readonly [content: string, control: Control]> = [
  [`${prefix}connection.start`, "start"],
  [`${prefix}connection.start-ok`, "startOk"],
  [`${prefix}connection.close`, "close"],
  [`${prefix}connection.close-ok`, "closeOk"],
  [`${prefix}heartbeat`, "heartbeat"],
  [`${prefix}message.received`, "received"],
  [`${prefix}ack`, "received"]
]

const byContent = new Map(contents)
const longest = Math.max(...contents.map(([content]) => content.length))

/** Answers what a message says of the connection; undefined for one of a user. Both acknowledgements are understood. */
export const read = ({ content, mediaType: type }: MediaMessage, version: Version): Control | undefined => {
  if (content.length > longest || content.length < prefix.length) return undefined
  if (version === 4 && type !== mediaType) return undefined
  return byContent.get(Utf8.read(content, 0, content.length))
}

const encoder = new TextEncoder()
const messageOf = (content: string): MediaMessage => ({ mediaType, content: encoder.encode(content) })

const ack = messageOf(`${prefix}ack`)
const byControl = new Map(contents.slice(0, -1).map(([content, control]) => [control, messageOf(content)]))

/** Answers the message that says it. */
export const message = (control: Control, version: Version): MediaMessage =>
  version === 5 && control === "received" ? ack : byControl.get(control)!

/** Why a message of a user that is one of these is not sent: its receiver could not tell. */
export const refusal: Refusal = {
  _tag: "Unsayable",
  detail: "its content is a message of innmind/ipc itself, for which the peer would take it: say it in another way"
}
