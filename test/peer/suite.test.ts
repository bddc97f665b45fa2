import { child, duplexes, fifos, memory, unixSocket } from "./subjects.ts"
import { suite } from "./suite.ts"

for (const subject of [memory, unixSocket, fifos, duplexes, child]) suite(subject)
