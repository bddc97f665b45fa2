/**
 * The arithmetic of silence: when to ping, and when a peer that says nothing counts as gone.
 *
 * Law: only a whole message is a sign of life. After one interval of silence a ping is due, after two the peer is silent.
 *
 * @since 0.1.0
 */
export class Heartbeat {
  readonly intervalMillis: number
  #heardAtMillis: number
  #pinged = false

  /** @param intervalMillis how long a peer may say nothing before it is pinged; `Infinity` turns the heartbeat off. */
  constructor(intervalMillis: number, nowMillis: number) {
    this.intervalMillis = intervalMillis
    this.#heardAtMillis = nowMillis
  }

  heard(nowMillis: number): void {
    this.#heardAtMillis = nowMillis
    this.#pinged = false
  }

  /** When `due` wants to be asked next. */
  get deadlineMillis(): number {
    return this.#heardAtMillis + this.intervalMillis * (this.#pinged ? 2 : 1)
  }

  /** What silence asks for at `nowMillis`. A ping is due once per silence. */
  due(nowMillis: number): "nothing" | "ping" | "silent" {
    if (nowMillis < this.deadlineMillis) return "nothing"
    if (this.#pinged) return "silent"
    this.#pinged = true
    return "ping"
  }
}
