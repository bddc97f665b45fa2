/**
 * The closed union of messages that two sessions exchange.
 *
 * Ids belong to the caller, and the direction is in the kind of message: `Request`, `Input`, `InputEnd` and `Cancel`
 * travel from the caller, `Progress`, `Chunk`, `Success`, `Failure` and `Defect` to it. So both sides number from 1.
 * `method` is an index into the lexicon: of what the receiver answers in what travels from the caller, of what the
 * receiver says in what travels to it. Payloads are validated values; a codec turns them into bytes.
 *
 * @since 0.1.0
 */

/**
 * Why a call got no answer from the application. Plain facts: `peer` makes an `IpcError` of them, a wire carries them.
 *
 * @category models
 * @since 0.1.0
 */
export type Refusal =
  | { readonly _tag: "UnknownMethod" }
  | { readonly _tag: "InvalidPayload"; readonly part: Part; readonly detail: string }
  | { readonly _tag: "Oversized"; readonly bytes: number; readonly maxBytes: number }
  | { readonly _tag: "Overloaded"; readonly what: string; readonly limit: number }
  | { readonly _tag: "Draining" }
  | { readonly _tag: "TimedOut"; readonly afterMillis: number }
  | { readonly _tag: "Malformed"; readonly detail: string }
  | { readonly _tag: "RemoteDefect"; readonly detail: string; readonly stack?: string | undefined }
  | { readonly _tag: "Incompatible"; readonly local: string; readonly remote: string }
  | { readonly _tag: "Unauthorized"; readonly detail: string }
  | { readonly _tag: "PeerSilent"; readonly afterMillis: number }
  | { readonly _tag: "Disconnected"; readonly detail: string }
  | { readonly _tag: "HandshakeTimedOut"; readonly afterMillis: number }
  | { readonly _tag: "Unsayable"; readonly detail: string }

/**
 * The parts of a method that have a schema of their own.
 *
 * @category models
 * @since 0.1.0
 */
export type Part = "payload" | "success" | "error" | "item" | "input" | "progress"

/**
 * What a side says of itself, once, before anything else.
 *
 * @category models
 * @since 0.1.0
 */
export interface Hello {
  readonly wireVersion: number
  readonly protocol: string
  readonly version: string
  readonly fingerprint: string
  /** The tags that this side may say, in the order of their numbers. */
  readonly methods: ReadonlyArray<string>
  /** Payload formats this side reads. */
  readonly payloads: ReadonlyArray<string>
  /** The largest frame this side reads, in bytes, and how many calls it answers at a time. */
  readonly limits: { readonly frameBytes: number; readonly calls: number }
  readonly features: ReadonlyArray<string>
  readonly pid?: number | undefined
  readonly secret?: string | undefined
  /** Random text of this connection, where both sides prove the secret. */
  readonly nonce?: string | undefined
}

/**
 * String pairs that travel with a request.
 *
 * @category models
 * @since 0.1.0
 */
export type Headers = Readonly<Record<string, string>>

/**
 * A call, as it travels to the side that answers it.
 *
 * @category models
 * @since 0.1.0
 */
export interface RequestMessage {
  readonly _tag: "Request"
  readonly id: number
  readonly method: number
  readonly payload: unknown
  /** Time left to answer, in milliseconds; 0 when there is no deadline. */
  readonly timeoutMillis: number
  readonly headers: Headers | undefined
}

/**
 * One or more items of a stream; `bytes` is their payload size, known to the side that read them.
 *
 * @category models
 * @since 0.1.0
 */
export interface ItemsMessage<Tag extends "Chunk" | "Input"> {
  readonly _tag: Tag
  readonly id: number
  readonly method: number
  readonly items: ReadonlyArray<unknown>
  readonly bytes: number
}

/**
 * An event, as it travels; `bytes` is the size of its payload.
 *
 * @category models
 * @since 0.1.0
 */
export interface EventMessage {
  readonly _tag: "Event"
  readonly method: number
  readonly payload: unknown
  readonly bytes: number
}

/**
 * Whatever one side may say to the other.
 *
 * @category models
 * @since 0.1.0
 */
export type Message =
  | { readonly _tag: "Hello"; readonly hello: Hello }
  | RequestMessage
  | ItemsMessage<"Input">
  | { readonly _tag: "InputEnd"; readonly id: number; readonly method: number }
  | { readonly _tag: "Cancel"; readonly id: number; readonly method: number }
  | ItemsMessage<"Chunk">
  | { readonly _tag: "Progress"; readonly id: number; readonly method: number; readonly value: unknown }
  | { readonly _tag: "Success"; readonly id: number; readonly method: number; readonly value: unknown }
  | { readonly _tag: "Failure"; readonly id: number; readonly method: number; readonly error: unknown }
  | { readonly _tag: "Defect"; readonly id: number; readonly method: number; readonly reason: Refusal }
  | EventMessage
  /** More that the receiver of this may send: of an answer it streams, of an input it streams, or of its events (id 0). */
  | {
      readonly _tag: "Credit"
      readonly of: "answer" | "input" | "events"
      readonly id: number
      readonly items: number
      readonly bytes: number
    }
  | { readonly _tag: "Ping" }
  | { readonly _tag: "Pong" }
  | { readonly _tag: "Drain" }
  /** That the sender knows the secret, where both sides prove it. */
  | { readonly _tag: "Proof"; readonly proof: string }
  /** The last message; `reason` is there when this side refuses the peer, or has answered all that it began: `Draining`. */
  | { readonly _tag: "Bye"; readonly reason: Refusal | undefined }

/**
 * The messages that end a call.
 *
 * @category models
 * @since 0.1.0
 */
export type AnswerMessage = Extract<Message, { readonly _tag: "Success" | "Failure" | "Defect" }>
