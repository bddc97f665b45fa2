/**
 * What all connections of one side of a protocol share: made once, however many there are.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import { identity } from "effect/Function"
import * as Tracer from "effect/Tracer"
import type { AnyProtocol, Member, Side } from "../protocol/Protocol.ts"
import type { Wire } from "../wire/Wire.ts"
import type { Answers, Task } from "./Answering.ts"
import type * as Chain from "./Chain.ts"
import type { Terms } from "./Connection.ts"
import type { Intercepted } from "./Intercept.ts"
import * as LazyStreams from "./LazyStreams.ts"
import { compile, itemsPerMessage } from "./Lexicon.ts"
import * as Options from "./Options.ts"
import * as Shapes from "./Shapes.ts"

export interface Parts {
  readonly protocol: AnyProtocol
  readonly side: Side
  readonly wire: Wire
  readonly answers: Answers
  readonly options: Options.PeerOptions & Options.ClientOptions & Chain.Options
}

export interface Role extends Parts, Terms, Pick<Intercepted, "around" | "opened" | "reopened"> {
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
    const { options, protocol, side, wire } = parts
    const binary = options.payload === "binary"
    // What a Hello announces may come at once.
    if (binary) yield* Effect.promise(Shapes.loadBinary)
    const context = yield* Effect.context<never>()
    const { answers, around, opened, reopened, task } = yield* intercept(parts, context)
    const lexicon = compile(protocol, side)
    const role = side === "client" ? "dialer" : "acceptor"
    const members = protocol[side]
    return {
      ...parts,
      answers,
      around,
      opened,
      reopened,
      lexicon,
      members,
      tasks: members.map((member, method) => {
        const plain = taskOf(member, itemsPerMessage(lexicon.answers[method]!.item), answers)
        return plain && task(plain)
      }),
      numbers: new Map(lexicon.says.map((method, number) => [method.tag, number])),
      session: Options.session(options, lexicon, wire, role),
      codec: { role, maxFrameBytes: Options.maxFrameBytes(options), binary },
      outgoingMaxBytes: options.outgoingMaxBytes ?? Options.defaults.outgoingMaxBytes,
      clock: yield* Clock.Clock,
      runLocal: Effect.runForkWith(context),
      runHandler: Effect.runForkWith(Context.merge(context, answers.context))
    }
  })

/** What is told apart once, so that who has no middleware, spans or metrics pays for none. */
const intercept = (parts: Parts, context: Context.Context<never>): Effect.Effect<Intercepted> => {
  const { answers, options } = parts
  const tracing = options.tracing ?? Context.get(context, Tracer.Tracer) !== Tracer.nativeTracer
  const links = [...(options.handlerMiddleware ?? []), ...(options.callMiddleware ?? [])]
  if (!tracing && options.metrics !== true && links.length === 0) {
    return Effect.succeed({ answers, task: identity, around: undefined, opened: undefined, reopened: undefined })
  }
  return Effect.flatMap(
    Effect.promise(() => import("./Intercept.ts")),
    (Intercept) => Intercept.make(parts, tracing, context)
  )
}

const taskOf = (member: Member, perMessage: number, answers: Answers): Task | undefined => {
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
