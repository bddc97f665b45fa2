<?php
/*
 * A child of php-stream-ipc V1, on its standard streams: see peer.php for what it stands for.
 *
 *   child.php [json|native] [serve|once|worker N|deaf] [stderr]
 *
 * serve: answers for ever, as it never notices the end of its input. once: a single tick. worker N: notifies N times and ends.
 * deaf: neither reads nor ends. stderr: its frames leave on the error stream.
 */

namespace App;

require __DIR__ . '/peer.php';
require __DIR__ . '/messages.php';

use StreamIpc\Message\{ErrorMessage, LogMessage, Message};
use StreamIpc\{Peer, Session};

/** Null where nobody wants the request. */
function answer(Message $request, Session $session): ?Message
{
    return match (true) {
        $request instanceof Add => new Sum($request->a + $request->b),
        $request instanceof Repeat, $request instanceof \PeerDto\TaskMessage, $request instanceof \PeerDto\NestedMessage => $request,
        $request instanceof Index => index($request, $session),
        $request instanceof Ask => new Done('you said ' . $session->request(new Question($request->question), 5.0)->await()->text),
        $request instanceof Warn => warn($request->text),
        $request instanceof Fail => throw new \RuntimeException($request->why),
        $request instanceof Wait => wait($request->millis),
        $request instanceof Quit => quit($session),
        $request instanceof LogMessage => talk($request, $session),
        default => null,
    };
}

function index(Index $request, Session $session): Message
{
    for ($step = 1; $step <= $request->steps; $step++) {
        $session->notify(new Progress($step, $request->steps));
    }
    return new Done($request->path);
}

function warn(string $text): Message
{
    fwrite(STDERR, "$text on stderr\n");
    fwrite(STDOUT, "$text on stdout\n");
    return new Done($text);
}

function wait(int $millis): Message
{
    usleep(1000 * $millis);
    return new Done("waited $millis");
}

function quit(Session $session): never
{
    $session->notify(new LogMessage('leaving', 'success'));
    exit(7);
}

function talk(LogMessage $request, Session $session): ?Message
{
    if ($request->message === 'Start!') {
        for ($step = 1; $step <= 3; $step++) {
            $session->notify(new LogMessage("Progress $step / 3"));
        }
        return new LogMessage('✅  Finished all work');
    }
    return $request->message === 'Ping!' ? new LogMessage('Pong!') : null;
}

/** What came without a request is told back, junk and undecodable payloads too. */
function heard(Message $message, Session $session): void
{
    $session->notify(match (true) {
        $message instanceof Note => new Note("seen: {$message->text}"),
        $message instanceof LogMessage => new LogMessage(trim($message->message), "heard {$message->level}"),
        $message instanceof ErrorMessage => new LogMessage(strtok($message->text(), "\n"), 'heard failure'),
        default => new LogMessage($message::class, 'heard'),
    });
}

$modes = array_slice($argv, 1);
$peer = new Peer(\StreamIpc\serializer($modes[0] ?? 'native'));
$session = $peer->session(in_array('stderr', $modes, true) ? STDERR : STDOUT, STDIN);
$session->onRequest(answer(...));
$session->onMessage(heard(...));
switch ($modes[1] ?? 'serve') {
    case 'once':
        $peer->tick();
        break;
    case 'worker':
        for ($step = 1; $step <= (int) $modes[2]; $step++) {
            $session->notify(new LogMessage("Step $step/{$modes[2]} complete"));
        }
        $session->notify(new LogMessage('Task finished', 'success'));
        break;
    case 'deaf':
        while (true) {
            sleep(3600);
        }
    default:
        while (true) {
            $peer->tick();
        }
}
