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
  readonly #judges: boolean
  #pinged = false

  /**
   * @param intervalMillis how long a peer may say nothing before it is pinged; `Infinity` turns the heartbeat off.
   * @param judges whether the peer answers pings; one that does not is pinged after each interval, and never silent.
   */
  constructor(intervalMillis: number, nowMillis: number, judges = true) {
    this.intervalMillis = intervalMillis
    this.#judges = judges
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
    this.#pinged = this.#judges
    this.#deadlineMillis = nowMillis + this.intervalMillis
    return "ping"
  }
}
