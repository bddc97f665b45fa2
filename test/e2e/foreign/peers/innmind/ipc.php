<?php
/*
 * What the server and the client of innmind/ipc share: frames and control messages. Stands for version 4.4.0.
 *
 * Written by us from its described behaviour (docs/wire/innmind-ipc.md), not copied. Checked by Peers.test.ts against every
 * vector of test/fixtures/foreign/innmind-ipc.json.
 *
 * Law: the quirks of 4.x are kept. Each field of a frame is one read that does not wait, each frame one write that does not
 * wait: a frame that comes in two parts is a broken frame, and a header cut short is a TypeError. 5.x reads through a buffer,
 * and knows control messages by their content alone.
 *
 *   ipc.php codec   lines of base64 in, lines of JSON out
 */

namespace Innmind\IPC;

const START = 'innmind/ipc:connection.start';
const START_OK = 'innmind/ipc:connection.start-ok';
const CLOSE = 'innmind/ipc:connection.close';
const CLOSE_OK = 'innmind/ipc:connection.close-ok';
const HEARTBEAT = 'innmind/ipc:heartbeat';
const RECEIVED = 'innmind/ipc:message.received';
const ACK = 'innmind/ipc:ack';

const WORD = '[A-Za-z0-9][A-Za-z0-9!#$&^_.-]{0,126}';
const TOP = 'application|audio|font|example|image|message|model|multipart|text|video';
const PARAMETER = '[A-Za-z0-9!#$&^_.-]+=(?:"[^"]*"|[^;,"]+)';

final class Message
{
    public function __construct(public string $mediaType, public string $content) {}

    public static function control(string $content): self
    {
        return new self('text/plain', $content);
    }

    public function is(string $content): bool
    {
        return $this->mediaType === 'text/plain' && $this->content === $content;
    }

    public function isControl(): bool
    {
        foreach ([START, START_OK, CLOSE, CLOSE_OK, HEARTBEAT, RECEIVED] as $content) {
            if ($this->is($content)) {
                return true;
            }
        }
        return false;
    }
}

/** The media type in its normal form; null where it is none. */
function mediaType(string $text): ?string
{
    $kind = sprintf('~^(%s)/%s(?:\+%s)?((?:[;,] ?%s)*)$~D', TOP, WORD, WORD, PARAMETER);
    if (preg_match($kind, $text, $found) !== 1) {
        return null;
    }
    preg_match_all('~' . PARAMETER . '~', $found[2], $parameters);
    $bare = substr($text, 0, strlen($text) - strlen($found[2]));
    $given = array_map(fn ($each) => str_replace('"', '', $each), $parameters[0]);
    return $given === [] ? $bare : "$bare; " . implode(', ', $given);
}

function encode(Message $message): string
{
    return pack('n', strlen($message->mediaType)) . $message->mediaType
        . pack('N', strlen($message->content)) . $message->content . "\xCE";
}

/**
 * Reads one frame as 4.x does. Null is its Nothing: no reason is given.
 *
 * @param resource $stream
 */
function decode($stream): ?Message
{
    // A field cut short unpacks to nothing, and the type of these closures then throws.
    $short = fn (string $bytes): int => @unpack('nvalue', $bytes)['value'] ?? null;
    $long = fn (string $bytes): int => @unpack('Nvalue', $bytes)['value'] ?? null;
    $first = read($stream, 2);
    if ($first === '') {
        return null;
    }
    $mediaType = read($stream, $short($first));
    $length = $long(read($stream, 4));
    $content = read($stream, $length);
    $end = read($stream, 1);
    return frame($mediaType, $length, $content, $end);
}

function frame(string $mediaType, int $length, string $content, string $end): ?Message
{
    $normal = mediaType($mediaType);
    return $end === "\xCE" && strlen($content) === $length && $normal !== null ? new Message($normal, $content) : null;
}

/** @param resource $stream */
function read($stream, int $bytes): string
{
    return (string) stream_get_contents($stream, $bytes);
}

/** One end of a connection: 4.x on the bare stream, 5.x with a buffer. */
final class Pipe
{
    private string $buffer = '';

    /** @param resource $stream */
    public function __construct(public $stream, private bool $isFive)
    {
        stream_set_blocking($stream, false);
    }

    /** One write that does not wait: what it could not take is lost, and false is the answer. */
    public function send(Message $message): bool
    {
        $bytes = encode($message);
        if ($this->isFive) {
            stream_set_blocking($this->stream, true);
            $written = @fwrite($this->stream, $bytes);
            stream_set_blocking($this->stream, false);
        } else {
            $written = @fwrite($this->stream, $bytes);
        }
        return $written === strlen($bytes);
    }

    public function control(string $content): bool
    {
        return $this->send(Message::control($content));
    }

    public function ack(): string
    {
        return $this->isFive ? ACK : RECEIVED;
    }

    /** The next message; null where there is none or a bad one. For 5.x, `$isPartial` tells that more must come first. */
    public function receive(?bool &$isPartial = null): ?Message
    {
        $isPartial = false;
        return $this->isFive ? $this->receiveBuffered($isPartial) : decode($this->stream);
    }

    public function hasBuffered(): bool
    {
        return $this->buffer !== '';
    }

    private function receiveBuffered(bool &$isPartial): ?Message
    {
        $this->buffer .= read($this->stream, 65536);
        $isEnded = feof($this->stream);
        $size = strlen($this->buffer);
        $head = $size < 2 ? 2 : 6 + unpack('n', $this->buffer)[1];
        $whole = $size < $head || $head === 2 ? $head : $head + unpack('N', $this->buffer, $head - 4)[1] + 1;
        if ($size < $whole || $whole === 2) {
            $isPartial = !$isEnded;
            return null;
        }
        $length = $whole - $head - 1;
        $message = frame(substr($this->buffer, 2, $head - 6), $length, substr($this->buffer, $head, $length), $this->buffer[$whole - 1]);
        $this->buffer = substr($this->buffer, $whole);
        return $message !== null && in_array($message->content, [START, START_OK, CLOSE, CLOSE_OK, HEARTBEAT, ACK], true)
            ? Message::control($message->content)
            : $message;
    }
}

function socketPath(string $directory, string $name): string
{
    if (preg_match('~^[a-zA-Z0-9-_]+$~', $name) !== 1) {
        throw new \DomainException($name);
    }
    return rtrim($directory, '/') . "/$name.sock";
}

/** The value after `--name`, or the default. */
function option(array $arguments, string $name, ?string $default = null): ?string
{
    $at = array_search("--$name", $arguments, true);
    return $at === false ? $default : ($arguments[$at + 1] ?? '');
}

function flag(array $arguments, string $name): bool
{
    return in_array("--$name", $arguments, true);
}

function tell(array $facts): void
{
    echo json_encode($facts, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE), "\n";
}

function codec(): void
{
    while (($line = fgets(STDIN)) !== false) {
        $stream = fopen('php://memory', 'w+b');
        fwrite($stream, base64_decode(trim($line)));
        rewind($stream);
        try {
            $message = decode($stream);
            tell($message === null ? ['nothing' => true] : [
                'mediaType' => $message->mediaType,
                'content' => base64_encode($message->content),
                'packed' => base64_encode(encode($message)),
                'left' => strlen(stream_get_contents($stream)),
            ]);
        } catch (\TypeError $e) {
            tell(['throws' => $e::class]);
        }
    }
}

if (realpath($argv[0]) === __FILE__ && ($argv[1] ?? '') === 'codec') {
    codec();
}
