<?php

declare(strict_types=1);

use Shop\{Orders, Session, Shop};
use Tabcast\{Tabcast, TabcastException};

require __DIR__ . '/../src/Tabcast.php'; // with Composer these lines are: require 'vendor/autoload.php';
require __DIR__ . '/../shop/Orders.php';
require __DIR__ . '/../shop/Session.php';
require __DIR__ . '/../shop/Shop.php';

$setting = fn (string $name, ?string $default = null): string => getenv($name) ?: $default
    ?? throw new RuntimeException("$name is not set; README.md says what it is");
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$route = "{$_SERVER['REQUEST_METHOD']} $path";

// A gateway asks who the visitor of a handshake is. It has no session of its own, and signs instead.
if ($route === 'POST /tabcast') {
    try {
        $event = Tabcast::webhook(
            explode(',', $setting('TABCAST_WEBHOOK_SECRET')),
            $_SERVER,
            file_get_contents('php://input'),
        );
    } catch (TabcastException $problem) {
        http_response_code($problem->status);
        exit($problem->getMessage());
    }
    if ($event['type'] === 'connect') {
        header('Content-Type: application/json');
        echo json_encode(Session::visitor($event['data']['headers']), JSON_THROW_ON_ERROR);
    }
    exit;
}

if ($route === 'GET /client') { // the library for pages, which `npm run build` makes
    $client = @file_get_contents($setting('TABCAST_CLIENT', __DIR__ . '/../../../client/dist/tabcast.js'));
    header('Content-Type: text/javascript; charset=utf-8', true, $client === false ? 404 : 200);
    exit($client ?: '');
}

Session::open();
if ($_SERVER['REQUEST_METHOD'] === 'POST' && !Session::isOwnForm($_POST)) {
    http_response_code(403);
    exit('This form is too old, or not one of ours. Go back and reload the page.');
}
$shop = new Shop(
    new Orders($setting('SHOP_ORDERS', sys_get_temp_dir() . '/tabcast-shop.json')),
    new Tabcast(explode(',', $setting('TABCAST_URL', 'http://127.0.0.1:8081')), $setting('TABCAST_API_KEY')),
    $setting('TABCAST_SOCKET', 'ws://127.0.0.1:8080/ws'),
);
match ($route) {
    'GET /' => $shop->home(),
    'POST /login' => $shop->logIn($_POST),
    'POST /logout' => $shop->logOut(),
    'POST /order' => $shop->order($_POST),
    'GET /office' => $shop->office($_GET),
    'POST /ship' => $shop->ship($_POST),
    default => http_response_code(404),
};
