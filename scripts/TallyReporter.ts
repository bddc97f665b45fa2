/**
 * Ends the output of a run with one line that a machine can read: `N passed, M failed`.
 *
 * A file that could not be loaded, an error outside of any test and a run that never ended count as failed, so
 * that `0 failed` is printed exactly when the exit code is 0.
 */
import type { Reporter, SerializedError, TestModule } from "vitest/node"

const count = (module: TestModule, state: "passed" | "failed"): number => [...module.children.allTests(state)].length

const failuresOf = (module: TestModule): number => Math.max(count(module, "failed"), module.ok() ? 0 : 1)

const sum = (numbers: ReadonlyArray<number>): number => numbers.reduce((total, n) => total + n, 0)

export default class TallyReporter implements Reporter {
  #passed = 0
  #failed = 0

  onInit(): void {
    // Printed at exit, because the summary of the default reporter follows the end of the run.
    process.once("exit", (code) => {
      const failed = code === 0 ? this.#failed : Math.max(this.#failed, 1)
      console.log(`${this.#passed} passed, ${failed} failed`)
    })
  }

  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandled: ReadonlyArray<SerializedError>): void {
    this.#passed = sum(modules.map((module) => count(module, "passed")))
    this.#failed = sum(modules.map(failuresOf)) + unhandled.length
  }
}
