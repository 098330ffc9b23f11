<?php

/**
 * Workerman with one worker that tabs connect to, and in the same process the port that other programs push to, as its manual shows.
 * Usage: WORKERMAN_AUTOLOAD=… php server.php start; listens on WORKERMAN_PORT and WORKERMAN_PUSH_PORT.
 */

use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Http\Request;
use Workerman\Worker;

require getenv('WORKERMAN_AUTOLOAD');

$folder = getenv('WORKERMAN_FOLDER');
Worker::$pidFile = "$folder/pid";
Worker::$logFile = "$folder/log";
Worker::$statusFile = "$folder/status";

$channels = [];

$tabs = new Worker('websocket://127.0.0.1:' . getenv('WORKERMAN_PORT'), ['socket' => ['backlog' => 4096]]);
$tabs->count = 1;

$tabs->onWebSocketConnect = function (TcpConnection $tab, Request $request) use (&$channels) {
    $tab->channels = ['all', 'registered', 'user:' . $request->get('user')];
    foreach ($tab->channels as $channel) {
        $channels[$channel][$tab->id] = $tab;
    }
};

$tabs->onClose = function (TcpConnection $tab) use (&$channels) {
    foreach ($tab->channels ?? [] as $channel) {
        unset($channels[$channel][$tab->id]);
    }
};

$tabs->onWorkerStart = function () use (&$channels) {
    $push = new Worker('http://127.0.0.1:' . getenv('WORKERMAN_PUSH_PORT'));
    $push->onMessage = function (TcpConnection $sender, Request $request) use (&$channels) {
        $message = $request->rawBody();
        $members = $channels[$request->get('id')] ?? [];
        foreach ($members as $tab) {
            $tab->send($message);
        }
        $sender->send((string) count($members));
    };
    $push->listen();
};

Worker::runAll();
