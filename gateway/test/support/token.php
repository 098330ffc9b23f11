<?php
// Makes a token as any PHP page can, without a library: HS256 (RFC 7515) by hash_hmac.
//
//     php token.php <secret> <user>

[, $secret, $user] = $argv;

function base64url(string $bytes): string
{
    return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
}

$header = base64url(json_encode(['alg' => 'HS256', 'typ' => 'JWT']));
$claims = base64url(json_encode(['sub' => $user, 'exp' => time() + 600, 'groups' => ['php']]));
$signature = base64url(hash_hmac('sha256', "$header.$claims", $secret, true));

echo "$header.$claims.$signature";
