import { createBirpc } from "birpc"
import type { Client, ClientPlace } from "../../subject.ts"
import { item, Tally, type Add, type Streamed, type Sum } from "../../workload.ts"
import { dial } from "../kit/duplex.ts"
import { JsonChannel } from "../kit/JsonChannel.ts"
import { byPromise } from "../kit/promises.ts"
import type { ClientFunctions, ServerFunctions } from "./functions.ts"

export const connect = async (place: ClientPlace): Promise<Client> => {
  const streams = new Map<number, Tally>()
  let lastStream = 0
  let receive: (text: string) => void = () => {}
  const channel = new JsonChannel(await dial(place), (text) => receive(text))

  const functions: ClientFunctions = {
    takeItem: (stream, item) => streams.get(stream)?.take(item)
  }
  const server = createBirpc<ServerFunctions, ClientFunctions>(functions, {
    post: (text: string) => channel.send(text),
    on: (listener) => (receive = listener),
    serialize: JSON.stringify,
    deserialize: JSON.parse
  })

  const items = byPromise<number, Streamed>(async (count) => {
    const stream = ++lastStream
    const tally = new Tally()
    streams.set(stream, tally)
    await server.items(stream, count)
    streams.delete(stream)
    return tally
  })
  return {
    add: byPromise<Add, Sum>((request) => server.add(request)),
    items,
    arrays: items,
    input: byPromise<number, Streamed>((count) => {
      const stream = ++lastStream
      for (let index = 0; index < count; index++) void server.takeInput.asEvent(stream, item(index))
      return server.endInput(stream)
    }),
    echoText: byPromise<string, string>((text) => server.echo(text))
  }
}
