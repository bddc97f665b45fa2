import { child, duplexes, faulty, memory, unixSocket, values } from "./subjects.ts"
import { suite } from "./suite.ts"

for (const subject of [memory, values, faulty, unixSocket, duplexes, child]) suite(subject)
