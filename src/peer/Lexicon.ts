/**
 * Compiles a protocol for a codec: per tag its number, and the shapes of its parts.
 *
 * @since 0.1.0
 */
import type { AnyProtocol, Member, Side } from "../protocol/Protocol.ts"
import { firstWindow } from "../session/Flow.ts"
import type { Lexicon, Method, Shape } from "../wire/Wire.ts"
import * as Shapes from "./Shapes.ts"

const compiled = new WeakMap<AnyProtocol, { server?: Lexicon; client?: Lexicon }>()

/** Answers the lexicon of one side of a protocol. */
export const compile = (protocol: AnyProtocol, side: Side): Lexicon => {
  let lexicons = compiled.get(protocol)
  if (lexicons === undefined) compiled.set(protocol, (lexicons = {}))
  return (lexicons[side] ??= make(protocol, side))
}

/**
 * Answers how many items one message may hold. Bytes that travel as they are make a frame each, and the first window of
 * a stream may be overdrawn by one frame only.
 */
export const itemsPerMessage = ({ raw }: Shape): number => (raw?.is === "bytes" ? 1 : firstWindow.items)

const make = (protocol: AnyProtocol, side: Side): Lexicon => ({
  protocol: protocol.name,
  version: protocol.version,
  get fingerprint() {
    return protocol.fingerprint
  },
  says: (side === "server" ? protocol.client : protocol.server).map(methodOf),
  answers: (side === "server" ? protocol.server : protocol.client).map(methodOf),
  annotations: protocol.annotations
})

const methods = new WeakMap<Member, Method>()

/** The same class has the same method on both sides, so both sides of a test share what was compiled. */
const methodOf = (member: Member): Method => {
  let method = methods.get(member)
  if (method === undefined) methods.set(member, (method = compileMember(member)))
  return method
}

const compileMember = (member: Member): Method => {
  const { tag, kind } = member
  const payload = Shapes.ofPayload(member)
  const { annotations } = member.spec
  if (member.kind === "event") {
    const none = Shapes.absent(tag, "answer")
    return { tag, kind, payload, success: none, error: none, item: none, input: none, progress: none, annotations }
  }
  const { error, input, progress, stream, success } = member.spec
  return {
    tag,
    kind,
    payload,
    success: success === undefined ? Shapes.nothing : Shapes.of(success),
    error: error === undefined ? Shapes.absent(tag, "error") : Shapes.of(error),
    item: stream === undefined ? Shapes.absent(tag, "stream") : Shapes.of(stream),
    input: input === undefined ? Shapes.absent(tag, "input") : Shapes.of(input),
    progress: progress === undefined ? Shapes.absent(tag, "progress") : Shapes.of(progress),
    annotations
  }
}
