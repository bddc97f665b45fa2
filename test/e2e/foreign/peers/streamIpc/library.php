<?php
/*
 * Gives peer.php the class names by which users know riki137/stream-ipc: what stands in the place of its
 * `vendor/autoload.php`, so that the programs of `examples/` run as they are.
 */

namespace StreamIpc;

require_once __DIR__ . '/peer.php';

class_alias(Session::class, 'StreamIpc\IpcSession');

final class NativeIpcPeer
{
    private Peer $peer;

    public function __construct()
    {
        $this->peer = new Peer();
    }

    public function createStdioSession(): Session
    {
        return $this->peer->session(STDOUT, STDIN);
    }

    /** @param resource $write @param resource ...$reads */
    public function createStreamSession($write, ...$reads): Session
    {
        return $this->peer->session($write, ...$reads);
    }

    public function tick(?float $timeout = null): void
    {
        $this->peer->tick($timeout);
    }
}
