<?php
/*
 * php-stream-ipc V1 (1.0.0): stands for the library riki137/stream-ipc, with PHP's own stream resources.
 *
 * Written by us from its described behaviour (docs/wire/php-stream-ipc.md), not copied; the class names are those on the wire.
 * Checked by Peers.test.ts against every vector of test/fixtures/foreign/php-stream-ipc.json.
 *
 * Law: its quirks are kept. `serialize()` is the default; a read takes at most 8192 bytes; the end of input is never noticed;
 * a frame begun is waited for inside tick(), for ever once the input ended; bytes between frames are messages of level junk,
 * and a chunk that begins with F3 is kept until a frame comes; what cannot be decoded is a local message and never answered.
 * One difference: where the library turns in a hot loop, this one sleeps for half a millisecond, to spare the machine.
 *
 *   peer.php codec json|native   lines of base64 in, lines of JSON out
 */

namespace StreamIpc\Message {

interface Message {}

final class LogMessage implements Message
{
    public const LEVEL_JUNK = 'junk';

    public function __construct(public string $message, public string $level = 'info') {}
}

final class ErrorMessage implements Message
{
    private string $errorMessage;

    public function __construct(string $message, ?\Throwable $cause = null)
    {
        $facts = $cause === null ? '' : PHP_EOL . $cause::class . ': ' . $cause->getMessage() . PHP_EOL . $cause->getTraceAsString();
        $this->errorMessage = trim($message . $facts);
    }

    public function text(): string
    {
        return $this->errorMessage;
    }
}

final class ErrorMessageException extends \Exception {}

}

namespace StreamIpc\Envelope {

use StreamIpc\Message\Message;

final class RequestEnvelope implements Message
{
    public function __construct(public string $id, public Message $request) {}
}

final class ResponseEnvelope implements Message
{
    public function __construct(public string $id, public Message $response) {}
}

}

namespace StreamIpc\Serialization {

use StreamIpc\Message\{ErrorMessage, LogMessage, Message};

interface Serializer
{
    public function serialize(Message $message): string;

    public function deserialize(string $data): Message;
}

final class Native implements Serializer
{
    public function serialize(Message $message): string
    {
        return serialize($message);
    }

    public function deserialize(string $data): Message
    {
        try {
            $value = @unserialize($data);
        } catch (\Throwable) {
            return new LogMessage($data, 'error');
        }
        if ($value instanceof Message) {
            return $value;
        }
        return $value === false
            ? new LogMessage($data, 'error')
            : new LogMessage("Received message does not implement Message interface: $data", 'error');
    }
}

final class Json implements Serializer
{
    public function __construct(private int $flags = JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES) {}

    public function serialize(Message $message): string
    {
        return json_encode($this->plain($message), JSON_THROW_ON_ERROR | $this->flags);
    }

    /** Every object becomes its class and its declared properties, static ones too; other properties are lost. */
    public function plain(mixed $value): mixed
    {
        if (is_array($value)) {
            return array_map($this->plain(...), $value);
        }
        if (!is_object($value)) {
            return $value;
        }
        $plain = ['__class' => $value::class];
        foreach ((new \ReflectionClass($value))->getProperties() as $property) {
            $plain[$property->getName()] = $this->plain($property->isStatic() ? $property->getValue() : $property->getValue($value));
        }
        return $plain;
    }

    public function deserialize(string $data): Message
    {
        try {
            $plain = json_decode($data, true, 512, JSON_THROW_ON_ERROR);
        } catch (\JsonException $e) {
            return new ErrorMessage("json_decode failed:$data", $e);
        }
        if (!is_array($plain) || !isset($plain['__class'])) {
            return new ErrorMessage("Invalid data to unserialize: $data");
        }
        if (!class_exists($plain['__class'])) {
            return new ErrorMessage("Unknown class: {$plain['__class']}");
        }
        try {
            $object = $this->object($plain);
        } catch (\Throwable $e) {
            return new ErrorMessage("Failed to unserialize data:$data", $e);
        }
        return $object instanceof Message ? $object : new ErrorMessage("Decoded object is not a Message: $data");
    }

    private function value(mixed $plain): mixed
    {
        if (!is_array($plain)) {
            return $plain;
        }
        return isset($plain['__class']) && class_exists($plain['__class']) ? $this->object($plain) : array_map($this->value(...), $plain);
    }

    /** Makes it without its constructor, so what was not sent stays unset. */
    private function object(array $plain): object
    {
        $class = new \ReflectionClass($plain['__class']);
        $object = $class->newInstanceWithoutConstructor();
        unset($plain['__class']);
        foreach ($plain as $name => $value) {
            if ($class->hasProperty((string) $name)) {
                $property = $class->getProperty((string) $name);
                $property->isStatic() ? $property->setValue($this->value($value)) : $property->setValue($object, $this->value($value));
            }
        }
        return $object;
    }
}

}

namespace StreamIpc {

use StreamIpc\Envelope\{RequestEnvelope, ResponseEnvelope};
use StreamIpc\Message\{ErrorMessage, ErrorMessageException, LogMessage, Message};
use StreamIpc\Serialization\{Json, Native, Serializer};

const MAGIC = "\xF3\x4A\x9D\xE2";

final class StreamClosedException extends \Exception {}
final class TimeoutException extends \RuntimeException {}

final class FrameCodec
{
    private string $buffer = '';

    public function __construct(private Serializer $serializer, private ?int $maxFrame = null) {}

    public function pack(Message $message): string
    {
        $payload = $this->serializer->serialize($message);
        return MAGIC . pack('N', strlen($payload)) . $payload;
    }

    public function isBetweenFrames(): bool
    {
        return $this->buffer === '';
    }

    /** @return list<Message> */
    public function feed(string $chunk): array
    {
        $this->buffer .= $chunk;
        $messages = [];
        while ($this->buffer !== '') {
            $start = strpos($this->buffer, MAGIC);
            if ($start === false) {
                $this->junk(strlen($this->buffer) - $this->overlap(), $messages);
                break;
            }
            $this->junk($start, $messages);
            if (strlen($this->buffer) < 8) {
                break;
            }
            $length = unpack('N', $this->buffer, 4)[1];
            if ($this->maxFrame !== null && $length > $this->maxFrame) {
                throw new \RuntimeException("Frame length $length exceeds max {$this->maxFrame}");
            }
            if (strlen($this->buffer) < 8 + $length) {
                break;
            }
            $payload = substr($this->buffer, 8, $length);
            $this->buffer = substr($this->buffer, 8 + $length);
            $messages[] = $this->decode($payload);
        }
        return $messages;
    }

    private function decode(string $payload): Message
    {
        try {
            return $this->serializer->deserialize($payload);
        } catch (\Throwable $e) {
            return new ErrorMessage('Failed to deserialize message payload', $e);
        }
    }

    /** @param list<Message> $messages */
    private function junk(int $length, array &$messages): void
    {
        if ($length > 0) {
            $messages[] = new LogMessage(substr($this->buffer, 0, $length), LogMessage::LEVEL_JUNK);
            $this->buffer = substr($this->buffer, $length);
        }
    }

    /** How much of the end may begin a frame; all of it, as in the library, where it begins like one. */
    private function overlap(): int
    {
        if ($this->buffer[0] === MAGIC[0]) {
            return strlen($this->buffer);
        }
        for ($length = 3; $length > 0; $length--) {
            if (str_ends_with($this->buffer, substr(MAGIC, 0, $length))) {
                return $length;
            }
        }
        return 0;
    }
}

final class ResponsePromise
{
    private float $deadline;

    public function __construct(private Peer $peer, private Session $session, private string $id, private float $timeout)
    {
        $this->deadline = microtime(true) + $timeout;
    }

    public function await(): Message
    {
        while (($response = $this->session->taken($this->id)) === null) {
            $left = $this->deadline - microtime(true);
            if ($left <= 0) {
                throw new TimeoutException("IPC request timed out after {$this->timeout}s");
            }
            $this->peer->tick($left);
        }
        if ($response instanceof ErrorMessage) {
            throw new ErrorMessageException($response->text());
        }
        return $response;
    }
}

final class Session
{
    private static int $counter = 0;

    /** @var list<callable> */
    private array $onMessage = [];
    /** @var list<callable> */
    private array $onRequest = [];
    /** @var array<string, Message|null> */
    private array $responses = [];
    /** @var list<array{resource, FrameCodec}> */
    private array $readers = [];
    private FrameCodec $writer;

    /** @param resource $write @param list<resource> $reads */
    public function __construct(private Peer $peer, private $write, array $reads, Serializer $serializer)
    {
        $this->writer = new FrameCodec($serializer);
        foreach ($reads as $read) {
            stream_set_read_buffer($read, 0);
            $this->readers[] = [$read, new FrameCodec($serializer)];
        }
    }

    /** @return list<resource> */
    public function streams(): array
    {
        return array_column($this->readers, 0);
    }

    public function onMessage(callable $handler): void
    {
        $this->onMessage[] = $handler;
    }

    public function onRequest(callable $handler): void
    {
        $this->onRequest[] = $handler;
    }

    public function notify(Message $message): void
    {
        $this->send($message);
    }

    public function request(Message $message, float $timeout = 30.0): ResponsePromise
    {
        $id = sprintf('%s.%d', getmypid(), ++self::$counter);
        $this->responses[$id] = null;
        $this->send(new RequestEnvelope($id, $message));
        return new ResponsePromise($this->peer, $this, $id, $timeout);
    }

    public function taken(string $id): ?Message
    {
        return $this->responses[$id] ?? null;
    }

    /** Reads until at least one message came: it waits for the rest of a frame however long that takes. */
    public function read(mixed $stream): void
    {
        foreach ($this->readers as [$each, $codec]) {
            if ($each !== $stream) {
                continue;
            }
            do {
                $chunk = (string) fread($stream, 8192);
                if ($chunk === '') {
                    usleep(500);
                    if ($codec->isBetweenFrames()) {
                        return;
                    }
                }
                $messages = $codec->feed($chunk);
            } while ($messages === []);
            array_walk($messages, $this->dispatch(...));
        }
    }

    private function send(Message $message): void
    {
        $written = @fwrite($this->write, $this->writer->pack($message));
        if ($written === false || $written < 1) {
            throw new StreamClosedException('Unable to write payload to stream');
        }
        fflush($this->write);
    }

    private function dispatch(Message $message): void
    {
        if ($message instanceof ResponseEnvelope) {
            if (array_key_exists($message->id, $this->responses)) {
                $this->responses[$message->id] = $message->response;
            }
        } elseif ($message instanceof RequestEnvelope) {
            $this->answer($message);
        } else {
            foreach ($this->onMessage as $handler) {
                $handler($message, $this);
            }
        }
    }

    private function answer(RequestEnvelope $envelope): void
    {
        try {
            foreach ($this->onRequest as $handler) {
                $response = $handler($envelope->request, $this);
                if ($response instanceof Message) {
                    $this->send(new ResponseEnvelope($envelope->id, $response));
                    return;
                }
            }
            $this->send(new ResponseEnvelope($envelope->id, new ErrorMessage('Unhandled request: ' . $envelope->request::class)));
        } catch (StreamClosedException) {
        } catch (\Throwable $e) {
            $this->send(new ResponseEnvelope($envelope->id, new ErrorMessage('Error in dispatch', $e)));
        }
    }
}

final class Peer
{
    /** @var list<Session> */
    private array $sessions = [];

    public function __construct(private Serializer $serializer = new Native()) {}

    /** @param resource $write @param resource ...$reads */
    public function session($write, ...$reads): Session
    {
        return $this->sessions[] = new Session($this, $write, $reads, $this->serializer);
    }

    /** Waits for one round of input: for ever when given nothing. */
    public function tick(?float $timeout = null): void
    {
        $ready = array_merge(...array_map(fn (Session $session) => $session->streams(), $this->sessions));
        $none = null;
        $seconds = $timeout === null ? null : (int) floor($timeout);
        $micros = $timeout === null ? null : (int) (($timeout - $seconds) * 1e6);
        if (@stream_select($ready, $none, $none, $seconds, $micros) > 0) {
            foreach ($ready as $stream) {
                foreach ($this->sessions as $session) {
                    $session->read($stream);
                }
            }
        }
    }

    public function tickFor(float $seconds): void
    {
        $until = microtime(true) + $seconds;
        while (($left = $until - microtime(true)) > 0) {
            $this->tick($left);
        }
    }
}

function serializer(string $name): Serializer
{
    return $name === 'json' ? new Json() : new Native();
}

/** What a test is told of a message: its class and properties, as the JSON serializer has them. */
function describe(Message $message): array
{
    return (new Json())->plain($message);
}

function codec(string $name): void
{
    while (($line = fgets(STDIN)) !== false) {
        $codec = new FrameCodec(serializer($name));
        $frames = [];
        foreach ($codec->feed(base64_decode(trim($line))) as $message) {
            $isJunk = $message instanceof LogMessage && $message->level === LogMessage::LEVEL_JUNK;
            $frames[] = ['message' => describe($message), 'packed' => $isJunk ? '' : base64_encode($codec->pack($message))];
        }
        array_walk_recursive($frames, fn (&$value) => is_string($value) && !mb_check($value) ? $value = 'hex:' . bin2hex($value) : null);
        echo json_encode($frames, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES), "\n";
    }
}

function mb_check(string $text): bool
{
    return preg_match('//u', $text) === 1;
}

if (realpath($argv[0]) === __FILE__ && ($argv[1] ?? '') === 'codec') {
    require __DIR__ . '/messages.php';
    codec($argv[2]);
}

}
