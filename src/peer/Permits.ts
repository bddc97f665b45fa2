/**
 * How many handlers may run at a time; the others wait in line.
 *
 * @since 0.1.0
 */
export class Permits {
  #free: number
  readonly #line = new Set<() => void>()
  #starting = false

  constructor(most: number) {
    this.#free = most
  }

  /** Runs `start` as soon as there is a permit. Answers how to leave the line, which does nothing once it ran. */
  take(start: () => void): () => void {
    this.#line.add(start)
    this.#startNext()
    return () => void this.#line.delete(start)
  }

  /** Gives a permit back. */
  release(): void {
    this.#free++
    this.#startNext()
  }

  /** Starts from one loop: who gives a permit back while starting would otherwise start the next from within, and so on. */
  #startNext(): void {
    if (this.#starting) return
    this.#starting = true
    for (const start of this.#line) {
      if (this.#free === 0) break
      this.#free--
      this.#line.delete(start)
      start()
    }
    this.#starting = false
  }
}
