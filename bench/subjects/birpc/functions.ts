/** The functions of both ends. birpc has no streams: items go as events, as its users do it. */
import type { Add, Item, Streamed, Sum } from "../../workload.ts"

export interface ServerFunctions {
  add(request: Add): Sum
  items(stream: number, count: number): Promise<void>
  takeInput(stream: number, item: Item): void
  endInput(stream: number): Streamed
  echo(text: string): string
}

export interface ClientFunctions {
  takeItem(stream: number, item: Item): void
}
