/** Measures what memory effect-ipc holds: per call, per idle connection, and during and after 10,000 calls at once. */
import { mkdtempSync } from "node:fs"
import { join } from "node:path"
import { heapPerOperation } from "../heapPerOperation.ts"
import { close, open, type Pair, type Site } from "../pair.ts"
import type { Record } from "../round.ts"
import type { Apart } from "../suite.ts"
import { subjectNamed } from "../subjects.ts"
import type { Memory } from "./process.ts"
import { extraSubjects } from "./subjects.ts"

/**
 * A small young generation, so that it is full at once and what a process holds depends on connections, not on how
 * much garbage came along with them.
 */
const smallYoung = "--max-semi-space-size=1"

const withPair = async <A>(site: Site, name: string, use: (pair: Required<Pair>) => Promise<A>): Promise<A> => {
  // Not every server takes its socket along when it ends.
  const own: Site = { ...site, folder: mkdtempSync(join(site.folder, "memory-")), profile: () => [smallYoung] }
  const pair = await open(own, { ...subjectNamed(name, extraSubjects), windows: ["none"] }, () => true)
  try {
    return await use(pair)
  } finally {
    await close(pair)
  }
}

const idleCount = 1000
/** Opened before, so that what the first ones load does not count. A server serves 1024. */
const earlierCount = 20

/** Bytes of the server per idle connection. */
const idle = (site: Site, name: string): Promise<Memory> =>
  withPair(site, name, async ({ client, server }) => {
    await client!.ask("openLinks", earlierCount)
    const before = await server!.ask<Memory>("memory")
    await client!.ask("openLinks", earlierCount + idleCount)
    const after = await server!.ask<Memory>("memory")
    return {
      heap: (after.heap - before.heap) / idleCount,
      resident: (after.resident - before.resident) / idleCount
    }
  })

const measureIdle = async (site: Site, record: Record): Promise<void> => {
  const bare = await idle(site, "bare-net")
  const ours = await idle(site, "effect-ipc")
  record("bare-net", "idleResident", bare.resident)
  record("bare-net", "idleHeap", bare.heap)
  record("effect-ipc", "idleResident", ours.resident)
  record("effect-ipc", "idleHeap", ours.heap)
  record("effect-ipc", "idleLink", ours.resident - bare.resident)
  record("effect-ipc", "idleLinkHeap", ours.heap - bare.heap)
}

const heldCount = 10_000
const leakTimes = 4

/**
 * Heap of both ends while 10,000 calls wait, per call; what stays when they have ended, in all, which is room in tables
 * and code; and how much more stays after four times as many again, which is what leaks.
 */
const measureHeld = (site: Site, record: Record): Promise<void> =>
  withPair(site, "effect-ipc", async ({ client, server }) => {
    const heaps = async () => {
      const [atServer, atClient] = [await server!.ask<Memory>("memory"), await client!.ask<Memory>("memory")]
      return { server: atServer.heap, client: atClient.heap }
    }
    const hold = (count: number) => client!.ask("hold", count)
    const release = () => client!.ask("release")
    const holdOften = async (times: number): Promise<void> => {
      for (let time = 0; time < times; time++) {
        await hold(heldCount)
        await release()
      }
    }
    // Loads and compiles what waiting calls need.
    await hold(100)
    await release()
    const before = await heaps()
    await hold(heldCount)
    const during = await heaps()
    await release()
    const after = await heaps()
    // What the second time leaves is still code and room.
    await holdOften(1)
    const warm = await heaps()
    await holdOften(leakTimes)
    const end = await heaps()
    record("effect-ipc", "heldServer", (during.server - before.server) / heldCount)
    record("effect-ipc", "heldClient", (during.client - before.client) / heldCount)
    record("effect-ipc", "keptServer", after.server - before.server)
    record("effect-ipc", "keptClient", after.client - before.client)
    record("effect-ipc", "leakServer", end.server - warm.server)
    record("effect-ipc", "leakClient", end.client - warm.client)
  })

const measureHeap = (site: Site, record: Record): void => {
  const bytes = heapPerOperation("calls256", site.built)
  if (bytes !== undefined) record("effect-ipc", "heapPerCall", bytes)
}

const measures = { heap: measureHeap, idle: measureIdle, held: measureHeld } as const

export const memoryApart: Apart = {
  windows: Object.keys(measures),
  subject: "effect-ipc",
  measure: async (site, window, record) => measures[window as keyof typeof measures](site, record)
}
