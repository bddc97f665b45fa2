/** The subjects of the extras, all over a Unix socket but `effect-ipc-memory`. Each names the windows that ask something of it. */
import { noServer, subjectNamed, type Subject } from "../subjects.ts"
import type { ExtraClientModule } from "./client.ts"
import type { Variant } from "./effect-ipc.ts"
import { flights, links } from "./scales.ts"

const payloads = ["calls16", "text64k", "nested"]
const scaling = [...flights.map((callers) => `flight${callers}`), ...links.map((count) => `links${count}`)]

type ExtraSubject = Subject & { readonly client: () => Promise<ExtraClientModule> }

const effectIpc = (name: string, variant: Variant, windows: ReadonlyArray<string>): ExtraSubject => ({
  name,
  transports: ["unix"],
  windows,
  server: async () => {
    const { serve } = await import("./effect-ipc.ts")
    return { serve: (place) => serve(place, variant) }
  },
  client: async () => {
    const { connect } = await import("./effect-ipc.ts")
    return { connect: (place) => connect(place, variant) }
  }
})

export const extraSubjects: ReadonlyArray<ExtraSubject> = [
  {
    ...subjectNamed("raw-json"),
    transports: ["unix"],
    windows: [...payloads, ...scaling],
    client: () => import("./raw-json.ts")
  },
  effectIpc("effect-ipc", {}, [...payloads, ...scaling]),
  effectIpc("effect-ipc-binary", { options: { payload: "binary" } }, payloads),
  // Processes of its own, which do nothing else, as those of the variants: what else they do shows in how code is compiled.
  effectIpc("effect-ipc-plain", {}, ["calls256", "latency"]),
  effectIpc("effect-ipc-crc", { crc: true }, ["calls256"]),
  effectIpc("effect-ipc-middleware", { middleware: true }, ["calls256"]),
  effectIpc("effect-ipc-metrics", { options: { metrics: true } }, ["calls256"]),
  effectIpc("effect-ipc-tracing", { options: { tracing: true } }, ["calls256"]),
  effectIpc("effect-ipc-promises", { promises: true }, ["calls256", "latency"]),
  {
    name: "effect-ipc-memory",
    transports: ["unix"],
    windows: ["calls256"],
    server: () => Promise.resolve(noServer),
    client: () => import("../subjects/effect-ipc/memory.ts")
  },
  {
    name: "effect-rpc",
    transports: ["unix"],
    windows: ["calls256", ...payloads],
    server: () => import("./effect-rpc.ts"),
    client: () => import("./effect-rpc.ts")
  },
  { ...subjectNamed("effect-rpc-notrace"), windows: ["calls256"] },
  {
    name: "bare-net",
    transports: ["unix"],
    windows: [],
    server: () => import("./bare-net.ts"),
    client: () => import("./bare-net.ts")
  }
]
