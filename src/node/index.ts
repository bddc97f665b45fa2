/**
 * Links of this machine: stdio, child processes, Unix sockets, worker threads, and streams a program already has.
 *
 * @since 0.1.0
 */
export * as ChildProcess from "./ChildProcess.ts"
export * as DuplexLink from "./DuplexLink.ts"
export * as MessagePort from "./MessagePort.ts"
export * as Stdio from "./Stdio.ts"
export * as UnixSocket from "./UnixSocket.ts"
export * as Worker from "./Worker.ts"
