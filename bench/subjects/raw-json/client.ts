/** What one writes by hand: net, JSON, and a Map of promises; nothing is validated. */
import type { Client, ClientPlace } from "../../subject.ts"
import { item, Tally, type Add, type Item, type Streamed, type Sum } from "../../workload.ts"
import { dial, type Duplex } from "../kit/duplex.ts"
import { JsonChannel } from "../kit/JsonChannel.ts"
import { byPromise } from "../kit/promises.ts"
import type { ToClient } from "./protocol.ts"

interface Call {
  readonly resolve: (value: any) => void
  readonly reject: (error: Error) => void
  readonly onItem: ((item: Item) => void) | undefined
}

class Caller {
  readonly #channel: JsonChannel
  readonly #calls = new Map<number, Call>()
  #lastId = 0

  constructor(duplex: Duplex) {
    this.#channel = new JsonChannel(duplex, (text) => this.#receive(JSON.parse(text) as ToClient))
    duplex.input.on("close", () => {
      for (const call of this.#calls.values()) call.reject(new Error("the server has closed the connection"))
      this.#calls.clear()
    })
  }

  call<A>(m: string, p: unknown, onItem?: (item: Item) => void): Promise<A> {
    return new Promise((resolve, reject) => {
      const i = ++this.#lastId
      this.#calls.set(i, { resolve, reject, onItem })
      this.#channel.send(JSON.stringify({ i, m, p }))
    })
  }

  /** Calls with an input stream. */
  input<A>(m: string, p: unknown, items: Iterable<Item>): Promise<A> {
    const called = this.call<A>(m, p)
    const i = this.#lastId
    for (const v of items) this.#channel.send(JSON.stringify({ i, v }))
    this.#channel.send(JSON.stringify({ i, end: true }))
    return called
  }

  #receive(message: ToClient): void {
    const call = this.#calls.get(message.i)
    if (call === undefined) return
    if ("v" in message) return call.onItem?.(message.v as Item)
    this.#calls.delete(message.i)
    if ("r" in message) call.resolve(message.r)
    else call.reject(new Error(message.error))
  }
}

const itemsUpTo = function* (count: number): Generator<Item> {
  for (let index = 0; index < count; index++) yield item(index)
}

export const connect = async (place: ClientPlace): Promise<Client> => {
  const caller = new Caller(await dial(place))
  const items = byPromise<number, Streamed>(async (count) => {
    const tally = new Tally()
    await caller.call("items", count, (item) => tally.take(item))
    return tally
  })
  return {
    add: byPromise<Add, Sum>((request) => caller.call("add", request)),
    items,
    // One frame per item, as items are: raw-json knows no arrays of items.
    arrays: items,
    input: byPromise<number, Streamed>((count) => caller.input("input", null, itemsUpTo(count))),
    echoText: byPromise<string, string>((text) => caller.call("echo", text))
  }
}
