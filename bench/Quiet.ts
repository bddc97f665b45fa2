import type { Measured } from "./pair.ts"
import { median, quantile } from "./stats.ts"

/** Others may use this share of the machine in a window. */
const tolerated = 0.1
const triesPerWindow = 3
/** How many repetitions each window measured allows, on average over the run, which must not last for ever. */
const repeatsPerWindow = 0.2

/**
 * Measures again what other processes have disturbed, and keeps the quietest. So a burst does no harm; where the noise
 * does not end, the run does, with a warning.
 */
export class Quiet {
  readonly #shares: Array<number> = []
  #repeats = 0

  readonly measure = async (run: () => Promise<Measured>): Promise<Measured> => {
    let best = await run()
    this.#repeats += repeatsPerWindow
    for (let tries = 1; best.foreignShare > tolerated && tries < triesPerWindow && this.#repeats >= 1; tries++) {
      this.#repeats -= 1
      const again = await run()
      if (again.foreignShare < best.foreignShare) best = again
    }
    this.#shares.push(best.foreignShare)
    return best
  }

  /** The median over windows. */
  get foreignShare(): number {
    return this.#shares.length === 0 ? 0 : median(this.#shares)
  }

  /** What to tell the user; undefined when it was quiet. */
  get warning(): string | undefined {
    if (this.foreignShare < tolerated / 2) return undefined
    const percent = (share: number): string => `${(share * 100).toFixed(0)} %`
    return (
      `Other processes used ${percent(this.foreignShare)} of the machine meanwhile, and in a tenth of the windows ` +
      `${percent(quantile(this.#shares, 0.9))}: measure again when it is quiet. What uses both cores, as effect-ipc ` +
      `with many calls in flight, loses more by it than what uses one, as raw-json.`
    )
  }
}
