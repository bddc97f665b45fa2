/** A small protocol for tests of single parts. The client answers nothing, so it needs no handlers. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Handlers from "../../src/peer/Handlers.ts"
import * as Event from "../../src/protocol/Event.ts"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Request from "../../src/protocol/Request.ts"

export class Ask extends Request.Class<Ask>()("Ask", { payload: { text: Schema.String }, success: Schema.String }) {}
export class Follow extends Request.Class<Follow>()("Follow", {
  payload: { total: Schema.Int },
  stream: Schema.Int
}) {}
export class Upload extends Request.Class<Upload>()("Upload", { input: Schema.Int, success: Schema.Int }) {}
export class Send extends Request.Class<Send>()("Send", { input: Schema.Uint8Array, success: Schema.Int }) {}
export class Work extends Request.Class<Work>()("Work", { progress: Schema.Int, success: Schema.String }) {}
export class Note extends Event.Class<Note>()("Note", { text: Schema.String }) {}
export class Tick extends Event.Class<Tick>()("Tick", { n: Schema.Int }) {}

const members = [Ask, Follow, Upload, Send, Work, Note] as const

export const Office = Protocol.make("office", { version: "1.0.0", server: members, client: [Tick] })
export type Office = typeof Office

/** The numbers of what a client says. */
export const numbers = { Ask: 1, Follow: 2, Upload: 3, Send: 4, Work: 5, Note: 6 } as const

/** The tags of what a client says, in the order of their numbers. */
export const clientSays = members.map((member) => member.tag)

/** Handlers that do their work at once. A test replaces those it is about. */
export const staff = {
  Ask: ({ text }: Ask): Effect.Effect<string> => Effect.succeed(text),
  Follow: ({ total }: Follow): Stream.Stream<number> => Stream.range(1, total),
  Upload: (_: Upload, { input }: { readonly input: Stream.Stream<number, unknown> }): Effect.Effect<number> =>
    Effect.orDie(Stream.runSum(input)),
  Send: (_: Send, { input }: { readonly input: Stream.Stream<Uint8Array, unknown> }): Effect.Effect<number> =>
    Effect.orDie(Stream.runSum(Stream.map(input, (bytes) => bytes.length))),
  Work: (_: Work, _context: { readonly report: (n: number) => Effect.Effect<void> }): Effect.Effect<string> =>
    Effect.succeed("done"),
  Note: (_: Note): Effect.Effect<void> => Effect.void
}

export const layer = (handlers: Partial<typeof staff> = {}) => Handlers.layer(Office)({ ...staff, ...handlers })
