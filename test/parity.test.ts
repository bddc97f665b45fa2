/** `docs/parity.md`, against what it claims: every feature of the three systems has its row, and every row its tests. */
import * as Fs from "node:fs"
import { assert, describe, it } from "@effect/vitest"

interface Row {
  readonly number: string
  readonly here: string
  readonly tests: ReadonlyArray<string>
}

const page = Fs.readFileSync("docs/parity.md", "utf8")

const testFiles = (text: string): ReadonlyArray<string> => text.match(/test\/[\w./-]+\.ts/g) ?? []

const rowsOf = (system: string): ReadonlyArray<Row> => {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${system}\n`)) ?? ""
  return section.split("\n").flatMap((line) => {
    const [number, , here, shown] = line
      .split(/(?<!\\)\|/)
      .slice(1)
      .map((cell) => cell.trim())
    if (number === undefined || !/^\d+$/.test(number)) return []
    return [{ number, here: here ?? "", tests: testFiles(shown ?? "") }]
  })
}

const systems = [
  { system: "hx/interop", features: 53 },
  { system: "php-stream-ipc", features: 38 },
  { system: "innmind/ipc", features: 31 }
]

const isUnwanted = ({ here }: Row): boolean => /not wanted/i.test(here)

describe.each(systems)("the parity with $system", ({ features, system }) => {
  const rows = rowsOf(system)

  it("has a row for every feature, in order", () =>
    assert.deepStrictEqual(
      rows.map(({ number }) => number),
      Array.from({ length: features }, (_, n) => String(n + 1))
    ))

  it("names a test for each that is wanted", () =>
    assert.deepStrictEqual(
      rows.filter((row) => row.tests.length === 0 && !isUnwanted(row)),
      []
    ))

  it("gives a reason for each that is not", () =>
    assert.deepStrictEqual(
      rows.filter((row) => isUnwanted(row) && row.here.length < 60),
      []
    ))
})

describe("the parity page", () => {
  it("names tests that are there", () =>
    assert.deepStrictEqual(
      testFiles(page).filter((file) => !Fs.existsSync(file)),
      []
    ))

  it("leaves at most fifteen features out, in whole or in part", () => {
    const unwanted = systems.flatMap(({ system }) => rowsOf(system).filter(isUnwanted))
    assert.isAtMost(unwanted.length, 15)
  })
})
