<?php

declare(strict_types=1);

namespace Shop;

use Tabcast\Tabcast;

/** Who is logged in, by PHP's own sessions. */
final class Session
{
    private const COOKIE = 'shop';
    private const ANSWER_HOLDS = 3600; // seconds, after which a gateway asks anew: a session may end without a logout

    /** For a page: opens the session of its cookie, or a new one. */
    public static function open(): void
    {
        session_name(self::COOKIE);
        session_start([
            'cookie_httponly' => true,
            'cookie_samesite' => 'Lax',
            'cookie_secure' => isset($_SERVER['HTTPS']),
            'use_strict_mode' => true,
        ]);
        $_SESSION['form'] ??= bin2hex(random_bytes(16));
    }

    public static function customer(): ?string
    {
        return $_SESSION['customer'] ?? null;
    }

    /** What every form has to bring along, so that no page of another site can post it (CSRF). */
    public static function formToken(): string
    {
        return $_SESSION['form'];
    }

    public static function isOwnForm(array $posted): bool
    {
        return is_string($posted['form'] ?? null) && hash_equals(self::formToken(), $posted['form']);
    }

    public static function logIn(string $customer): void
    {
        session_regenerate_id(true); // nobody knows this one from before
        $_SESSION = ['customer' => $customer, 'form' => bin2hex(random_bytes(16))];
    }

    /** Ends the session. Returns whose tabs are to go, as gateways know them. */
    public static function logOut(): array
    {
        $whose = ['user' => self::customer(), 'session' => Tabcast::session(session_id())];
        $_SESSION = [];
        session_destroy();
        return $whose;
    }

    /**
     * Answers the webhook `connect`: who has come, by the cookie of the handshake. Reads the session and lets it go at
     * once, so that no page waits for it.
     *
     * @param array<string, string> $headers
     */
    public static function visitor(array $headers): array
    {
        if (!preg_match('/(?:^|; )' . self::COOKIE . '=([\w,-]+)/', $headers['cookie'] ?? '', $found)) {
            return ['anonymous' => true];
        }
        session_id($found[1]);
        session_start(['read_and_close' => true, 'use_cookies' => false, 'use_strict_mode' => true]);
        return self::customer() === null ? ['anonymous' => true] : [
            'user' => self::customer(),
            'session' => Tabcast::session($found[1]),
            'expires' => time() + self::ANSWER_HOLDS,
        ];
    }
}
