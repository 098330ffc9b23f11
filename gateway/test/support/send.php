<?php
// Sends as any PHP page can: no library, one HTTP request. One user makes a single send, several make a batch.
//
//     php send.php <url of the internal port> <API key> <HTTP version> <user>…

[, $url, $key, $version] = $argv;
$sends = array_map(fn ($user) => [
    'to' => ['user' => $user],
    'action' => 'mail/new',
    'details' => ['grüß dich', ['unread' => 3]],
], array_slice($argv, 4));

$answer = file_get_contents("$url/v1/send", false, stream_context_create(['http' => [
    'method' => 'POST',
    'protocol_version' => $version,
    'header' => ["Authorization: Bearer $key", 'Content-Type: application/json'],
    'content' => json_encode(count($sends) === 1 ? $sends[0] : $sends),
    'ignore_errors' => true,
    'timeout' => 5,
]]));

echo json_encode(['status' => $http_response_header[0], 'body' => json_decode($answer)]);
