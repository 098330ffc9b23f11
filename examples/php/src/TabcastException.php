<?php

declare(strict_types=1);

namespace Tabcast;

use RuntimeException;

/** A gateway has refused, or none has answered. */
final class TabcastException extends RuntimeException
{
    /**
     * @param int $status of HTTP; 0 where no gateway answered, and what was asked may or may not have happened
     * @param ?string $problem what a program should look at, such as "invalid-field": the codes of docs/errors.md
     * @param ?string $field which one was wrong, such as "[1].to.user"; "" is the body itself
     */
    public function __construct(
        string $message,
        public readonly int $status = 0,
        public readonly ?string $problem = null,
        public readonly ?string $field = null,
    ) {
        parent::__construct($message, $status);
    }
}
