/**
 * The arithmetic of silence: when to ping, and when a peer that says nothing counts as gone.
 *
 * Law: only a whole message is a sign of life. After one interval of silence a ping is due; a peer that says nothing
 * for another interval is silent. That one begins when the ping was sent: where this side itself was held up for long,
 * the peer still has the time to answer.
 *
 * @since 0.1.0
 */
export class Heartbeat {
  readonly intervalMillis: number
  #deadlineMillis: number
  #pinged = false

  /** @param intervalMillis how long a peer may say nothing before it is pinged; `Infinity` turns the heartbeat off. */
  constructor(intervalMillis: number, nowMillis: number) {
    this.intervalMillis = intervalMillis
    this.#deadlineMillis = nowMillis + intervalMillis
  }

  heard(nowMillis: number): void {
    this.#deadlineMillis = nowMillis + this.intervalMillis
    this.#pinged = false
  }

  /** When `due` wants to be asked next. */
  get deadlineMillis(): number {
    return this.#deadlineMillis
  }

  /** What silence asks for at `nowMillis`. A ping is due once per silence. */
  due(nowMillis: number): "nothing" | "ping" | "silent" {
    if (nowMillis < this.#deadlineMillis) return "nothing"
    if (this.#pinged) return "silent"
    this.#pinged = true
    this.#deadlineMillis = nowMillis + this.intervalMillis
    return "ping"
  }
}
