import { createBirpc } from "birpc"
import type { ServerPlace } from "../../subject.ts"
import { answer, item, Tally } from "../../workload.ts"
import { listen, type Duplex } from "../kit/duplex.ts"
import { JsonChannel } from "../kit/JsonChannel.ts"
import type { ClientFunctions, ServerFunctions } from "./functions.ts"

const onDuplex = (duplex: Duplex): void => {
  const inputs = new Map<number, Tally>()
  let receive: (text: string) => void = () => {}
  const channel = new JsonChannel(duplex, (text) => receive(text))

  const functions: ServerFunctions = {
    add: (request) => answer(request),
    items: async (stream, count) => {
      for (let index = 0; index < count; index++) void client.takeItem.asEvent(stream, item(index))
    },
    takeInput: (stream, item) => {
      let tally = inputs.get(stream)
      if (tally === undefined) inputs.set(stream, (tally = new Tally()))
      tally.take(item)
    },
    endInput: (stream) => {
      const tally = inputs.get(stream) ?? new Tally()
      inputs.delete(stream)
      return { count: tally.count, total: tally.total }
    },
    echo: (text) => text
  }

  const client = createBirpc<ClientFunctions, ServerFunctions>(functions, {
    post: (text: string) => channel.send(text),
    on: (listener) => (receive = listener),
    serialize: JSON.stringify,
    deserialize: JSON.parse
  })
}

export const serve = (place: ServerPlace): Promise<void> => listen(place, onDuplex)
