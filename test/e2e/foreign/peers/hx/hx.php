<?php
/*
 * hx/interop in PHP: stands for the package hx/interop 0.5.0.
 *
 * Written by us from its described behaviour (docs/wire/hx-interop.md), not copied. Checked by Peers.test.ts: its reader and
 * writer against every vector of test/fixtures/foreign/hx-interop.json, its server and client against the recorded sessions.
 *
 * Law: its quirks are kept. Headers are read byte by byte, unbuffered and blocking; ids begin at "1"; every message is
 * answered, without an id when it had none; strictly one message at a time; an exception in a handler is told to nobody and
 * ends the process with 255; JSON bodies end in a line feed that their length counts.
 *
 *   hx.php server stdio|unix PATH|fifo READ WRITE
 *   hx.php client stdio|unix PATH|fifo WRITE READ   countdown N | session | calls JSON
 *   hx.php codec                                    lines of JSON in, lines of JSON out
 *
 * HX_TICK_MS is the time between two ticks (0).
 */

namespace Hx\Interop\Error {
    final class InvalidHeader extends \Exception {}
    final class Unexpected extends \Exception {}
}

namespace Hx\Interop {

final class EOF extends \Exception {}

const ID = 'Interop-Rpc-Id';
const CLASS_NAME = 'Interop-Rpc-Class';
const ERROR = 'Interop-Error';
const TYPE = 'Content-Type';
const LENGTH = 'Content-Length';

function canonical(string $name): string
{
    return implode('-', array_map(fn ($part) => ucfirst(strtolower($part)), preg_split('/[-_\s]+/', $name)));
}

final class Message
{
    /** @var list<array{string, string}> */
    public array $headers = [];

    public function __construct(public string $body = '') {}

    public function get(string $name): ?string
    {
        foreach ($this->headers as [$each, $value]) {
            if ($each === canonical($name)) {
                return $value;
            }
        }
        return null;
    }

    public function add(string $name, string $value): self
    {
        $this->headers[] = [canonical($name), $value];
        return $this;
    }

    /** Replaces the first of that name in place, and drops the others. */
    public function set(string $name, string $value): self
    {
        $kept = [];
        $found = false;
        foreach ($this->headers as $header) {
            if ($header[0] !== canonical($name)) {
                $kept[] = $header;
            } elseif (!$found) {
                $found = true;
                $kept[] = [$header[0], $value];
            }
        }
        $this->headers = $kept;
        return $found ? $this : $this->add($name, $value);
    }

    public function content(?string $type, string $body): self
    {
        $this->body = $body;
        if ($type !== null) {
            $this->set(TYPE, $type);
        }
        return $this->set(LENGTH, (string) strlen($body));
    }

    public function json(mixed $value): self
    {
        return $this->content('application/json', json_encode($value, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE) . "\n");
    }
}

final class Conn
{
    /** @param resource $in @param resource $out */
    public function __construct(private $in, private $out, private ?\Closure $onClose = null)
    {
        stream_set_read_buffer($in, 0);
        stream_set_write_buffer($out, 0);
    }

    public function close(): void
    {
        $this->onClose === null ? fclose($this->out) : ($this->onClose)();
    }

    public function read(): Message
    {
        $message = new Message();
        // The whole paragraph first, then its lines: an end of input before the blank line hides a bad header.
        foreach (preg_split('/(?<=\n)/', $this->paragraph(), -1, PREG_SPLIT_NO_EMPTY) as $line) {
            $colon = strpos($line, ':');
            if ($colon === false) {
                throw new Error\InvalidHeader();
            }
            $message->add(trim(substr($line, 0, $colon)), preg_replace('/^\s+/', '', trim(substr($line, $colon + 1))));
        }
        $length = $message->get(LENGTH);
        $message->body = $length === null || $length === '' ? $this->paragraph() : $this->counted((int) $length);
        return $message;
    }

    public function write(Message $message): void
    {
        foreach ($message->headers as [$name, $value]) {
            $this->put("$name: $value\n");
        }
        $this->put("\n");
        $this->put($message->body);
        $this->put("\n");
    }

    private function put(string $bytes): void
    {
        while ($bytes !== '') {
            $written = fwrite($this->out, $bytes);
            if ($written === false || $written === 0) {
                throw new \RuntimeException('cannot write');
            }
            $bytes = substr($bytes, $written);
        }
    }

    private static function isBlank(string $line): bool
    {
        return $line === "\n" || $line === "\r\n";
    }

    private function byte(): string
    {
        $byte = fgetc($this->in);
        if ($byte === false) {
            throw new EOF();
        }
        return $byte;
    }

    private function line(): string
    {
        $line = '';
        do {
            $line .= $byte = $this->byte();
        } while ($byte !== "\n");
        return $line;
    }

    private function paragraph(): string
    {
        $body = '';
        while (!self::isBlank($line = $this->line())) {
            $body .= $line;
        }
        return $body;
    }

    private function counted(int $length): string
    {
        $length = max(0, $length);
        $body = '';
        while (strlen($body) < $length) {
            $some = fread($this->in, $length - strlen($body));
            if ($some === false || $some === '') {
                throw new EOF();
            }
            $body .= $some;
        }
        $end = $this->byte();
        if ($end === "\r") {
            $end = $this->byte();
        }
        if ($end !== "\n") {
            throw new Error\Unexpected("Expected a newline after $length bytes");
        }
        return $body;
    }
}

// ---- server

function sendTicks(Conn $conn, int $count): void
{
    for ($n = 1; $n <= $count; $n++) {
        usleep(1000 * (int) getenv('HX_TICK_MS'));
        $conn->write((new Message())->set(CLASS_NAME, 'tick')->json($n));
    }
}

/** What a handler gives: a message as it is, a text as body with its length, nothing as an empty answer. */
function respond(Conn $conn, Message $request): Message
{
    $answer = new Message();
    switch ($request->get(CLASS_NAME)) {
        case 'ping': return $answer->json('pong');
        case 'echo': return $answer->content($request->get(TYPE) ?? 'application/octet-stream', $request->body);
        case 'headers': return $answer->json($request->headers);
        case 'raw': return new Message("pong\n");
        case 'string': return $answer->content(null, 'pong');
        case 'error': return $answer->add(ERROR, 'first')->add(ERROR, 'second');
        case 'boom': throw new \RuntimeException('kaboom');
        case 'slow':
            usleep(1000 * (int) $request->get('ms'));
            return $answer->json((int) $request->get('ms'));
        case 'ticks':
            sendTicks($conn, (int) $request->get('count'));
            return $answer->json((int) $request->get('count'));
        case 'countdown':
            sendTicks($conn, (int) $request->get('ticks'));
            return $answer;
        case 'add':
            $terms = json_decode($request->body, true, 512, JSON_THROW_ON_ERROR);
            return $answer->json($terms['a'] + $terms['b']);
        case 'shout': return $answer->content('text/plain', strtoupper($request->body));
    }
    return $answer;
}

function serve(Conn $conn): void
{
    try {
        while (true) {
            $request = $conn->read();
            $answer = respond($conn, $request);
            if ($request->get(ID) !== null) {
                $answer->set(ID, $request->get(ID));
            }
            $conn->write($answer);
        }
    } catch (EOF) {
    }
}

// ---- client

final class Client
{
    /** @var array<string, \Closure> */
    private array $pending = [];
    private int $next = 0;

    public function __construct(private Conn $conn, private \Closure $onEvent) {}

    public function call(string $class, array $headers = [], ?array $content = null): Message
    {
        $answer = null;
        $this->send($class, $headers, $content, function (Message $message) use (&$answer) { $answer = $message; });
        while ($answer === null) {
            $this->step();
        }
        return $answer;
    }

    public function send(string $class, array $headers, ?array $content, \Closure $then): void
    {
        $request = (new Message())->set(CLASS_NAME, $class);
        foreach ($headers as [$name, $value]) {
            $request->add($name, (string) $value);
        }
        if ($content !== null) {
            $request->content(...$content);
        }
        $id = (string) ++$this->next;
        $this->pending[$id] = $then;
        $this->conn->write($request->set(ID, $id));
    }

    public function step(): void
    {
        $message = $this->conn->read();
        $id = $message->get(ID);
        if ($id !== null && isset($this->pending[$id])) {
            $then = $this->pending[$id];
            unset($this->pending[$id]);
            $then($message);
        } else {
            ($this->onEvent)($message);
        }
    }

    public function wait(): void
    {
        try {
            while (true) {
                $this->step();
            }
        } catch (EOF) {
        }
    }
}

/** @param resource $report */
function tell($report, string $kind, Message $message): void
{
    fwrite($report, json_encode([
        'kind' => $kind, 'headers' => $message->headers, 'body' => $message->body, 'error' => $message->get(ERROR) ?? '',
    ], JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE) . "\n");
}

/** The recorded session: every kind of call once, two of them at a time, an exception at the end. */
function session(Client $client): void
{
    $client->call('ping');
    $client->call('echo', [], [null, "a\n\nb\0\r\n"]);
    $client->call('headers', [['foo', '1'], ['bar_baz', 'x:y']]);
    foreach (['empty', 'raw', 'string', 'error'] as $class) {
        $client->call($class);
    }
    $client->call('ticks', [['count', '3']]);
    $client->call('no-such-class');
    $answers = 0;
    $count = function () use (&$answers) { $answers++; };
    $client->send('ping', [], null, $count);
    $client->send('ping', [], null, $count);
    while ($answers < 2) {
        $client->step();
    }
    try {
        $client->call('boom');
        $client->call('ping');
    } catch (EOF) {
    }
}

/** @param resource $report */
function countdown(Conn $conn, int $last, $report): void
{
    $client = new Client($conn, function (Message $event) use ($conn, $last, $report) {
        if ($event->get(CLASS_NAME) !== 'tick') {
            return;
        }
        $n = json_decode($event->body);
        fwrite($report, "Tick $n\n");
        if ($n === $last) {
            $conn->close();
        }
    });
    try {
        $client->call('countdown', [['ticks', (string) $last]]);
        $client->wait();
    } catch (EOF) {
    }
}

/** @param resource $report */
function calls(Conn $conn, array $list, $report): void
{
    $client = new Client($conn, fn (Message $event) => tell($report, 'event', $event));
    foreach ($list as $each) {
        $content = isset($each['text']) ? ['text/plain', $each['text']] : null;
        if (array_key_exists('json', $each)) {
            $content = ['application/json', json_encode($each['json']) . "\n"];
        }
        tell($report, 'answer', $client->call($each['class'], $each['headers'] ?? [], $content));
    }
    $conn->close();
    $client->wait();
}

// ---- codec

function memory(string $bytes = '')
{
    $stream = fopen('php://memory', 'w+b');
    fwrite($stream, $bytes);
    rewind($stream);
    return $stream;
}

function inspect(string $bytes): array
{
    $reader = new Conn(memory($bytes), memory());
    $out = memory();
    $writer = new Conn(memory(), $out);
    $messages = [];
    try {
        while (true) {
            $message = $reader->read();
            $messages[] = ['headers' => $message->headers, 'body' => base64_encode($message->body)];
            $writer->write($message);
        }
    } catch (\Exception $e) {
        rewind($out);
        return ['messages' => $messages, 'end' => $e::class . ': ' . $e->getMessage(), 'rewritten' => base64_encode(stream_get_contents($out))];
    }
}

function codec(): void
{
    while (($line = fgets(STDIN)) !== false) {
        echo json_encode(inspect(base64_decode(trim($line))), JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE), "\n";
    }
}

// ---- where

function connect(string $where, array &$rest, bool $isServer): Conn
{
    switch ($where) {
        case 'stdio': return new Conn(STDIN, STDOUT);
        case 'unix':
            $socket = stream_socket_client('unix://' . array_shift($rest));
            return new Conn($socket, $socket, fn () => stream_socket_shutdown($socket, STREAM_SHUT_WR));
        case 'fifo':
            // Both sides open the FIFO from client to server first.
            [$first, $second] = array_splice($rest, 0, 2);
            $one = fopen($first, $isServer ? 'rb' : 'wb');
            $two = fopen($second, $isServer ? 'wb' : 'rb');
            return $isServer ? new Conn($one, $two) : new Conn($two, $one);
    }
    throw new \InvalidArgumentException($where);
}

function listen(string $path): void
{
    $server = stream_socket_server("unix://$path");
    while (true) {
        $socket = @stream_socket_accept($server, 3600);
        if ($socket !== false) {
            serve(new Conn($socket, $socket));
        }
    }
}

$rest = array_slice($argv, 3);
$where = $argv[2] ?? '';
$report = $where === 'stdio' ? STDERR : STDOUT;
switch ($argv[1]) {
    case 'codec':
        codec();
        break;
    case 'server':
        $where === 'unix' ? listen($rest[0]) : serve(connect($where, $rest, true));
        break;
    case 'client':
        $conn = connect($where, $rest, false);
        switch ($rest[0]) {
            case 'countdown': countdown($conn, (int) $rest[1], $report); break;
            case 'session':
                session($client = new Client($conn, fn () => null));
                $conn->close();
                $client->wait();
                break;
            case 'calls': calls($conn, json_decode($rest[1], true, 512, JSON_THROW_ON_ERROR), $report); break;
        }
        fwrite($report, "end\n");
        break;
}
}
