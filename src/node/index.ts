/**
 * Real links: stdio, child processes, FIFOs, Unix sockets, TCP, worker threads, and streams and sockets that a program
 * already has.
 *
 * @since 0.1.0
 */
export * as ChildProcess from "./ChildProcess.ts"
export * as DuplexLink from "./DuplexLink.ts"
export * as Proof from "./Proof.ts"
export * as Fifo from "./Fifo.ts"
export * as InnmindSocket from "./InnmindSocket.ts"
export * as SocketLink from "./SocketLink.ts"
export * as MessagePort from "./MessagePort.ts"
export * as Stdio from "./Stdio.ts"
export * as Tcp from "./Tcp.ts"
export * as UnixSocket from "./UnixSocket.ts"
export * as Worker from "./Worker.ts"
