import { suite } from "../../transport/suite.ts"
import { fifoAcceptor, fifoDialler } from "../../transport/subjects.ts"

for (const subject of [fifoDialler, fifoAcceptor]) suite(subject)
