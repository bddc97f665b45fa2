<?php
/*
 * The OLD generation of php-stream-ipc (commit bf36adb): a child on its standard streams, one message a line.
 *
 * Written by us from its described behaviour (docs/wire/php-stream-ipc.md), not copied; the class names are those on the wire.
 * Checked by Peers.test.ts against the vectors of that generation in test/fixtures/foreign/php-stream-ipc.json.
 *
 * Law: its quirks are kept. Native payloads are base64 of `serialize()`; a line that cannot be decoded is a local message of
 * level error; a request that no handler takes is never answered; an exception in a handler leaves the child alive but deaf.
 *
 *   old.php [json|native] [serve|codec]
 */

namespace PhpStreamIpc\Message {

interface Message {}

final class LogMessage implements Message
{
    public function __construct(public string $message, public string $level = 'info') {}
}

}

namespace PhpStreamIpc\Envelope {

use PhpStreamIpc\Message\Message;

final class RequestEnvelope implements Message
{
    public function __construct(public string $id, public Message $request) {}
}

final class ResponseEnvelope implements Message
{
    public function __construct(public string $id, public Message $response) {}
}

}

namespace App {

use PhpStreamIpc\Message\Message;

final class Add implements Message
{
    public function __construct(public int $a, public int $b) {}
}

final class Sum implements Message
{
    public function __construct(public int $value) {}
}

final class Note implements Message
{
    public function __construct(public string $text) {}
}

final class Fail implements Message
{
    public function __construct(public string $why) {}
}

final class Unwanted implements Message {}

}

namespace PhpStreamIpc {

use App\{Add, Fail, Note, Sum};
use PhpStreamIpc\Envelope\{RequestEnvelope, ResponseEnvelope};
use PhpStreamIpc\Message\{LogMessage, Message};

function plain(mixed $value): mixed
{
    if (is_array($value)) {
        return array_map(plain(...), $value);
    }
    return is_object($value) ? ['__class' => $value::class] + array_map(plain(...), get_object_vars($value)) : $value;
}

function object(mixed $plain): mixed
{
    if (!is_array($plain)) {
        return $plain;
    }
    if (!isset($plain['__class'])) {
        return array_map(object(...), $plain);
    }
    $class = new \ReflectionClass($plain['__class']);
    $made = $class->newInstanceWithoutConstructor();
    unset($plain['__class']);
    foreach ($plain as $name => $value) {
        $class->getProperty($name)->setValue($made, object($value));
    }
    return $made;
}

function encode(Message $message, bool $json): string
{
    return ($json ? json_encode(plain($message), JSON_THROW_ON_ERROR) : base64_encode(serialize($message))) . PHP_EOL;
}

function decode(string $line, bool $json): Message
{
    try {
        $value = $json
            ? object(json_decode($line, true, 512, JSON_THROW_ON_ERROR))
            : unserialize(base64_decode(rtrim($line, "\r"), true) ?: throw new \Exception());
        return $value instanceof Message ? $value : new LogMessage($line, 'error');
    } catch (\Throwable) {
        return new LogMessage($line, 'error');
    }
}

final class Child
{
    public function __construct(private bool $json) {}

    public function serve(): void
    {
        while (($line = fgets(STDIN)) !== false) {
            $this->take(decode(rtrim($line, "\n"), $this->json));
        }
    }

    private function send(Message $message): void
    {
        fwrite(STDOUT, encode($message, $this->json));
        fflush(STDOUT);
    }

    private function take(Message $message): void
    {
        if ($message instanceof RequestEnvelope) {
            $answer = $this->answer($message->request);
            if ($answer !== null) {
                $this->send(new ResponseEnvelope($message->id, $answer));
            }
        } elseif ($message instanceof Note) {
            $this->send(new Note("seen: {$message->text}"));
        } elseif ($message instanceof LogMessage) {
            $this->send(new LogMessage($message->message, "heard {$message->level}"));
        }
    }

    private function answer(Message $request): ?Message
    {
        if ($request instanceof Fail) {
            while (true) {
                sleep(3600);
            }
        }
        return match (true) {
            $request instanceof Add => new Sum($request->a + $request->b),
            $request instanceof LogMessage => new LogMessage(strtoupper($request->message)),
            default => null,
        };
    }
}

function codec(bool $json): void
{
    while (($line = fgets(STDIN)) !== false) {
        $frames = [];
        foreach (explode("\n", rtrim(base64_decode(trim($line)), "\n")) as $each) {
            $message = decode($each, $json);
            $frames[] = ['message' => plain($message), 'packed' => base64_encode(encode($message, $json))];
        }
        echo json_encode($frames, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES), "\n";
    }
}

$json = ($argv[1] ?? 'native') === 'json';
($argv[2] ?? 'serve') === 'codec' ? codec($json) : (new Child($json))->serve();

}
