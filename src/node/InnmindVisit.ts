/**
 * Looks whether a server of innmind/ipc listens, without harm: it says hello and goodbye as its clients do. A server of
 * the 4.x line that is dialled and left without a goodbye forgets what it has carried.
 *
 * @internal
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Link, LinkSink } from "../transport/Link.ts"
import type { TransportError } from "../transport/TransportError.ts"
import { Life, type LifeSink } from "../wire/dialect/InnmindLife.ts"
import type { FramerOut } from "../wire/Format.ts"
import { MediaFramer, type MediaMessage } from "../wire/framing/MediaFrame.ts"
import { WriteBuffer } from "../wire/WriteBuffer.ts"
import { within } from "./RealTime.ts"

/** How long a server may take to greet, and to agree to the goodbye, in milliseconds. */
const patienceMillis = 1000

/** The first words of a server that is another's are not read further than this. */
const maxFrameBytes = 64 * 1024

/** Succeeds when someone listens, whoever that is, and fails when nobody does. */
export const visit = (open: Effect.Effect<Link, TransportError, Scope.Scope>): Effect.Effect<void, TransportError> =>
  Effect.scoped(Effect.flatMap(open, (link) => within(greet(link), patienceMillis, Effect.void)))

const greet = (link: Link): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const visitor = new Visitor(link, () => resume(Effect.void))
    link.start(visitor)
    // A server that is busy reads this later, and lets go without harm.
    return Effect.sync(() => visitor.leave())
  })

class Visitor implements LinkSink, FramerOut<MediaMessage>, LifeSink {
  readonly #link: Link
  readonly #done: () => void
  readonly #framer = new MediaFramer({ maxFrameBytes }, Infinity)
  // Which version it is makes no difference before the first message of a user.
  readonly #life = new Life("dialer", 4, this)

  constructor(link: Link, done: () => void) {
    this.#link = link
    this.#done = done
  }

  leave(): void {
    this.#life.close()
  }

  bytes(chunk: Uint8Array): void {
    this.#framer.read(chunk, this)
  }
  drained(): void {}
  end(): void {
    this.#done()
  }

  message(message: MediaMessage): void {
    this.#life.receive(message)
  }
  junk(): void {}
  refuse(): void {}
  lost(): void {
    this.#done()
  }

  say(message: MediaMessage): void {
    const buffer = new WriteBuffer()
    this.#framer.write(message, buffer)
    buffer.flush((chunk) => void this.#link.offer(chunk))
  }
  opened(): void {
    this.#life.close()
  }
  over(): void {
    this.#done()
  }
  user(): void {}
  acknowledged(): void {}
  alive(): void {}
}
