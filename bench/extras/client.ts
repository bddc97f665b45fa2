/** What the clients of the extras can do besides. */
import type { Client, ClientPlace, Operation } from "../subject.ts"
import type { Add, Sum } from "../workload.ts"
import type { Order, Text } from "./workload.ts"

export interface ExtraClient extends Client {
  /** There and back. */
  readonly text?: Operation<Text, Text>
  readonly nested?: Operation<Order, Order>
  /** Opens so many connections, or as many more as that takes, and spreads callers over them. */
  readonly links?: (count: number) => Promise<Operation<Add, Sum>>
  /** Makes so many calls whose handlers wait; answers once all of them do. */
  readonly hold?: (count: number) => Promise<void>
  /** Lets them end, and waits for their answers. */
  readonly release?: () => Promise<void>
}

export interface ExtraClientModule {
  connect(place: ClientPlace): Promise<ExtraClient>
}

/** The callers of each connection, as even as it goes. */
export const links = (connect: () => Promise<Client>): NonNullable<ExtraClient["links"]> => {
  const opened: Array<Client> = []
  return async (count) => {
    while (opened.length < count) opened.push(await connect())
    const chosen = opened.slice(0, count)
    return async (callers, load) => {
      const each = Math.ceil(callers / count)
      await Promise.all(chosen.map(({ add }) => add!(each, load)))
    }
  }
}
