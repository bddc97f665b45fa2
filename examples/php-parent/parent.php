<?php

namespace App;

require 'vendor/autoload.php';

use StreamIpc\Message\ErrorMessageException;
use StreamIpc\Message\Message;
use StreamIpc\NativeIpcPeer;

final class CountWords implements Message
{
    public function __construct(public array $texts) {}
}

final class Words implements Message
{
    public int $words;
}

final class Counted implements Message
{
    public int $index;
    public int $words;
}

$process = proc_open(['node', __DIR__ . '/child.ts'], [['pipe', 'r'], ['pipe', 'w'], ['pipe', 'w']], $pipes);
$peer = new NativeIpcPeer();
$session = $peer->createStreamSession(...$pipes);

$session->onMessage(function (Message $message): void {
    if ($message instanceof Counted) {
        echo "text {$message->index}: {$message->words}\n";
    }
});

$answer = $session->request(new CountWords(['ein Wort', 'und noch drei Wörter']), 10.0)->await();
echo "{$answer->words} words\n";

try {
    $session->request(new CountWords(['...']), 10.0)->await();
} catch (ErrorMessageException $e) {
    echo strtok($e->getMessage(), "\n"), "\n";
}

fclose($pipes[0]);
proc_close($process);
echo "the child has ended\n";
