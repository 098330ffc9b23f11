<?php

declare(strict_types=1);

namespace Shop;

/**
 * The orders of the shop, in a file: a database is not what this example is about. An order is an array of `number`,
 * `customer`, `article` and `shipped`.
 */
final class Orders
{
    public function __construct(private readonly string $file)
    {
    }

    /** @return list<array{number: int, customer: string, article: string, shipped: bool}> newest first */
    public function all(): array
    {
        return array_reverse($this->change(fn (array $orders) => $orders));
    }

    /** Returns the new order. */
    public function place(string $customer, string $article): array
    {
        $order = ['customer' => $customer, 'article' => $article, 'shipped' => false];
        $orders = $this->change(fn (array $orders) => [...$orders, ['number' => 1001 + count($orders), ...$order]]);
        return end($orders);
    }

    /** Returns the order, or null where there is none of that number that waits. */
    public function ship(int $number): ?array
    {
        $shipped = null;
        $this->change(function (array $orders) use ($number, &$shipped): array {
            foreach ($orders as &$order) {
                if ($order['number'] === $number && !$order['shipped']) {
                    $order['shipped'] = true;
                    $shipped = $order;
                }
            }
            return $orders;
        });
        return $shipped;
    }

    /** One after the other, whatever requests there are. Returns the orders as they are then. */
    private function change(callable $change): array
    {
        $file = fopen($this->file, 'c+');
        flock($file, LOCK_EX);
        $orders = $change(json_decode(stream_get_contents($file) ?: '[]', true, 512, JSON_THROW_ON_ERROR));
        ftruncate($file, 0);
        rewind($file);
        fwrite($file, json_encode($orders, JSON_THROW_ON_ERROR));
        fclose($file);
        return $orders;
    }
}
