/**
 * The subjects. Their code is loaded only in the processes that run it, and a client never loads its server:
 * `cold` counts every module.
 */
import type { ClientModule, ClientPlace, ServerModule, Transport } from "./subject.ts"

export interface Subject {
  readonly name: string
  readonly transports: ReadonlyArray<Transport>
  /** What it is measured by; all that its client offers when left out. */
  readonly windows?: ReadonlyArray<string>
  /** Whether its client finds its server at a path, or spawns it; what the transport says when left out. */
  readonly place?: ClientPlace["transport"]
  readonly server: () => Promise<ServerModule>
  readonly client: () => Promise<ClientModule>
}

/** For clients that bring their own server. */
export const noServer: ServerModule = { serve: () => Promise.resolve() }

export const subjects: ReadonlyArray<Subject> = [
  {
    name: "raw-json",
    transports: ["unix", "stdio"],
    server: () => import("./subjects/raw-json/server.ts"),
    client: () => import("./subjects/raw-json/client.ts")
  },
  {
    name: "raw-json-effect",
    transports: ["unix", "stdio"],
    windows: ["cold"],
    server: () => import("./subjects/raw-json/server-effect.ts"),
    client: () => import("./subjects/raw-json/client-effect.ts")
  },
  {
    name: "raw-echo",
    transports: ["unix", "stdio"],
    windows: ["echoBytes"],
    server: () => import("./subjects/raw-echo/server.ts"),
    client: () => import("./subjects/raw-echo/client.ts")
  },
  {
    name: "effect-ipc",
    transports: ["unix", "stdio"],
    server: () => import("./subjects/effect-ipc/server.ts"),
    client: () => import("./subjects/effect-ipc/client.ts")
  },
  {
    name: "effect-rpc",
    // effect/rpc has a server for stdio, but no client that speaks to a child's stdio.
    transports: ["unix"],
    server: () => import("./subjects/effect-rpc/server.ts"),
    client: () => import("./subjects/effect-rpc/client.ts")
  },
  {
    name: "effect-rpc-notrace",
    transports: ["unix"],
    server: () => import("./subjects/effect-rpc/server-notrace.ts"),
    client: () => import("./subjects/effect-rpc/client-notrace.ts")
  },
  {
    name: "birpc",
    transports: ["unix", "stdio"],
    server: () => import("./subjects/birpc/server.ts"),
    client: () => import("./subjects/birpc/client.ts")
  }
]

export const subjectNamed = (name: string, among: ReadonlyArray<Subject> = subjects): Subject => {
  const found = among.find((subject) => subject.name === name)
  if (found === undefined) throw new Error(`no subject is called ${name}`)
  return found
}
