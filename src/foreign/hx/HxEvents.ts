/**
 * What comes to one hx/interop client and is no answer: it waits for whoever wants it, and is handed out in order.
 *
 * Rule 1: handlers run one after another in a fiber of their own, so one may call and get its answer. Rule 2: where
 * handlers lag, the connection is not read on. Rule 3: a call may wait for its answer within a handler, so where one waits,
 * and no event was taken for a second, it is read on: what there is no room for is lost then, and told. Rule 4: what comes
 * before anybody subscribed is kept as far as there is room.
 *
 * @since 0.1.0
 */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { IpcError } from "../../peer/IpcError.ts"
import { fromRefusal } from "../../peer/Reason.ts"
import * as Dispatch from "../Dispatch.ts"
import { done, type End, Mailbox } from "../Mailbox.ts"
import * as HxMessage from "./HxMessage.ts"

type Message = HxMessage.HxMessage

/** How long no event may be taken while a call waits. */
const patience = "1 second"

export class HxEvents {
  readonly #address: string
  readonly #limit: number
  readonly #mailbox = new Mailbox<Message>((message) => {
    this.#told = false
    this.#stalled = false
    this.poke()
    return message
  })
  readonly #routes = new Set<Dispatch.Route<Message, unknown>>()
  readonly #streams = new Set<Mailbox<Message>>()
  readonly #subscribed = Latch.makeUnsafe(false)
  readonly #waiting = new Set<() => void>()
  #told = false
  /** A call waits, and those who take events do not go on. */
  #stalled = false
  #end: End | undefined

  constructor(address: string, limit: number) {
    this.#address = address
    this.#limit = limit
  }

  /** Takes a message, once there is room. Answers what to tell of one that is lost. */
  offer(message: Message, mustRead: () => boolean): Effect.Effect<IpcError | undefined> {
    return Effect.suspend(() => {
      if (this.#isFull && !this.#stalled) return Effect.andThen(this.#room(mustRead), this.offer(message, mustRead))
      if (this.#mailbox.length < this.#limit) {
        this.#mailbox.push([message])
        return Effect.undefined
      }
      if (this.#told) return Effect.undefined
      this.#told = true
      return Effect.succeed(this.#overloaded("events that nobody has taken"))
    })
  }

  /** Lets who waits for room look again. */
  poke(): void {
    for (const look of Array.from(this.#waiting)) look()
  }

  /** Ends the events, after those that have come. */
  end(end: End): void {
    this.#mailbox.end(end)
  }

  /** Runs a handler for what matches, for as long as the scope is open. Answers how to leave earlier. */
  on(
    matcher: Dispatch.Matcher<Message>,
    handle: (message: Message) => Effect.Effect<unknown>
  ): Effect.Effect<Effect.Effect<void>, never, Scope.Scope> {
    return this.#join(this.#routes, Dispatch.route(matcher, handle))
  }

  /** All that comes while it runs. */
  readonly stream: Stream.Stream<Message, IpcError> = Stream.unwrap(
    Effect.gen({ self: this }, function* () {
      const mailbox = new Mailbox<Message>((message) => message)
      if (this.#end !== undefined) mailbox.end(this.#end)
      yield* this.#join(this.#streams, mailbox)
      return Stream.fromPull(Effect.succeed(Effect.map(mailbox.take, (message) => [message] as const)))
    })
  )

  /** Hands out what comes, until the end. However that comes, no stream is left waiting. */
  readonly run: Effect.Effect<void> = Effect.suspend(() =>
    this.#subscribed.whenOpen(this.#mailbox.take).pipe(
      Effect.flatMap((message) => this.#hand(message)),
      Effect.forever({ disableYield: true }),
      Effect.catch((error: IpcError | Cause.Done) => Effect.sync(() => this.#finish(Exit.fail(error)))),
      Effect.ensuring(Effect.sync(() => this.#finish(done)))
    )
  )

  #join<A>(members: Set<A>, member: A): Effect.Effect<Effect.Effect<void>, never, Scope.Scope> {
    const leave = Effect.sync(() => {
      members.delete(member)
      this.poke()
    })
    const enter = Effect.suspend(() => {
      members.add(member)
      return this.#subscribed.open
    })
    return Effect.as(
      Effect.acquireRelease(enter, () => leave),
      leave
    )
  }

  #hand(message: Message): Effect.Effect<unknown> {
    for (const mailbox of this.#streams) {
      mailbox.push([message])
      if (mailbox.length > this.#limit) {
        this.#streams.delete(mailbox)
        mailbox.end(Exit.fail(this.#overloaded("events that this stream lags behind")))
      }
    }
    // A route that cannot tell whether it matches keeps nothing from the others.
    return Effect.forEach(
      Array.from(this.#routes, (route) => Dispatch.all(HxMessage.classOf, [route])),
      (dispatch) => Effect.ignoreCause(dispatch(message), { log: "Error" }),
      { discard: true }
    )
  }

  #finish(end: End): void {
    this.#end ??= end
    for (const mailbox of this.#streams) mailbox.end(end)
    this.#streams.clear()
  }

  /** Whether somebody will make room. */
  get #isFull(): boolean {
    return this.#mailbox.length >= this.#limit && this.#routes.size + this.#streams.size > 0
  }

  /** Waits until it is worth another look. */
  #room(mustRead: () => boolean): Effect.Effect<void> {
    if (!mustRead()) return this.#wait(mustRead)
    const stall = Effect.sync(() => {
      this.#stalled = mustRead()
    })
    return Effect.timeoutOrElse(this.#wait(), { duration: patience, orElse: () => stall })
  }

  /** Waits for room, or for a call that must be read for. */
  #wait(mustRead: () => boolean = () => false): Effect.Effect<void> {
    return Effect.callback((resume) => {
      // A fiber may yield between any two steps, so there may be room since it was looked for.
      if (!this.#isFull || mustRead()) return resume(Effect.void)
      const look = () => {
        if (this.#isFull && !mustRead()) return
        this.#waiting.delete(look)
        resume(Effect.void)
      }
      this.#waiting.add(look)
      return Effect.sync(() => void this.#waiting.delete(look))
    })
  }

  #overloaded(what: string): IpcError {
    return fromRefusal({ _tag: "Overloaded", what, limit: this.#limit }, "local", { address: this.#address })
  }
}
