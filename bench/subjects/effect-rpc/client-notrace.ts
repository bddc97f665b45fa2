import type { Client, ClientPlace } from "../../subject.ts"
import { connectWith } from "./client.ts"

export const connect = (place: ClientPlace): Promise<Client> => connectWith(place, { disableTracing: true })
