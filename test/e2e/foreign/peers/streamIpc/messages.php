<?php
/*
 * The messages that the programs of this folder know besides the library's own: those of the vectors (PeerDto), and those
 * that our end-to-end tests exchange (App).
 */

namespace PeerDto {

use StreamIpc\Message\Message;

final class EmptyMessage implements Message {}

final class TaskMessage implements Message
{
    public function __construct(public string $action, public array $params = []) {}
}

final class LogLike
{
    public function __construct(public string $text) {}
}

final class Point
{
    public function __construct(public int $x, protected float $y, private string $label) {}
}

final class NestedMessage implements Message
{
    private string $secret = '';
    protected bool $flag = false;
    public static int $count = 0;
    public mixed $inner = null;
    public array $list = [];
    public mixed $point = null;
}

}

namespace App {

use StreamIpc\Message\Message;

final class Add implements Message
{
    public function __construct(public int $a, public int $b) {}
}

final class Sum implements Message
{
    public function __construct(public int $value) {}
}

/** Answered with itself. */
final class Repeat implements Message
{
    public function __construct(public mixed $value = null) {}
}

/** Answered with Done after a Progress for each step. */
final class Index implements Message
{
    public function __construct(public string $path, public int $steps) {}
}

final class Progress implements Message
{
    public function __construct(public int $done, public int $total) {}
}

final class Done implements Message
{
    public function __construct(public string $text) {}
}

/** Answered once the asker has answered a Question. */
final class Ask implements Message
{
    public function __construct(public string $question) {}
}

final class Question implements Message
{
    public function __construct(public string $question) {}
}

final class Answer implements Message
{
    public function __construct(public string $text) {}
}

/** Writes plain text to stdout and stderr between frames. */
final class Warn implements Message
{
    public function __construct(public string $text) {}
}

final class Fail implements Message
{
    public function __construct(public string $why) {}
}

/** No handler takes it. */
final class Unwanted implements Message {}

final class Wait implements Message
{
    public function __construct(public int $millis) {}
}

/** Notifies once more and leaves without an answer. */
final class Quit implements Message {}

/** A notification; it is sent back with "seen: " before its text. */
final class Note implements Message
{
    public function __construct(public string $text) {}
}

}
