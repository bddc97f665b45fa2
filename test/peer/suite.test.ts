import { child, duplexes, faulty, fifos, memory, unixSocket, values } from "./subjects.ts"
import { suite } from "./suite.ts"

for (const subject of [memory, values, faulty, unixSocket, fifos, duplexes, child]) suite(subject)
