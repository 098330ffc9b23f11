<?php

// Calls one method of examples/php/src/Tabcast.php as the JSON on standard input says, and prints what came of it as JSON.

declare(strict_types=1);

use Tabcast\Tabcast;

require __DIR__ . '/../../../examples/php/src/Tabcast.php';

// As frameworks do, and stricter: what is suppressed by @ throws too.
set_error_handler(fn (int $level, string $message) => throw new ErrorException($message, 0, $level));

['with' => $with, 'method' => $method, 'details' => $details, 'named' => $named] = json_decode(
    stream_get_contents(STDIN),
    true,
    512,
    JSON_THROW_ON_ERROR,
);
try {
    $tabcast = new Tabcast(...$with);
    $outcome = ['returned' => $tabcast->{$method}(...$details, ...$named)];
} catch (Exception $problem) {
    ob_start();
    var_dump($tabcast ?? null, $problem);
    $outcome = ['thrown' => [
        'class' => $problem::class,
        'message' => $problem->getMessage(),
        'status' => $problem->status ?? null,
        'problem' => $problem->problem ?? null,
        'field' => $problem->field ?? null,
        'dump' => $problem . ob_get_clean(),
    ]];
}
echo json_encode($outcome, JSON_THROW_ON_ERROR);
