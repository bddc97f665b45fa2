/**
 * The record of methods of a reconnecting client: each waits for a connection and asks there.
 *
 * Asked again on the next connection is what cannot have been done, or may be done twice: an event that was not sent, a
 * call that the peer refused because it closes, a cut call of an idempotent request with one value each way.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type * as Event from "../protocol/Event.ts"
import type * as Request from "../protocol/Request.ts"
import { Deadline } from "./Deadline.ts"
import type { Holding } from "./Holding.ts"
import type { Inbox } from "./Inbox.ts"
import { IpcError, TimedOut } from "./IpcError.ts"
import * as LazyStreams from "./LazyStreams.ts"
import { type AnyCallOptions, type AnyClient, type Method, subscribed } from "./Methods.ts"
import type { Peer } from "./Peer.ts"
import type { Role } from "./Role.ts"
import * as Status from "./Status.ts"
import { gap, type Subscriptions } from "./Subscriptions.ts"

/** Connections that one call may bring to their end: a request that crashes its server must not do so for ever. */
const mostCuts = 5

/** What the methods of a client share. */
export interface House {
  readonly role: Role
  readonly holding: Holding
  readonly subscriptions: Subscriptions
  readonly statuses: Status.Statuses
}

type AnyEffect = Effect.Effect<unknown, unknown, unknown>
type AnyStream = Stream.Stream<unknown, unknown, unknown>

export const make = (house: House): AnyClient => {
  const client: Record<PropertyKey, unknown> = Object.create(null)
  client[Status.key] = house.statuses
  for (const member of house.role.protocol.server) {
    if (member.kind === "request") client[member.tag] = methodOf(house, member)
  }
  client.send = (request: { readonly _tag: string }, options?: AnyCallOptions) =>
    (client[request._tag] as Method)(request, options)
  client.emit = (event: Said) => emit(house, event)
  client.events = (event: Event.Any, options?: { readonly onGap?: AnyEffect | undefined }) =>
    LazyStreams.arriving(
      Effect.map(subscribed(house.subscriptions, event.tag), (inbox) => overGaps(inbox, options?.onGap ?? Effect.void))
    )
  return Object.freeze(client)
}

interface Said {
  readonly _tag: string
}

/** An event that failed because its connection is over was not sent. */
const emit = (house: House, event: Said): Effect.Effect<void, IpcError> =>
  Effect.flatMap(house.holding.peer(event._tag), (peer) => {
    const number = house.role.numbers.get(event._tag)!
    return Effect.catchIf(
      peer.emitter.emit(number, event._tag, event),
      () => isOver(peer),
      () => emit(house, event)
    )
  })

/** Reads events, and runs `onGap` where some may be missing. */
const overGaps = (inbox: Inbox<unknown, IpcError>, onGap: AnyEffect): Pick<Inbox<unknown, IpcError>, "pull"> => {
  const pull: (typeof inbox)["pull"] = Effect.flatMap(inbox.pull, (events) =>
    // What it fails with and needs is in the type of `events`.
    events[0] === gap ? Effect.andThen(onGap as Effect.Effect<unknown>, pull) : Effect.succeed(events)
  )
  return { pull }
}

const methodOf = (house: House, request: Request.Any): Method => {
  const { input, stream } = request.spec
  if (stream !== undefined) {
    return (payload, options) =>
      LazyStreams.stream((streams) => {
        const asking = new Asking(house, request, payload, options)
        asking.watchInput(streams.whenRun)
        return streams.reopened(asking.asked as Effect.Effect<AnyStream>, asking.mayAskAgain, asking.told)
      })
  }
  if (input === undefined)
    return (payload, options) => Effect.suspend(() => new Asking(house, request, payload, options).answer)
  return (payload, options) =>
    Effect.flatMap(LazyStreams.load, (streams) => {
      const asking = new Asking(house, request, payload, options)
      asking.watchInput(streams.whenRun)
      return asking.answer
    })
}

/** One call, over all the connections that it is asked on. */
class Asking {
  readonly #house: House
  readonly #request: Request.Any
  readonly #payload: unknown
  readonly #deadline: Deadline
  #options: AnyCallOptions | undefined
  #peer: Peer | undefined
  #cuts = 0
  #inputRan = false

  constructor(house: House, request: Request.Any, payload: unknown, options: AnyCallOptions | undefined) {
    this.#house = house
    this.#request = request
    this.#payload = payload
    this.#options = options
    const { clock, options: defaults } = house.role
    this.#deadline = new Deadline(clock, options?.timeout ?? request.spec.timeout ?? defaults.timeout)
  }

  /** Takes note when the input is read: what was read cannot be sent again. */
  watchInput(whenRun: (input: AnyStream, run: () => void) => AnyStream): void {
    const input = this.#options?.input
    if (input === undefined) return
    const watched = whenRun(input as AnyStream, () => {
      this.#inputRan = true
    })
    this.#options = { ...this.#options, input: watched }
  }

  /** The answer of a request that has one value as answer. */
  get answer(): Effect.Effect<unknown, unknown> {
    return Effect.catch(
      Effect.flatten(this.asked as Effect.Effect<Effect.Effect<unknown, unknown>, IpcError>),
      (error) => (this.mayAskAgain(error) ? this.answer : Effect.fail(this.told(error)))
    )
  }

  /** What the client of the next peer that takes calls makes of it: an Effect or a Stream. */
  get asked(): Effect.Effect<unknown, IpcError> {
    const { tag } = this.#request
    return Effect.map(this.#house.holding.peer(tag, this.#deadline), (peer) => {
      this.#peer = peer
      return (peer.client[tag] as Method)(this.#payload, this.#remaining)
    })
  }

  readonly mayAskAgain = (error: unknown): boolean => {
    if (!(error instanceof IpcError) || this.#peer === undefined || !isOver(this.#peer)) return false
    const { reason } = error
    if (reason._tag === "Draining") return !this.#inputRan
    if (reason._tag !== "Disconnected" && reason._tag !== "PeerSilent") return false
    const { idempotent, input, stream } = this.#request.spec
    return idempotent && input === undefined && stream === undefined && ++this.#cuts < mostCuts
  }

  /** A connection counts what was left of the deadline; the caller knows the whole. */
  readonly told = (error: unknown): unknown => {
    if (!(error instanceof IpcError) || error.reason._tag !== "TimedOut") return error
    return new IpcError({ reason: new TimedOut({ ...error.reason, afterMillis: this.#deadline.totalMillis }) })
  }

  get #remaining(): AnyCallOptions | undefined {
    return this.#deadline.isEndless ? this.#options : { ...this.#options, timeout: this.#deadline.leftMillis }
  }
}

/** Whether a peer takes no more calls: its connection is over, or is about to be. */
const isOver = (peer: Peer): boolean => !peer.connection.session.takesCalls
