/** raw-json with what the extras ask for besides. */
import type { ClientPlace, Operation } from "../subject.ts"
import { connect as connectPlain } from "../subjects/raw-json/client.ts"
import { links, type ExtraClient } from "./client.ts"

export const connect = async (place: ClientPlace): Promise<ExtraClient> => {
  const client = await connectPlain(place)
  // It validates nothing, so its echo takes anything.
  const echo = client.echoText as unknown as Operation<any, any>
  return { ...client, text: echo, nested: echo, links: links(() => connectPlain(place)) }
}
