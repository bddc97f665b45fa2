import { suite } from "../transport/suite.ts"
import { childFd3, childStdio } from "../transport/subjects.ts"

for (const subject of [childStdio, childFd3]) suite(subject)
