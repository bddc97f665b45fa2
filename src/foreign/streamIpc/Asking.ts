/**
 * What a session says: notifications, and requests until their answers.
 *
 * Law: nothing is sent of a message that cannot be said, and no request waits for an answer that nobody will take.
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { IpcError } from "../../peer/IpcError.ts"
import * as Options from "../../peer/Options.ts"
import * as Reason from "../../peer/Reason.ts"
import type { Refusal } from "../../wire/Format.ts"
import type { StreamIpcMessage } from "../../wire/framing/StreamIpcFormat.ts"
import type { PhpObject } from "../../wire/payload/PhpValue.ts"
import type { Channel } from "../Channel.ts"
import type { Registry } from "./Registry.ts"
import type { Requests } from "./Requests.ts"
import type { Options as SessionOptions, RequestOptions } from "./SessionModel.ts"
import { StreamIpcFailure } from "./StreamIpcFailure.ts"
import * as Message from "./StreamIpcMessage.ts"

const defaults = { timeoutMillis: 30_000, oldTimeoutMillis: 500 } as const

export class Asking<A> {
  readonly #channel: Channel<StreamIpcMessage>
  readonly #registry: Registry<A>
  readonly #requests: Requests
  readonly #timeoutMillis: number
  readonly #nextId: () => string

  constructor(
    channel: Channel<StreamIpcMessage>,
    registry: Registry<A>,
    requests: Requests,
    options: SessionOptions<A, any>
  ) {
    const { generation, idPrefix, makeId, timeout } = options
    this.#channel = channel
    this.#registry = registry
    this.#requests = requests
    this.#timeoutMillis = Options.millis(
      timeout,
      generation === "old" ? defaults.oldTimeoutMillis : defaults.timeoutMillis
    )
    this.#nextId = makeId ?? counting(idPrefix)
  }

  notify(message: PhpObject | A): Effect.Effect<void, IpcError> {
    return Effect.flatMap(this.#encoded(message), (object) =>
      this.#channel.send({ _tag: "Notification", message: object })
    )
  }

  request(
    message: PhpObject | A,
    options: RequestOptions = {}
  ): Effect.Effect<PhpObject | A, StreamIpcFailure | IpcError> {
    return Effect.suspend(() => {
      const name = this.#registry.nameOf(message)
      const millis = Options.millis(options.timeout, this.#timeoutMillis)
      const asked = Effect.flatMap(this.#encoded(message), (object) => this.#ask(object))
      const answered = millis === Infinity ? asked : this.#within(asked, millis)
      return answered.pipe(
        Effect.mapError((error) => Reason.ofCall(error, name)),
        Effect.flatMap((answer) => this.#answer(name, answer))
      )
    })
  }

  #within<B>(asked: Effect.Effect<B, IpcError>, millis: number): Effect.Effect<B, IpcError> {
    return Effect.timeoutOrElse(asked, {
      duration: millis,
      orElse: () => Effect.fail(errorOf(this.#channel, { _tag: "TimedOut", afterMillis: millis }))
    })
  }

  #ask(message: PhpObject): Effect.Effect<PhpObject, IpcError> {
    return Effect.suspend(() => {
      const id = this.#nextId()
      const answer = this.#requests.open(id)
      if (answer === undefined) {
        const detail = `another request that waits has the id ${JSON.stringify(id)}; \`makeId\` has to make one of its own`
        return Effect.fail(errorOf(this.#channel, { _tag: "Unsayable", detail }))
      }
      return Effect.ensuring(
        Effect.andThen(this.#channel.send({ _tag: "Request", id, message }), Deferred.await(answer)),
        Effect.sync(() => this.#requests.close(id))
      )
    })
  }

  #answer(request: string, answer: PhpObject): Effect.Effect<PhpObject | A, StreamIpcFailure | IpcError> {
    if (Message.isError(answer)) {
      const text = Message.textOf(answer) ?? ""
      return Effect.fail(new StreamIpcFailure({ address: this.#channel.address, request, text }))
    }
    const message = this.#registry.decode(answer)
    return Result.isSuccess(message)
      ? Effect.succeed(message.success)
      : Effect.fail(errorOf(this.#channel, invalid("success", message.failure), request))
  }

  #encoded(message: PhpObject | A): Effect.Effect<PhpObject, IpcError> {
    return Effect.suspend(() => {
      const object = this.#registry.encode(message)
      return Result.isSuccess(object)
        ? Effect.succeed(object.success)
        : Effect.fail(errorOf(this.#channel, invalid("payload", object.failure), this.#registry.nameOf(message)))
    })
  }
}

/** Makes the error of a session, in a call where it is in one. */
export const errorOf = (channel: Channel<StreamIpcMessage>, refusal: Refusal, method?: string): IpcError =>
  Reason.fromRefusal(refusal, "local", { address: channel.address, ...(method === undefined ? {} : { method }) })

/** What is wrong with a message that does not fit its class. */
export const invalid = (part: "payload" | "success", detail: string): Refusal => ({
  _tag: "InvalidPayload",
  part,
  detail
})

/** Ids as the library makes them: the number of the process, a dot, and a number of its own. */
const counting = (prefix: string | undefined): (() => string) => {
  const { process } = globalThis as { readonly process?: { readonly pid?: number } }
  const first = prefix ?? String(process?.pid ?? 1 + Math.floor(Math.random() * 0x7fff_ffff))
  let count = 0
  return () => `${first}.${++count}`
}
