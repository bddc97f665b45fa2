/**
 * The life of a session: it greets, is open, drains, and is closed.
 *
 * Law: a phase is never gone back to. Greeting and draining are over at `endsMillis`, whatever has happened until then.
 *
 * @since 0.1.0
 */
import type { Side } from "./Exchange.ts"
import type { Refusal } from "./Message.ts"

/** Why a session is over, and who ended it. */
export interface End {
  readonly reason: Refusal
  readonly side: Side
}

export class Phase {
  name: "greeting" | "open" | "draining" | "closed" = "greeting"
  endsMillis: number
  end: End | undefined = undefined

  /** @param endsMillis when greeting is over. */
  constructor(endsMillis: number) {
    this.endsMillis = endsMillis
  }

  open(): void {
    this.name = "open"
    this.endsMillis = Infinity
  }

  drain(endsMillis: number): void {
    this.name = "draining"
    this.endsMillis = endsMillis
  }

  close(end: End): void {
    this.name = "closed"
    this.end = end
  }
}
