import { suite } from "../transport/suite.ts"
import { duplex, tcp, unixAcceptor, unixDialler } from "../transport/subjects.ts"

for (const subject of [unixDialler, unixAcceptor, tcp, duplex]) suite(subject)
