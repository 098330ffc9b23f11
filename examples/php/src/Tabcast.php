<?php

declare(strict_types=1);

namespace Tabcast;

use InvalidArgumentException;

require_once __DIR__ . '/Exchange.php'; // these two for those without Composer
require_once __DIR__ . '/TabcastException.php';

/**
 * Sends actions to browser tabs through tabcast gateways, and asks who is there.
 *
 *     $tabcast = new Tabcast('http://127.0.0.1:8081', getenv('TABCAST_API_KEY'));
 *     $receipt = $tabcast->send(['user' => '42'], 'order/shipped', ['order' => 1234]);
 *     $online = $receipt['user:42']['gateways'] > 0;
 *
 * Everything that asks a gateway throws a TabcastException when it is refused, or when nobody has answered in time.
 * What may pass (no connection, no answer, status 429, 502, 503 or 504) is tried again before, at the next URL, and
 * under one idempotency key, so that tabs get each send once.
 */
final class Tabcast
{
    private const TRANSIENT = [0, 429, 502, 503, 504]; // 0: no answer
    private const TOLERANCE = 300; // seconds

    /** @var non-empty-list<string> */
    private readonly array $urls;

    /**
     * @param string|list<string> $urls internal ports of gateways, or what balances them; the first is asked first
     * @param float $timeout seconds that one call may take, all attempts and pauses included
     * @param int<1, max> $attempts how often a call is tried at most
     */
    public function __construct(
        string|array $urls,
        #[\SensitiveParameter] private readonly string $apiKey,
        private readonly float $timeout = 2.0,
        private readonly int $attempts = 3,
    ) {
        $this->urls = array_map(fn (string $url) => rtrim($url, '/'), array_values((array) $urls));
        if ($this->urls === [] || preg_grep('~^https?://[^?#@\s]+$~D', $this->urls, PREG_GREP_INVERT) !== []) {
            throw new InvalidArgumentException('urls: expected such as http://127.0.0.1:8081, one at least');
        }
        self::headerValue('apiKey', $apiKey);
        if ($timeout <= 0 || $attempts < 1) {
            throw new InvalidArgumentException('timeout, attempts: expected more than 0');
        }
    }

    /**
     * Sends an action to tabs: of a `user` (one `session` of it), `users`, a `group`, `groups`, one `connection`,
     * `registered` or `all`; `except` beside these leaves one connection out.
     *
     *     $tabcast->send(['group' => 'room/1', 'except' => $connection], 'chat/typing', 'ann', history: false);
     *
     * @param array<string, mixed> $to
     * @param mixed ...$details arguments of the action; and by name: `history: false` for what is worth nothing later,
     *     `key:` an idempotency key of your own, for a job that may run twice
     * @return array<string, array{gateways: int, position?: string}> per channel; 0 gateways: nobody is there
     */
    public function send(array $to, string $action, mixed ...$details): array
    {
        $options = array_filter($details, is_string(...), ARRAY_FILTER_USE_KEY);
        if (array_diff_key($options, ['history' => 0, 'key' => 0]) !== []) {
            throw new InvalidArgumentException('send: the only named arguments are history and key');
        }
        $send = ['to' => $to, 'action' => $action, 'details' => array_values(array_diff_key($details, $options))];
        if (isset($options['history'])) {
            $send['history'] = $options['history'];
        }
        return $this->publish($send, $options['key'] ?? null);
    }

    /**
     * Several sends in one request, each an array of `to`, `action`, `details` and `history`. All are checked before
     * the first goes out.
     *
     * @param list<array<string, mixed>> $sends
     * @return list<array<string, array{gateways: int, position?: string}>> receipts, in the same order
     */
    public function batch(array $sends, ?string $key = null): array
    {
        return $this->publish(array_values($sends), $key);
    }

    /** @return array<string, mixed> `online`, `tabs`, `gateways`, `sessions`, `connections` and more */
    public function user(string $user): array
    {
        return $this->ask('GET', '/v1/users/' . rawurlencode($user));
    }

    /** Puts a user into a group, with tabs open and to come; returns how many gateways hold the user. */
    public function put(string $user, string $group): int
    {
        return $this->ask('PUT', '/v1/groups/' . rawurlencode($group) . '/users/' . rawurlencode($user))['gateways'];
    }

    /** Takes a user out of a group, with all tabs. */
    public function remove(string $user, string $group): int
    {
        return $this->ask('DELETE', '/v1/groups/' . rawurlencode($group) . '/users/' . rawurlencode($user))['gateways'];
    }

    /**
     * Closes tabs, which may connect again.
     *
     * @param array<string, mixed> $whose `user`, also with `session`, or `connection`; beside it `reconnect` or `code`
     */
    public function disconnect(array $whose): int
    {
        return $this->ask('POST', '/v1/disconnect', self::json($whose))['gateways'];
    }

    /**
     * Closes tabs and takes their tokens back: for a logout, say.
     *
     * @param array<string, mixed> $whose `user`, also with `session`, or `tokenId`; beside it `before` or `for`
     * @return array<string, mixed> what is in force now
     */
    public function revoke(array $whose): array
    {
        return $this->ask('POST', '/v1/revoke', self::json($whose));
    }

    /**
     * A token for the tabs of a user, signed with HS256.
     *
     * @param string $secret one of the gateways' token-secrets
     * @param ?string $session which login this is, see session()
     * @param list<string> $groups that tabs are in from the beginning
     * @param list<string> $join patterns of groups that tabs may join themselves, such as "room/*"
     * @param int $ttl life in seconds
     */
    public static function token(
        #[\SensitiveParameter] string $secret,
        string $user,
        ?string $session = null,
        array $groups = [],
        array $join = [],
        int $ttl = 3600,
    ): string {
        if (strlen($secret) < 32) {
            throw new InvalidArgumentException('secret: expected 32 bytes at least');
        }
        $claims = ['sub' => $user, 'groups' => $groups, 'join' => $join, 'iat' => time(), 'exp' => time() + $ttl];
        if ($session !== null) {
            $claims['sid'] = $session;
        }
        $encode = fn (string $bytes) => rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
        $signed = $encode('{"alg":"HS256","typ":"JWT"}') . '.' . $encode(self::json($claims));
        return $signed . '.' . $encode(hash_hmac('sha256', $signed, $secret, true));
    }

    /** Names a login by its PHP session. Not by the session id itself: pages can read tokens. */
    public static function session(#[\SensitiveParameter] string $sessionId): string
    {
        return substr(hash('sha256', $sessionId), 0, 16);
    }

    /**
     * The event of a webhook, once it is proved that a gateway has sent it just now.
     *
     *     $event = Tabcast::webhook($secret, $_SERVER, file_get_contents('php://input'));
     *
     * @param string|list<string> $secrets one of them must have signed
     * @param array<string, mixed> $server $_SERVER, or what a framework has in its place
     * @param string $body as it came: decoded and encoded again it would not be the same
     * @return array{type: string, timestamp: string, data: array<string, mixed>}
     * @throws TabcastException with the status to answer
     */
    public static function webhook(#[\SensitiveParameter] string|array $secrets, array $server, string $body): array
    {
        [$id, $time, $signatures] = array_map(
            fn (string $name) => (string) ($server["HTTP_WEBHOOK_$name"] ?? ''),
            ['ID', 'TIMESTAMP', 'SIGNATURE'],
        );
        if (!self::isSigned("$id.$time.$body", $signatures, (array) $secrets)) {
            throw new TabcastException('No gateway has signed this', 400); // not 401, which would refuse the visitor
        }
        if (!ctype_digit($time) || abs(time() - (int) $time) > self::TOLERANCE) {
            throw new TabcastException('This was signed too long ago, or a clock is wrong', 400);
        }
        return json_decode($body, true, 512, JSON_THROW_ON_ERROR);
    }

    /** @return array<string, mixed> for var_dump: without the API key */
    public function __debugInfo(): array
    {
        return ['urls' => $this->urls, 'timeout' => $this->timeout, 'attempts' => $this->attempts];
    }

    private static function isSigned(string $text, string $signatures, #[\SensitiveParameter] array $secrets): bool
    {
        $isSigned = false;
        foreach ($secrets as $secret) {
            $key = str_starts_with($secret, 'whsec_') ? (string) base64_decode(substr($secret, 6), true) : '';
            if (strlen($key) < 24) { // an empty one is known to everybody
                throw new InvalidArgumentException('secrets: expected whsec_ and 24 bytes or more in base64');
            }
            $expected = 'v1,' . base64_encode(hash_hmac('sha256', $text, $key, true));
            foreach (explode(' ', $signatures) as $signature) {
                $isSigned = hash_equals($expected, $signature) || $isSigned;
            }
        }
        return $isSigned;
    }

    private function publish(array $body, ?string $key): array
    {
        $key = self::headerValue('key', $key ?? bin2hex(random_bytes(16)));
        return $this->ask('POST', '/v1/send', self::json($body), $key);
    }

    /** Asks gateways until one has answered for good, and returns what it said. */
    private function ask(string $method, string $path, string $content = '', ?string $key = null): array
    {
        $headers = ["Authorization: Bearer $this->apiKey", 'Content-Type: application/json'];
        if ($key !== null) {
            $headers[] = "Idempotency-Key: $key";
        }
        $deadline = Exchange::now() + $this->timeout;
        for ($attempt = 1;; $attempt++) {
            $url = $this->urls[($attempt - 1) % count($this->urls)];
            // Its share of the time, so that a gateway which hangs leaves some for the next.
            $patience = max(0.01, ($deadline - Exchange::now()) / ($this->attempts - $attempt + 1));
            $exchange = Exchange::with($url . $path, $method, $headers, $content, $patience);
            if ($exchange->status >= 200 && $exchange->status < 300) {
                return $exchange->answer;
            }
            $pause = $attempt < count($this->urls) ? 0 : max($exchange->retryAfter, self::backoff($attempt));
            $isLast = $attempt >= $this->attempts || Exchange::now() + $pause >= $deadline;
            if ($isLast || !in_array($exchange->status, self::TRANSIENT, true)) {
                throw self::refusal($exchange->status, $exchange->answer, $url);
            }
            usleep((int) ($pause * 1e6));
        }
    }

    /** @param array<string, mixed> $problem as docs/errors.md describes it, or less */
    private static function refusal(int $status, array $problem, string $url): TabcastException
    {
        $problem = array_filter($problem, is_string(...)) + array_fill_keys(['code', 'field', 'detail'], null);
        ['code' => $code, 'field' => $field, 'detail' => $detail] = $problem;
        $expected = isset($problem['expected']) ? "expected {$problem['expected']}" : null;
        $outcome = $status === 0 ? "no answer from $url" : "status $status from $url";
        $message = implode(': ', array_filter([$outcome, $code, $field, $expected, $detail]));
        return new TabcastException($message, $status, $code, $field);
    }

    /** Seconds to wait after so many attempts: about 0.1, 0.2, 0.4, …, by chance down to half of it. */
    private static function backoff(int $attempt): float
    {
        return 0.1 * 2 ** ($attempt - 1) * random_int(50, 100) / 100;
    }

    private static function headerValue(string $name, #[\SensitiveParameter] string $value): string
    {
        if (!preg_match('/^[\x21-\x7e]+$/D', $value)) {
            throw new InvalidArgumentException("$name: expected visible ASCII characters");
        }
        return $value;
    }

    /** Throws a JsonException for what is not JSON, such as a string that is not UTF-8. */
    private static function json(array $value): string
    {
        return json_encode($value, JSON_THROW_ON_ERROR | JSON_PRESERVE_ZERO_FRACTION);
    }
}
