<?php

declare(strict_types=1);

namespace Shop;

use Tabcast\Tabcast;
use Tabcast\TabcastException;

/** The pages of the shop, and what their forms do. Each answers one request, and nothing keeps running. */
final class Shop
{
    /** Who can log in. By name alone, because this is a demo. */
    private const CUSTOMERS = ['ann' => 'Ann', 'bob' => 'Bob', 'cleo' => 'Cleo'];
    private const ARTICLES = ['Teapot', 'Storm lantern', 'Bicycle bell'];

    /** @param string $socket where pages connect to, such as wss://live.example.com/ws */
    public function __construct(
        private readonly Orders $orders,
        private readonly Tabcast $tabcast,
        private readonly string $socket,
    ) {
    }

    public function home(): void
    {
        $customer = Session::customer();
        if ($customer === null) {
            $this->show('login', ['customers' => self::CUSTOMERS]);
            return;
        }
        $own = array_filter($this->orders->all(), fn (array $order) => $order['customer'] === $customer);
        $this->show('customer', [
            'customer' => $customer,
            'name' => self::CUSTOMERS[$customer],
            'orders' => $own,
            'articles' => self::ARTICLES,
            'socket' => $this->socket,
        ]);
    }

    public function logIn(array $posted): void
    {
        $customer = $posted['customer'] ?? '';
        if (in_array($customer, array_keys(self::CUSTOMERS), true)) {
            Session::logIn($customer);
        }
        $this->goTo('/');
    }

    /** The session goes first: a tab that comes back after its end is nobody's, one that is there is closed. */
    public function logOut(): void
    {
        try {
            if (Session::customer() !== null) {
                $this->tabcast->revoke(Session::logOut());
            }
        } catch (TabcastException $problem) {
            error_log($problem->getMessage());
        }
        $this->goTo('/');
    }

    public function order(array $posted): void
    {
        $customer = Session::customer();
        if ($customer !== null && in_array($posted['article'] ?? '', self::ARTICLES, true)) {
            $this->tell($customer, 'order/placed', $this->orders->place($customer, $posted['article']));
        }
        $this->goTo('/');
    }

    /** @param array<string, string> $query what ship() has to tell */
    public function office(array $query): void
    {
        $waiting = array_filter($this->orders->all(), fn (array $order) => !$order['shipped']);
        $notice = match ($query['told'] ?? null) {
            'live' => 'Shipped. The customer is online and has been told.',
            'later' => 'Shipped. The customer is not online: an e-mail would be sent.',
            'not' => 'Shipped. No gateway could be reached: an e-mail would be sent.',
            default => '',
        };
        $this->show('office', ['orders' => $waiting, 'notice' => $notice, 'names' => self::CUSTOMERS]);
    }

    /** An ordinary request: changes the order, tells the customer's tabs, and redirects. */
    public function ship(array $posted): void
    {
        $order = $this->orders->ship((int) ($posted['order'] ?? 0));
        $this->goTo($order === null ? '/office' : "/office?told={$this->tell($order['customer'], 'order/shipped', $order)}");
    }

    /** @return string `live`, `later` or `not`: whether the customer is there to hear it */
    private function tell(string $customer, string $action, array $order): string
    {
        session_write_close(); // this may take a moment, and other pages of the visitor need not wait
        try {
            $receipt = $this->tabcast->send(['user' => $customer], $action, $order);
            return $receipt["user:$customer"]['gateways'] > 0 ? 'live' : 'later';
        } catch (TabcastException $problem) {
            error_log($problem->getMessage());
            return 'not';
        }
    }

    private function goTo(string $path): void
    {
        header("Location: $path", true, 303);
    }

    /** @param array<string, mixed> $values what the view calls by these names */
    private function show(string $view, array $values): void
    {
        $origin = preg_replace('~^(wss?://[^/]+).*~', '$1', $this->socket);
        header("Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
            . "connect-src $origin; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
        header('X-Content-Type-Options: nosniff');
        header('Cache-Control: no-store');
        $e = fn (string|int $text): string => htmlspecialchars((string) $text, ENT_QUOTES | ENT_SUBSTITUTE);
        $form = '<input type="hidden" name="form" value="' . $e(Session::formToken()) . '">';
        extract($values);
        require __DIR__ . '/../views/page.php';
    }
}
