/**
 * What all connections of one side of a protocol share: made once, however many there are.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type { AnyProtocol, Member, Side } from "../protocol/Protocol.ts"
import type { Wire } from "../wire/Wire.ts"
import type { Handler, Task } from "./Answering.ts"
import type { Terms } from "./Connection.ts"
import * as LazyStreams from "./LazyStreams.ts"
import { compile, itemsPerMessage } from "./Lexicon.ts"
import * as Options from "./Options.ts"
import * as Shapes from "./Shapes.ts"

/** Handlers as a layer built them, with the context they run in. */
export interface Answers {
  readonly handlers: Readonly<Record<string, Handler>>
  readonly context: Context.Context<never>
}

export interface Parts {
  readonly protocol: AnyProtocol
  readonly side: Side
  readonly wire: Wire
  readonly answers: Answers
  readonly options: Options.PeerOptions & Options.ClientOptions
}

export interface Role extends Parts, Terms {
  /** What this side answers or takes, by number. */
  readonly members: ReadonlyArray<Member>
  /** How each of them is answered. */
  readonly tasks: ReadonlyArray<Task | undefined>
  /** The numbers of what this side says, by tag. */
  readonly numbers: ReadonlyMap<string, number>
  /** Runs a handler, in the handlers' context. */
  readonly runHandler: (effect: Effect.Effect<unknown, unknown>) => Fiber.Fiber<unknown, unknown>
}

/** Makes a role. Its connections run in the context of this effect. */
export const make = (parts: Parts): Effect.Effect<Role> =>
  Effect.gen(function* () {
    const { answers, options, protocol, side, wire } = parts
    const binary = options.payload === "binary"
    // What a Hello announces may come at once.
    if (binary) yield* Effect.promise(Shapes.loadBinary)
    const context = yield* Effect.context<never>()
    const lexicon = compile(protocol, side)
    const role = side === "client" ? "dialer" : "acceptor"
    const members = protocol[side]
    return {
      ...parts,
      lexicon,
      members,
      tasks: members.map((member, method) => task(member, itemsPerMessage(lexicon.answers[method]!.item), answers)),
      numbers: new Map(lexicon.says.map((method, number) => [method.tag, number])),
      session: Options.session(options, lexicon, wire, role),
      codec: { role, maxFrameBytes: Options.maxFrameBytes(options), binary },
      outgoingMaxBytes: options.outgoingMaxBytes ?? Options.defaults.outgoingMaxBytes,
      clock: yield* Clock.Clock,
      runLocal: Effect.runForkWith(context),
      runHandler: Effect.runForkWith(Context.merge(context, answers.context))
    }
  })

const task = (member: Member, perMessage: number, answers: Answers): Task | undefined => {
  const handler = answers.handlers[member.tag]
  if (member.kind === "event" || handler === undefined) return undefined
  const { input, progress, stream } = member.spec
  return {
    tag: member.tag,
    handler,
    hasInput: input !== undefined,
    hasProgress: progress !== undefined,
    stream:
      stream === undefined
        ? undefined
        : (connection, duty, items) =>
            Effect.flatMap(LazyStreams.load, (streams) =>
              streams.answer(connection, duty, items as never, perMessage)
            ) as never,
    input: input === undefined ? undefined : (inbox) => LazyStreams.stream((streams) => streams.fromInbox(inbox))
  }
}
