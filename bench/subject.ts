/**
 * The interface of every subject: how its server starts, and what its client can do.
 *
 * A subject repeats its own operations, because only it knows how its callers live: as promises or as fibers.
 * The harness hands it a load and measures from outside.
 */
import type { Add, Streamed, Sum } from "./workload.ts"

/** Where a server listens: at a path, or on its own stdin and stdout. */
export type ServerPlace = { readonly transport: "unix"; readonly path: string } | { readonly transport: "stdio" }

/** Where a client finds its server: at a path, or in a process that it spawns. */
export type ClientPlace =
  | { readonly transport: "unix"; readonly path: string }
  | { readonly transport: "stdio"; readonly command: string; readonly args: ReadonlyArray<string> }

/**
 * What a table is of: all subjects over one kind of link; or, in `transports`, each over a kind of its own, and in `wires`
 * each on a wire of its own.
 */
export const transports = ["unix", "stdio", "transports", "wires"] as const

export type Transport = (typeof transports)[number]

/** What the callers of one run do: they ask `next` for an input until it answers undefined, and show each output. */
export interface Load<in out I, in O> {
  next(): I | undefined
  done(input: I, output: O): void
}

/** Lets `callers` callers at once work through a load, each with one operation in flight; ends when all have ended. */
export type Operation<in out I, out O> = (callers: number, load: Load<I, O>) => Promise<void>

/** What a client can do; an operation that its library does not offer is left out. */
export interface Client {
  readonly add?: Operation<Add, Sum>
  /** Streams that many items from the server, which makes them one by one. */
  readonly items?: Operation<number, Streamed>
  /** The same, made in natural arrays. */
  readonly arrays?: Operation<number, Streamed>
  /** Streams that many items to the server, which answers what it saw. */
  readonly input?: Operation<number, Streamed>
  readonly echoText?: Operation<string, string>
  readonly echoBytes?: Operation<Uint8Array, Uint8Array>
}

export interface ServerModule {
  /**
   * Answers once the server can be reached. It ends with its process, or at the end of its stdin. A server of `calls`
   * only is a cold start: it loads nothing that streams need.
   */
  serve(place: ServerPlace, only?: "calls"): Promise<void>
}

export interface ClientModule {
  connect(place: ClientPlace): Promise<Client>
}
