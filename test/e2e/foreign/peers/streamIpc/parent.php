<?php
/*
 * A parent of php-stream-ipc V1: see peer.php for what it stands for.
 *
 *   parent.php json|native REQUESTS COMMAND ARGUMENT...
 *
 * Starts the command as its child, with all three standard streams as pipes and both outputs read as frames, and sends the
 * requests one after the other: a JSON list of { "__class", properties..., "timeout"? }, or { "notify": {...} }, or
 * { "tick": seconds }. Prints a line of JSON for each message it got, in order, then ends its child by signal and prints how
 * it went. It answers App\Question itself.
 */

namespace App;

require __DIR__ . '/peer.php';
require __DIR__ . '/messages.php';

use StreamIpc\Message\Message;
use StreamIpc\Serialization\Json;
use StreamIpc\{Peer, Session};
use function StreamIpc\describe;

function tell(string $kind, array $facts): void
{
    echo json_encode(['kind' => $kind] + $facts, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE), "\n";
}

function message(array $plain): Message
{
    unset($plain['timeout']);
    return (new Json())->deserialize(json_encode($plain));
}

function step(Peer $peer, Session $session, array $each): void
{
    if (isset($each['tick'])) {
        $peer->tickFor($each['tick']);
    } elseif (isset($each['notify'])) {
        $session->notify(message($each['notify']));
    } else {
        tell('answer', ['message' => describe($session->request(message($each), $each['timeout'] ?? 15.0)->await())]);
    }
}

$command = array_slice($argv, 3);
$process = proc_open($command, [['pipe', 'r'], ['pipe', 'w'], ['pipe', 'w']], $pipes);
$peer = new Peer(\StreamIpc\serializer($argv[1]));
$session = $peer->session(...$pipes);
$session->onMessage(fn (Message $message) => tell('message', ['message' => describe($message)]));
$session->onRequest(fn (Message $request) => $request instanceof Question ? new Answer("yes, {$request->question}") : null);
foreach (json_decode($argv[2], true, 512, JSON_THROW_ON_ERROR) as $each) {
    try {
        step($peer, $session, $each);
    } catch (\Throwable $e) {
        tell('failure', ['class' => $e::class, 'text' => $e->getMessage()]);
    }
}
proc_terminate($process);
do {
    usleep(5000);
    $status = proc_get_status($process);
} while ($status['running']);
tell('end', ['code' => $status['exitcode'], 'signal' => $status['signaled'] ? $status['termsig'] : 0]);
