/**
 * Bad input: a process tries everything that cannot work, and everything that can, and is as it was before. How each
 * fails is in `fixtures/links/misfits.ts`.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { once } from "node:events"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { run } from "../../fixtures/links/fixture.ts"
import type { Report } from "../../fixtures/links/misfit.ts"
import { misfits } from "../../fixtures/links/misfits.ts"
import { all } from "../../peer/subjects.ts"

/** No attempt takes longer than this, with seven others at the same time. */
const boundMillis = 5000

describe("a process that was given bad input", () => {
  const temporary = Fs.mkdtempSync(Path.join(Os.tmpdir(), "handles-"))
  let report: Report
  let exitCode: number | null
  let lingeredMillis: number

  beforeAll(async () => {
    const env = { ...process.env, TMPDIR: temporary }
    const child = run("misfit.ts", [], { stdio: ["ignore", "pipe", "inherit"], env })
    let output = ""
    let saidAt = 0
    child.stdout!.on("data", (text) => {
      output += text
      saidAt = performance.now()
    })
    await once(child, "close")
    lingeredMillis = performance.now() - saidAt
    exitCode = child.exitCode
    report = JSON.parse(output)
  }, 60_000)

  afterAll(() => Fs.rmSync(temporary, { recursive: true, force: true }))

  for (const [name, { fails, says }] of Object.entries(misfits)) {
    it(`hears a typed error that says what to do, in bounded time: ${name}`, () => {
      const failed = report.failed[name]!
      assert.strictEqual(failed.fails, fails, failed.message)
      assert.match(failed.message, says)
      assert.isBelow(failed.millis, boundMillis)
    })
  }

  it("talks over every link meanwhile", () => {
    assert.deepStrictEqual(
      report.answers,
      all.map(({ name }) => name)
    )
  })

  it("has no handle, descriptor, thread, child or file left", () => {
    assert.deepStrictEqual(report.after, report.before)
    assert.deepStrictEqual(report.after.files, [])
  })

  it("ends when it is done", () => {
    assert.strictEqual(exitCode, 0)
    assert.isBelow(lingeredMillis, 1500)
  })
})
