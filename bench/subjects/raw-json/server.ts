/** What one writes by hand: net, JSON and a switch; nothing is validated. */
import type { ServerPlace } from "../../subject.ts"
import { answer, item, Tally, type Add, type Item } from "../../workload.ts"
import { listen, type Duplex } from "../kit/duplex.ts"
import { JsonChannel } from "../kit/JsonChannel.ts"
import type { ToClient, ToServer } from "./protocol.ts"

const onDuplex = (duplex: Duplex): void => {
  const inputs = new Map<number, Tally>()
  const send = (message: ToClient): void => channel.send(JSON.stringify(message))

  const onRequest = (i: number, method: string, payload: unknown): void => {
    switch (method) {
      case "add":
        return send({ i, r: answer(payload as Add) })
      case "items": {
        const count = payload as number
        for (let index = 0; index < count; index++) send({ i, v: item(index) })
        return send({ i, r: null })
      }
      case "input":
        inputs.set(i, new Tally())
        return
      case "echo":
        return send({ i, r: payload })
      default:
        return send({ i, error: `unknown method ${method}` })
    }
  }

  const channel = new JsonChannel(duplex, (text) => {
    const message = JSON.parse(text) as ToServer
    if ("m" in message) return onRequest(message.i, message.m, message.p)
    const tally = inputs.get(message.i)
    if (tally === undefined) return send({ i: message.i, error: "no such input" })
    if ("v" in message) return tally.take(message.v as Item)
    inputs.delete(message.i)
    send({ i: message.i, r: { count: tally.count, total: tally.total } })
  })
}

export const serve = (place: ServerPlace): Promise<void> => listen(place, onDuplex)
