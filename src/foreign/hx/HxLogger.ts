/**
 * Logs the messages of hx/interop that pass a channel.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Channel, HxClient, HxFormat, HxLogger, Intercept } from "effect-ipc/foreign"
 *
 * export const program = Effect.gen(function* () {
 *   const channel = yield* Channel.open(HxFormat.format())
 *   const client = yield* HxClient.make(yield* Intercept.wrap(channel, HxLogger.make({ level: "Debug" })))
 *   return yield* client.call("ping")
 * })
 * ```
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { Severity } from "effect/LogLevel"
import type { Interceptor } from "../Intercept.ts"
import type * as HxContentTypes from "./HxContentTypes.ts"
import * as HxMessage from "./HxMessage.ts"

/**
 * Options of the logger.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Default: `Info`. A message with an error is logged one step above, as `Warn`, at least. */
  readonly level?: Severity | undefined
  /** How bodies are decoded for the log. Default: `HxContentTypes.standard`. */
  readonly types?: HxContentTypes.ContentTypes | undefined
  /** The most characters of a body. Default: 200. */
  readonly bodyChars?: number | undefined
}

/**
 * Makes an interceptor that logs each message with its direction, kind (request, response, event or message), class, id,
 * errors and body, and passes it on as it is.
 *
 * @category interceptors
 * @since 0.1.0
 */
export const make = (options: Options = {}): Interceptor<HxMessage.HxMessage> => {
  const step =
    (direction: "receive" | "send"): NonNullable<Interceptor<HxMessage.HxMessage>["read"]> =>
    (message, next) =>
      Effect.andThen(log(direction, message, options), next(message))
  return { read: step("receive"), write: step("send") }
}

const log = (direction: string, message: HxMessage.HxMessage, options: Options): Effect.Effect<void> =>
  Effect.flatMap(bodyText(message, options), (body) => {
    const errors = HxMessage.errorsOf(message)
    const level = options.level ?? "Info"
    const parts = [
      direction,
      kindOf(message),
      HxMessage.classOf(message),
      ...errors.map((error) => `error: ${error}`),
      body
    ]
    const id = HxMessage.idOf(message)
    const line = parts.filter((part) => part !== undefined && part !== "").join(" ")
    const logged = Effect.logWithLevel(errors.length > 0 && quiet.includes(level) ? "Warn" : level)(line)
    return id === undefined ? logged : Effect.annotateLogs(logged, { id })
  })

const quiet: ReadonlyArray<Severity> = ["Trace", "Debug", "Info"]

const kindOf = (message: HxMessage.HxMessage): string => {
  if (HxMessage.isRequest(message)) return "request"
  if (HxMessage.isResponse(message)) return "response"
  return HxMessage.isEvent(message) ? "event" : "message"
}

/** A body without a type is not shown: it may be anything. */
const bodyText = (message: HxMessage.HxMessage, { bodyChars = 200, types }: Options): Effect.Effect<string> => {
  if (message.body.length === 0) return Effect.succeed("")
  const size = `(${message.body.length} bytes)`
  return Effect.map(Effect.option(HxMessage.decode(message, { types })), (decoded) => {
    if (decoded._tag === "None" || decoded.value instanceof Uint8Array) return size
    const value = typeof decoded.value === "string" ? decoded.value : (JSON.stringify(decoded.value) ?? size)
    return value.length <= bodyChars ? value : `${value.slice(0, bodyChars)}… ${size}`
  })
}
