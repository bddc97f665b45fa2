import type { ServerPlace } from "../../subject.ts"
import { serveWith } from "./server.ts"

export const serve = (place: ServerPlace): Promise<void> => serveWith(place, { disableTracing: true })
