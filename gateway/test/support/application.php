<?php
// The application of the tests behind `php -S`. WEBHOOK is a file with the functions that docs/webhooks.md shows.
require getenv('WEBHOOK');
ini_set('session.save_path', getenv('SCRATCH'));

if ($_SERVER['REQUEST_METHOD'] === 'GET') {
    session_start();
    $_SESSION['user'] = $_GET['user'] ?? null;
    exit;
}

['type' => $type, 'data' => $data] = webhook(getenv('WEBHOOK_SECRET'));
$line = json_encode(['type' => $type, 'id' => $_SERVER['HTTP_WEBHOOK_ID'], 'data' => $data]);
file_put_contents(getenv('SCRATCH') . '/events', "$line\n", FILE_APPEND);

$answer = match ($type) {
    'connect' => connect($data),
    'action' => act($data),
    default => null,
};
if ($answer !== null) {
    echo json_encode($answer, JSON_THROW_ON_ERROR);
}

function connect(array $data): ?array
{
    parse_str($data['query'], $query);
    if (isset($query['status'])) {
        http_response_code((int) $query['status']);
        return null;
    }
    $visitor = visitor($data['headers']);
    if (isset($query['seconds'])) {
        $visitor['expires'] = time() + (int) $query['seconds'];
    }
    return isset($visitor['user']) ? [...$visitor, 'groups' => ['members'], 'join' => ['room/*']] : $visitor;
}

function act(array $data): ?array
{
    [$to] = $data['details'] + [null];
    return match ($data['action']) {
        'echo' => ['reply' => $data['details']],
        'who' => ['reply' => [$data['user'], $data['session'], $data['connection']]],
        'refuse' => ['error' => $data['details']],
        'say' => ['send' => [['to' => $to, 'action' => 'said', 'details' => [$data['user']]]], 'reply' => ['said it']],
        'typo' => ['replies' => [1]],
        'crash' => throw new RuntimeException('on purpose'),
        default => null,
    };
}
