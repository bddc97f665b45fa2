/**
 * Builds the record of methods of a client, once per connection.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Event from "../protocol/Event.ts"
import type * as Request from "../protocol/Request.ts"
import type { Headers } from "../session/Message.ts"
import * as Asking from "./Asking.ts"
import type { CallOptions } from "./Client.ts"
import type { Connection } from "./Connection.ts"
import type { Emitter } from "./Emitter.ts"
import * as LazyStreams from "./LazyStreams.ts"
import * as Leaving from "./Leaving.ts"
import { itemsPerMessage } from "./Lexicon.ts"
import * as Options from "./Options.ts"
import type { OnProgress } from "./Reports.ts"
import type { Role } from "./Role.ts"
import * as Status from "./Status.ts"
import type { Subscriptions } from "./Subscriptions.ts"

/** Through what a client speaks. */
export interface Speaker {
  readonly connection: Connection
  readonly emitter: Emitter
  readonly subscriptions: Subscriptions
  readonly role: Role
  readonly statuses: Status.Statuses
}

export interface AnyCallOptions extends CallOptions {
  readonly onProgress?: OnProgress | undefined
  readonly input?: unknown
}

export type Method = (payload?: unknown, options?: AnyCallOptions) => unknown

/**
 * A client of any protocol, without the types of its methods.
 *
 * @category models
 * @since 0.1.0
 */
export type AnyClient = Readonly<Record<string, unknown>>

/** Makes what one side may say through `speaker`. */
export const make = (speaker: Speaker): AnyClient => {
  const { numbers, options, protocol, side } = speaker.role
  const says = side === "server" ? protocol.client : protocol.server
  const client: Record<PropertyKey, unknown> = Object.create(null)
  client[Status.key] = speaker.statuses
  client[Leaving.key] = () => speaker.connection.drain()
  says.forEach((member, number) => {
    if (member.kind === "request") client[member.tag] = methodOf(speaker, member, number, options)
  })
  client.send = (request: { readonly _tag: string }, callOptions?: AnyCallOptions) =>
    (client[request._tag] as Method)(request, callOptions)
  client.emit = (event: { readonly _tag: string }) => speaker.emitter.emit(numbers.get(event._tag)!, event._tag, event)
  client.events = (event: Event.Any) => LazyStreams.arriving(subscribed(speaker.subscriptions, event.tag))
  return Object.freeze(client)
}

/** Subscribes to the events of a tag for as long as the scope is open. */
export const subscribed = (subscriptions: Subscriptions, tag: string) =>
  Effect.acquireRelease(
    Effect.sync(() => subscriptions.subscribe(tag)),
    (subscriber) => Effect.sync(() => subscriptions.unsubscribe(tag, subscriber))
  )

const methodOf = (speaker: Speaker, request: Request.Any, method: number, defaults: Options.ClientOptions): Method => {
  const { connection } = speaker
  const { input, progress, stream, timeout } = request.spec
  const inputsPerMessage = itemsPerMessage(speaker.role.lexicon.says[method]!.input)
  const route: Asking.Route = { connection, method, tag: request.tag, inputsPerMessage }
  const timeoutMillis = deadline(timeout ?? defaults.timeout)
  const question = (payload: unknown, options: AnyCallOptions | undefined): Asking.Question => ({
    payload: payload ?? {},
    timeoutMillis: options?.timeout === undefined ? timeoutMillis : deadline(options.timeout),
    headers: joined(defaults.headers, options?.headers)
  })
  const { around } = speaker.role
  if (around !== undefined) return around(request, route, question)
  if (stream !== undefined) {
    return (payload, options) => {
      const asking = () => question(payload, options)
      return LazyStreams.stream((streams) =>
        streams.askStream(route, asking, options?.onProgress, options?.input as never)
      )
    }
  }
  const asked: Asked =
    progress === undefined
      ? (payload, options, started) => Asking.ask(route, question(payload, options), started)
      : (payload, options, started) => {
          const asking = question(payload, options)
          const onProgress = options?.onProgress
          return onProgress === undefined
            ? Asking.ask(route, asking, started)
            : Asking.askReported(route, asking, onProgress, started)
        }
  if (input === undefined) return asked
  return (payload, options) =>
    Effect.flatMap(LazyStreams.load, (streams) =>
      streams.askWithInput((started) => asked(payload, options, started), route, options?.input as never)
    )
}

type Asked = (
  payload?: unknown,
  options?: AnyCallOptions,
  started?: (call: Asking.UnaryCall) => void
) => Effect.Effect<unknown, unknown>

/** Milliseconds of a timeout as sessions count them: 0 is none, and one that has passed already is the shortest there is. */
const deadline = (timeout: Duration.Input | undefined): number => {
  const millis = Options.millis(timeout, Infinity)
  return millis === Infinity ? 0 : Math.max(1, millis)
}

const joined = (ofClient: Headers | undefined, ofCall: Headers | undefined): Headers | undefined =>
  ofClient === undefined || ofCall === undefined ? (ofCall ?? ofClient) : { ...ofClient, ...ofCall }
