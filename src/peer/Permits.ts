/**
 * How many handlers may run at a time; the others wait in line.
 *
 * @since 0.1.0
 */
export class Permits {
  #free: number
  readonly #line = new Set<() => void>()

  constructor(most: number) {
    this.#free = most
  }

  /** Runs `start` as soon as there is a permit. Answers how to leave the line, which does nothing once it ran. */
  take(start: () => void): () => void {
    if (this.#free > 0) {
      this.#free--
      start()
    } else {
      this.#line.add(start)
    }
    return () => void this.#line.delete(start)
  }

  /** Gives a permit back. */
  release(): void {
    for (const start of this.#line) {
      this.#line.delete(start)
      return start()
    }
    this.#free++
  }
}
