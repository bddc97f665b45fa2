/**
 * Handlers with middleware around them.
 *
 * They look like handlers to whoever runs them. Where the answer is a stream, what they give back is still to be told
 * how to send one: so the middleware goes around the sending too.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { AnyProtocol, Member } from "../protocol/Protocol.ts"
import type { Refusal } from "../session/Message.ts"
import type { Handler } from "./Answering.ts"
import * as Chain from "./Chain.ts"
import { IpcError } from "./IpcError.ts"
import type { Headers } from "./Middleware.ts"
import * as Refused from "./Refused.ts"

/** The part of a handler's second argument that middleware sees. */
interface Context {
  readonly caller: unknown
  readonly headers: Headers
}

/** Sends what a handler streams. */
export type Send = (stream: unknown) => Effect.Effect<unknown, unknown>

/** What a wrapped handler gives back where the answer is a stream. */
export type Sending = (send: Send) => Effect.Effect<unknown, unknown>

/** Puts middleware around the handlers of these requests and events. */
export const wrap = (
  protocol: AnyProtocol,
  members: ReadonlyArray<Member>,
  handlers: Readonly<Record<string, Handler>>,
  links: Chain.Links
): Readonly<Record<string, Handler>> => {
  const wrapped: Record<string, Handler> = Object.create(null)
  for (const member of members) {
    const handler = handlers[member.tag]
    if (handler !== undefined) wrapped[member.tag] = around(protocol, member, handler, links)
  }
  return wrapped
}

const around = (protocol: AnyProtocol, member: Member, handler: Handler, links: Chain.Links): Handler => {
  const { kind, tag } = member
  const facts = kind === "request" ? { protocol, tag, kind, request: member } : { protocol, tag, kind, event: member }
  const { input, stream } = kind === "request" ? member.spec : {}
  const why =
    stream !== undefined ? "its answer is a stream" : input !== undefined ? "its input is read once" : undefined
  const failed = failing(member)
  const run = (payload: unknown, given: object, send: Send): Effect.Effect<unknown, unknown> => {
    const context = given as Context
    const limit = why === undefined ? undefined : Chain.once(tag, why)
    const rest: Chain.Rest = (call) => {
      const handled = Effect.suspend(() => send(handler(instance(member, call.payload), heard(context, call.headers))))
      return limit === undefined ? handled : limit(handled)
    }
    const call = { ...facts, payload, headers: context.headers, caller: context.caller }
    return Effect.catch(Chain.around(links, rest)(call), failed)
  }
  if (stream === undefined) return (payload, context) => run(payload, context, asIs)
  return (payload, context): Sending =>
    (send) =>
      run(payload, context, send)
}

const asIs = (result: unknown): Effect.Effect<unknown, unknown> => result as Effect.Effect<unknown, unknown>

const heard = (context: Context, headers: Headers): Context =>
  headers === context.headers ? context : { ...context, headers }

/** A handler gets an instance of the class, also where middleware gave plain fields. */
const instance = (member: Member, payload: unknown): unknown => {
  if (payload instanceof member) return payload
  try {
    return new member(payload)
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    throw new Error(`middleware gave ${member.tag} a payload that does not fit it: ${detail}`, { cause: error })
  }
}

/** Fails a call as its middleware did: with an error of the application, or refused for the reason that it gave. */
const failing = (member: Member): ((error: unknown) => Effect.Effect<never, unknown>) => {
  const schema = member.kind === "request" ? member.spec.error : undefined
  return (error) =>
    member.kind === "event" || !(error instanceof IpcError) || (schema !== undefined && Schema.is(schema)(error))
      ? Effect.fail(error)
      : Refused.refuse(refusalOf(error, member.tag))
}

const refusalOf = ({ reason }: IpcError, tag: string): Refusal => {
  const died: Refusal = { _tag: "RemoteDefect", detail: reason.message }
  // What a call of its own failed with says nothing of this one.
  if (reason.method !== undefined && reason.method !== tag) return died
  switch (reason._tag) {
    case "Unauthorized":
      return { _tag: reason._tag, detail: reason.detail }
    case "Overloaded":
      return { _tag: reason._tag, what: reason.what, limit: reason.limit }
    case "InvalidPayload":
      return { _tag: reason._tag, part: reason.part, detail: reason.detail }
    default:
      return died
  }
}
