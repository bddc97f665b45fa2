<?php

namespace App;

require 'vendor/autoload.php';

use StreamIpc\IpcSession;
use StreamIpc\Message\Message;
use StreamIpc\NativeIpcPeer;

final class Import implements Message
{
    public string $file;
}

final class Imported implements Message
{
    public function __construct(public int $rows, public int $pid) {}
}

final class Progress implements Message
{
    public function __construct(public int $done, public int $total) {}
}

$peer = new NativeIpcPeer();
$session = $peer->createStdioSession();

$session->onRequest(function (Message $request, IpcSession $session): ?Message {
    if (!$request instanceof Import) {
        return null;
    }
    for ($done = 1; $done <= 3; $done++) {
        usleep(50_000);
        $session->notify(new Progress($done, 3));
    }
    return new Imported(300, getmypid());
});

while (!feof(STDIN)) {
    $peer->tick(1.0);
}
