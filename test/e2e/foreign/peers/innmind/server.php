<?php
/*
 * The counting server of innmind/ipc 4.4.0, and with --five of 5.x: see ipc.php for what it stands for.
 *
 *   server.php DIRECTORY NAME [--heartbeat MS] [--idle MS] [--until N] [--five]
 *
 * It counts the messages of all its clients, and answers by their text: "ping" with "pong" (with --until N it stops at the
 * message after the Nth), "count" with the count, "echo" and what is no known text with itself, "quiet" with nothing,
 * "close" closes that client, "stop" the server, "throw" throws, "sleep N" holds everything up for N milliseconds; JSON with
 * the numbers `a` and `b` is answered with their sum. Prints "ready", and a line of JSON with the count at the end.
 *
 * Law: the quirks of 4.x are kept. It speaks first; the acknowledgement leaves before the callback; a client that goes
 * without a goodbye, or sends a bad frame, makes the carry null; heartbeats follow reception, not sending; a path that
 * exists, even a dead one, is UnableToStart; six signals begin the shutdown, which waits for every client for ever, and a
 * second one ends it at once. 5.x takes the path over, waits for an acknowledgement of each of its answers, and fails as a whole
 * when one connection does.
 */

namespace Innmind\IPC;

require __DIR__ . '/ipc.php';

final class Continuation
{
    private function __construct(public string $kind, public mixed $carry, public ?Message $response = null) {}

    public static function keep(mixed $carry): self
    {
        return new self('continue', $carry);
    }

    public static function respond(mixed $carry, Message $response): self
    {
        return new self('respond', $carry, $response);
    }

    public static function close(mixed $carry): self
    {
        return new self('close', $carry);
    }

    public static function stop(mixed $carry): self
    {
        return new self('stop', $carry);
    }
}

function callback(Message $message, mixed $carry, ?int $until): Continuation
{
    $say = fn (string $text) => Continuation::respond($carry + 1, new Message('text/plain', $text));
    $terms = str_starts_with($message->mediaType, 'application/json') ? json_decode($message->content, true) : null;
    if (isset($terms['a'], $terms['b'])) {
        return Continuation::respond($carry + 1, new Message('application/json', json_encode($terms['a'] + $terms['b'])));
    }
    if (str_starts_with($message->content, 'sleep ')) {
        usleep(1000 * (int) substr($message->content, 6));
        return Continuation::keep($carry + 1);
    }
    return match ($message->content) {
        'ping' => $carry === $until ? Continuation::stop($carry) : $say('pong'),
        'count' => $say((string) $carry),
        'quiet' => Continuation::keep($carry + 1),
        'close' => Continuation::close($carry + 1),
        'stop' => Continuation::stop($carry),
        'throw' => throw new \RuntimeException('the callback threw'),
        default => Continuation::respond($carry + 1, $message),
    };
}

final class Client
{
    public string $state = 'pendingStartOk';
    public float $heardAt;
    public int $unacked = 0;

    public function __construct(public Pipe $pipe)
    {
        $this->heardAt = microtime(true);
    }
}

final class Server
{
    /** @var array<int, Client> */
    private array $clients = [];
    private mixed $carry = 0;
    private bool $isStopping = false;
    private int $signals = 0;
    private float $busyAt;
    private float $heartbeat;
    private ?float $idle;

    /** @param resource $socket */
    public function __construct(private $socket, private bool $isFive, private ?int $until, array $arguments)
    {
        $this->heartbeat = (int) option($arguments, 'heartbeat', '1000') / 1000;
        $idle = option($arguments, 'idle');
        $this->idle = $idle === null ? null : (int) $idle / 1000;
        $this->busyAt = microtime(true);
        pcntl_async_signals(true);
        $all = [SIGHUP, SIGINT, SIGABRT, SIGTERM, SIGTSTP, SIGALRM];
        foreach ($isFive ? [SIGTERM] : $all as $signal) {
            // Restarting the select would hide the second signal.
            pcntl_signal($signal, function () { $this->signals++; }, false);
        }
    }

    public function run(): mixed
    {
        while (!($this->isStopping && $this->clients === [])) {
            if ($this->signals > 1) {
                break;
            }
            if ($this->signals === 1 && !$this->isStopping) {
                $this->shutDown();
                continue;
            }
            $this->turn();
            if (!$this->isStopping && $this->idle !== null && microtime(true) - $this->busyAt > $this->idle) {
                $this->shutDown();
            }
        }
        return $this->carry;
    }

    private function turn(): void
    {
        $ready = array_map(fn (Client $client) => $client->pipe->stream, $this->clients);
        if (!$this->isStopping) {
            $ready[-1] = $this->socket;
        }
        $none = null;
        $isReady = array_filter($this->clients, fn (Client $client) => $client->pipe->hasBuffered()) !== [];
        $wait = $isReady ? 0 : $this->heartbeat;
        if (@stream_select($ready, $none, $none, (int) $wait, (int) (($wait - (int) $wait) * 1e6)) === false) {
            return;
        }
        foreach ($this->clients as $id => $client) {
            isset($ready[$id]) || $client->pipe->hasBuffered() ? $this->hear($id, $client) : $this->beat($client);
        }
        if (isset($ready[-1]) && ($accepted = @stream_socket_accept($this->socket, 0)) !== false) {
            $client = new Client(new Pipe($accepted, $this->isFive));
            $this->clients[] = $client;
            $client->pipe->control(START);
        }
    }

    private function beat(Client $client): void
    {
        if (microtime(true) - $client->heardAt > $this->heartbeat) {
            $client->pipe->control(HEARTBEAT);
        }
    }

    private function drop(int $id): void
    {
        fclose($this->clients[$id]->pipe->stream);
        unset($this->clients[$id]);
    }

    private function shutDown(): void
    {
        $this->isStopping = true;
        foreach ($this->clients as $client) {
            $client->pipe->control(CLOSE);
            $client->state = 'pendingCloseOk';
        }
    }

    private function hear(int $id, Client $client): void
    {
        $this->busyAt = microtime(true);
        $message = $client->pipe->receive($isPartial);
        if ($isPartial) {
            return;
        }
        if ($message === null) {
            $this->lose($id, $client);
            return;
        }
        $client->heardAt = microtime(true);
        match ($client->state) {
            'pendingStartOk' => $message->is(START_OK) ? $client->state = 'awaitingMessage' : null,
            'pendingCloseOk' => $message->is(CLOSE_OK) ? $this->drop($id) : null,
            'awaitingMessage' => $this->take($id, $client, $message),
        };
    }

    /** The end without a goodbye, or a bad frame. */
    private function lose(int $id, Client $client): void
    {
        $this->drop($id);
        if ($client->state === 'pendingCloseOk') {
            return;
        }
        if ($this->isFive) {
            throw new \RuntimeException('a connection failed');
        }
        $this->carry = null;
    }

    private function take(int $id, Client $client, Message $message): void
    {
        if ($message->is(CLOSE)) {
            $client->pipe->control(CLOSE_OK);
            $this->drop($id);
        } elseif ($this->isFive && $message->is(ACK)) {
            $client->unacked = max(0, $client->unacked - 1);
        } elseif ($message->isControl()) {
            return;
        } elseif ($client->unacked > 0) {
            throw new \RuntimeException('Was expecting a message acknowledgement');
        } elseif (!$client->pipe->control($client->pipe->ack())) {
            $this->drop($id);
        } else {
            $this->follow($id, $client, callback($message, $this->carry, $this->until));
        }
    }

    private function follow(int $id, Client $client, Continuation $next): void
    {
        $this->carry = $next->carry;
        switch ($next->kind) {
            case 'respond':
                if (!$client->pipe->send($next->response)) {
                    $this->drop($id);
                } elseif ($this->isFive) {
                    $client->unacked++;
                }
                break;
            case 'close':
                $client->pipe->control(CLOSE);
                $client->state = 'pendingCloseOk';
                break;
            case 'stop':
                $this->shutDown();
        }
    }
}

$path = socketPath($argv[1], $argv[2]);
$isFive = flag($argv, 'five');
if (!is_dir($argv[1])) {
    mkdir($argv[1], 0777, true);
}
if ($isFive && file_exists($path)) {
    unlink($path);
}
$socket = @stream_socket_server("unix://$path");
if ($socket === false) {
    tell(['end' => 'UnableToStart']);
    exit(1);
}
$until = option($argv, 'until');
$server = new Server($socket, $isFive, $until === null ? null : (int) $until, $argv);
echo "ready\n";
$carry = $server->run();
fclose($socket);
unlink($path);
tell(['end' => 'stopped', 'carry' => $carry]);
