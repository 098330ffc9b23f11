<?php

declare(strict_types=1);

namespace Tabcast;

/** One request to one gateway, and what came of it. */
final class Exchange
{
    /**
     * @param int $status of HTTP; 0 where no whole answer came
     * @param array<string, mixed> $answer body; `detail` says what went wrong where the status is 0
     * @param int $retryAfter seconds
     */
    private function __construct(
        public readonly int $status,
        public readonly array $answer,
        public readonly int $retryAfter = 0,
    ) {
    }

    /**
     * @param list<string> $headers
     * @param float $patience seconds
     */
    public static function with(
        string $url,
        string $method,
        #[\SensitiveParameter] array $headers,
        string $content,
        float $patience,
    ): self {
        $until = self::now() + $patience;
        $context = stream_context_create(['http' => [
            'method' => $method,
            'header' => $headers,
            'content' => $content,
            'timeout' => $patience,
            'ignore_errors' => true, // so that a refusal, too, has a body: it says what is wrong
            'follow_location' => 0, // or a redirect would carry the key elsewhere
        ]]);
        $problem = '';
        // Not @: with the handler of a framework nobody learns then what was wrong, or a warning becomes an exception.
        set_error_handler(function (int $level, string $message) use (&$problem): bool {
            $problem = $problem ?: $message; // the first says why, those that follow only what
            return true;
        });
        try {
            $stream = fopen($url, 'r', false, $context);
            return $stream === false
                ? new self(0, ['detail' => preg_replace('/\s+/', ' ', $problem)])
                : self::read($stream, $until);
        } finally {
            restore_error_handler();
        }
    }

    /** In seconds, for differences only. */
    public static function now(): float
    {
        return hrtime(true) / 1e9;
    }

    /** @param resource $stream of which PHP has read the head */
    private static function read($stream, float $until): self
    {
        $head = implode("\n", stream_get_meta_data($stream)['wrapper_data']);
        $text = '';
        stream_set_blocking($stream, false); // or one read waits for many pieces of a chunked answer, for each anew
        while (!feof($stream) && self::now() < $until) {
            $piece = (string) fread($stream, 65536);
            $text .= $piece;
            if ($piece === '') {
                usleep(1000); // stream_select does not take a chunked answer
            }
        }
        fclose($stream);
        $body = json_decode($text, true);
        $status = (int) (preg_match('~^HTTP/\S+ (\d{3})~', $head, $found) ? $found[1] : 0);
        $retryAfter = (int) (preg_match('/^retry-after:\s*(\d+)\s*$/mi', $head, $found) ? $found[1] : 0);
        return is_array($body) || $status >= 300 // such as a proxy's own page
            ? new self($status, (array) $body, $retryAfter)
            : new self(0, ['detail' => 'the answer broke off, or is not that of a gateway']);
    }
}
