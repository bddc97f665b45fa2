import { childFd3, childStdio, duplex, tcp, unixAcceptor, unixDialler } from "../transport/subjects.ts"
import { suite } from "../transport/suite.ts"

for (const subject of [unixDialler, unixAcceptor, tcp, duplex, childStdio, childFd3]) suite(subject)
