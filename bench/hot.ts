/**
 * `node bench/hot.ts [WINDOW...]`: effect-ipc alone, both ends in this process over the memory link.
 *
 * It says what one call costs without the system: microseconds, and bytes of heap allocated while no garbage is
 * collected. The best of several windows counts, since what others do on the machine only ever adds.
 */
import { spawnSync } from "node:child_process"
import { PerformanceObserver } from "node:perf_hooks"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RpcClient from "../src/peer/RpcClient.ts"
import * as RpcServer from "../src/peer/RpcServer.ts"
import * as NodeWire from "../src/node/NodeWire.ts"
import * as Memory from "../src/transport/Memory.ts"
import { run, warmUp, type Sample, type WarmWindow } from "./measure.ts"
import { median } from "./stats.ts"
import type { Client } from "./subject.ts"
import { clientOf } from "./subjects/effect-ipc/operations.ts"
import { handlers } from "./subjects/effect-ipc/handlers.ts"
import { Bench } from "./subjects/effect-ipc/protocol.ts"
import { held } from "./subjects/kit/fibers.ts"
import * as streams from "./subjects/kit/streams.ts"
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

/** Young generation of a process in which nothing is collected, in MiB. */
const youngMebibytes = 256

const open = (): Promise<Client> => {
  const memory = Memory.layer({ wire: NodeWire.privateWire() })
  const server = Layer.effectDiscard(Effect.forkScoped(RpcServer.run(Bench))).pipe(Layer.provide(handlers(streams)))
  return held(Effect.map(RpcClient.make(Bench), clientOf), Layer.provideMerge(server, memory))
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

/** Answers bytes per operation; undefined when garbage was collected meanwhile. */
const heap = async (client: Client, window: WarmWindow): Promise<number | undefined> => {
  await warmUp(client, window, 1000)
  const seen: Array<number> = []
  for (let n = 0; n < 5; n++) {
    globalThis.gc!()
    let collections = 0
    const observer = new PerformanceObserver((list) => (collections += list.getEntries().length))
    await new Promise((resolve) => setTimeout(resolve, 50))
    observer.observe({ entryTypes: ["gc"] })
    const before = process.memoryUsage().heapUsed
    const sample: Sample = await run(client, window, 40)
    const used = process.memoryUsage().heapUsed - before
    await new Promise((resolve) => setTimeout(resolve, 50))
    observer.disconnect()
    if (collections === 0) seen.push(used / sample.operations / units[window][1])
  }
  return seen.length === 0 ? undefined : median(seen)
}

const heapOfAnother = (window: WarmWindow): number | undefined => {
  const young = [`--min-semi-space-size=${youngMebibytes}`, `--max-semi-space-size=${youngMebibytes}`]
  const { stdout } = spawnSync(process.execPath, [...young, "--expose-gc", import.meta.filename, "--heap", window], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"]
  })
  return stdout === "" ? undefined : Number(stdout)
}

const names = process.argv.slice(2)
if (names[0] === "--heap") {
  const bytes = await heap(await open(), names[1] as WarmWindow)
  if (bytes !== undefined) process.stdout.write(String(bytes))
} else {
  const chosen = (Object.keys(units) as Array<WarmWindow>).filter((name) => names.length === 0 || names.includes(name))
  console.log(`${"per".padEnd(22)}${"us".padStart(10)}${"median us".padStart(12)}${"heap bytes".padStart(13)}`)
  for (const window of chosen) {
    const micros = await time(await open(), window)
    const bytes = heapOfAnother(window)
    const cells = [
      Math.min(...micros)
        .toFixed(2)
        .padStart(10),
      median(micros).toFixed(2).padStart(12)
    ]
    console.log(units[window][0].padEnd(22) + cells.join("") + (bytes?.toFixed(0) ?? "?").padStart(13))
  }
}
process.exit()
