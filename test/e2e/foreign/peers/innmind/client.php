<?php
/*
 * A client of innmind/ipc 4.4.0, and with --five of 5.x: see ipc.php for what it stands for.
 *
 *   client.php DIRECTORY NAME STEPS [--heartbeat MS] [--wait MS] [--five] [--silent]
 *
 * STEPS is a JSON list of { "send": [[media type, content], ...] }, { "wait": milliseconds or null }, { "close": true },
 * { "hangUp": true }, { "sleep": milliseconds } and { "raw": base64 }. Prints a line of JSON for each. --wait MS waits that
 * long for the name to appear. With --five it acknowledges what it gets, unless --silent.
 *
 * Law: the quirks of 4.x are kept. It never writes before the server spoke; it waits for an acknowledgement of each
 * message, and what comes in its place is lost; an answer is not acknowledged; heartbeats renew the time that wait() has.
 */

namespace Innmind\IPC;

require __DIR__ . '/ipc.php';

final class Process
{
    private bool $isClosed = false;
    private float $heardAt;

    private function __construct(private Pipe $pipe, private float $heartbeat, private bool $isFive, private bool $isSilent)
    {
        $this->heardAt = microtime(true);
    }

    public static function connect(string $path, array $arguments): ?self
    {
        $stream = @stream_socket_client("unix://$path");
        if ($stream === false) {
            return null;
        }
        $isFive = flag($arguments, 'five');
        $heartbeat = (int) option($arguments, 'heartbeat', '1000') / 1000;
        $process = new self(new Pipe($stream, $isFive), $heartbeat, $isFive, flag($arguments, 'silent'));
        return $process->next(null)?->is(START) === true && $process->pipe->control(START_OK) ? $process : null;
    }

    /** @param list<array{string, string}> $messages */
    public function send(array $messages): bool
    {
        foreach ($messages as [$mediaType, $content]) {
            if ($this->isClosed || !$this->pipe->send(new Message($mediaType, $content))) {
                return false;
            }
            if ($this->next(null)?->is($this->pipe->ack()) !== true) {
                return false;
            }
        }
        return true;
    }

    public function wait(?float $timeout): ?Message
    {
        $message = $this->next($timeout);
        if ($message !== null && $this->isFive && !$this->isSilent) {
            $this->pipe->control(ACK);
        }
        return $message;
    }

    public function isClosed(): bool
    {
        return $this->isClosed;
    }

    public function close(): bool
    {
        if ($this->isClosed) {
            return true;
        }
        $isAnswered = $this->pipe->control(CLOSE) && $this->next(null)?->is(CLOSE_OK) === true;
        $this->hangUp();
        return $isAnswered;
    }

    public function hangUp(): void
    {
        if (!$this->isClosed) {
            fclose($this->pipe->stream);
        }
        $this->isClosed = true;
    }

    public function raw(string $bytes): void
    {
        fwrite($this->pipe->stream, $bytes);
    }

    /** The next message that is no heartbeat. */
    private function next(?float $timeout): ?Message
    {
        $this->heardAt = microtime(true);
        while (!$this->isClosed) {
            if (!$this->isReadable()) {
                if (!$this->pipe->control(HEARTBEAT)) {
                    return null;
                }
                if ($timeout !== null && microtime(true) - $this->heardAt > $timeout) {
                    return null;
                }
                continue;
            }
            $message = $this->pipe->receive($isPartial);
            if ($isPartial) {
                continue;
            }
            if ($message?->is(HEARTBEAT) === true) {
                // 5.x counts from the start of the call.
                $this->heardAt = $this->isFive ? $this->heardAt : microtime(true);
                continue;
            }
            if ($message?->is(CLOSE) === true) {
                $this->pipe->control(CLOSE_OK);
                $this->hangUp();
                return null;
            }
            return $message;
        }
        return null;
    }

    private function isReadable(): bool
    {
        if ($this->pipe->hasBuffered()) {
            return true;
        }
        $ready = [$this->pipe->stream];
        $none = null;
        $seconds = (int) floor($this->heartbeat);
        return stream_select($ready, $none, $none, $seconds, (int) (($this->heartbeat - $seconds) * 1e6)) > 0;
    }
}

function step(Process $process, array $each): void
{
    $result = match (array_key_first($each)) {
        'send' => $process->send($each['send']) ? 'ok' : 'nothing',
        'wait' => ($message = $process->wait($each['wait'] === null ? null : $each['wait'] / 1000)) === null
            ? 'nothing'
            : [$message->mediaType, $message->content],
        'close' => $process->close() ? 'ok' : 'nothing',
        'hangUp' => $process->hangUp(),
        'sleep' => usleep(1000 * $each['sleep']),
        'raw' => $process->raw(base64_decode($each['raw'])),
    };
    tell([array_key_first($each) => $result, 'closed' => $process->isClosed()]);
}

$path = socketPath($argv[1], $argv[2]);
$wait = option($argv, 'wait');
$since = microtime(true);
while ($wait !== null && !file_exists($path) && microtime(true) - $since <= (int) $wait / 1000) {
    usleep((int) option($argv, 'heartbeat', '1000') * 1000);
    clearstatcache();
}
$process = file_exists($path) ? Process::connect($path, $argv) : null;
tell(['connect' => $process === null ? 'nothing' : 'ok']);
if ($process === null) {
    exit(1);
}
foreach (json_decode($argv[3], true, 512, JSON_THROW_ON_ERROR) as $each) {
    step($process, $each);
}
