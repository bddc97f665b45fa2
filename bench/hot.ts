/**
 * `node bench/hot.ts [WINDOW...]`: effect-ipc alone, both ends in this process over the memory link.
 *
 * It says what one call costs without the system: microseconds, and bytes of heap allocated while no garbage is
 * collected. The best of several windows counts, since what others do on the machine only ever adds.
 */
import { heapPerOperation } from "./heapPerOperation.ts"
import { run, warmUp, type WarmWindow } from "./measure.ts"
import { median } from "./stats.ts"
import type { Client } from "./subject.ts"
import { connect } from "./subjects/effect-ipc/memory.ts"
import { itemsPerStream } from "./workload.ts"

/** What a window costs per what. */
const units: Readonly<Record<WarmWindow, readonly [name: string, perOperation: number]>> = {
  calls256: ["call, 256 in flight", 1],
  calls16: ["call, 16 in flight", 1],
  latency: ["call, 1 in flight", 1],
  streamItems: ["item, one by one", itemsPerStream],
  streamArrays: ["item, in arrays", itemsPerStream],
  inputItems: ["item of an input", itemsPerStream],
  echoText: ["MiB of text", 1],
  echoBytes: ["MiB of bytes", 1]
}

const time = async (client: Client, window: WarmWindow): Promise<ReadonlyArray<number>> => {
  await warmUp(client, window, 1000)
  const micros: Array<number> = []
  for (let n = 0; n < 9; n++) {
    globalThis.gc?.()
    const { cpuMicros, operations } = await run(client, window, 300)
    micros.push(cpuMicros / operations / units[window][1])
  }
  return micros
}

const names = process.argv.slice(2)
const chosen = (Object.keys(units) as Array<WarmWindow>).filter((name) => names.length === 0 || names.includes(name))
console.log(`${"per".padEnd(22)}${"us".padStart(10)}${"median us".padStart(12)}${"heap bytes".padStart(13)}`)
for (const window of chosen) {
  const [name, perOperation] = units[window]
  const micros = await time(await connect(), window)
  const bytes = heapPerOperation(window)
  const cells = [
    Math.min(...micros)
      .toFixed(2)
      .padStart(10),
    median(micros).toFixed(2).padStart(12)
  ]
  // None where garbage was collected meanwhile, as with a MiB at a time.
  const heap = bytes === undefined ? "-" : (bytes / perOperation).toFixed(0)
  console.log(name.padEnd(22) + cells.join("") + heap.padStart(13))
}
process.exit()
