/**
 * `heap.ts WINDOW`: prints the bytes of heap that one operation of effect-ipc takes, both ends over the memory link;
 * nothing when garbage was collected meanwhile. `heapPerOperation.ts` starts it with the room that it needs.
 */
import { PerformanceObserver } from "node:perf_hooks"
import { setTimeout as sleep } from "node:timers/promises"
import { run, warmUp, type WarmWindow } from "./measure.ts"
import { median } from "./stats.ts"
import { connect } from "./subjects/effect-ipc/memory.ts"

const window = process.argv[2] as WarmWindow
const client = await connect()
await warmUp(client, window, 1000)
const seen: Array<number> = []
for (let n = 0; n < 5; n++) {
  globalThis.gc!()
  let collections = 0
  const observer = new PerformanceObserver((list) => (collections += list.getEntries().length))
  await sleep(50)
  observer.observe({ entryTypes: ["gc"] })
  const before = process.memoryUsage().heapUsed
  const { operations } = await run(client, window, 40)
  const used = process.memoryUsage().heapUsed - before
  await sleep(50)
  observer.disconnect()
  if (collections === 0) seen.push(used / operations)
}
if (seen.length > 0) process.stdout.write(String(median(seen)))
process.exit()
