<?php
// Tabs whose kernel takes hardly anything for them, which Node.js cannot ask of it:
//   php tiny-buffers.php <port> <handshake> <count>

[, $port, $handshake, $count] = $argv;
$sockets = [];
for ($number = 0; $number < (int) $count; $number++) {
    $socket = socket_create(AF_INET, SOCK_STREAM, SOL_TCP);
    socket_set_option($socket, SOL_SOCKET, SO_RCVBUF, 4096);
    socket_connect($socket, '127.0.0.1', (int) $port);
    socket_write($socket, $handshake);
    for ($heard = ''; !str_contains($heard, 'sys/welcome'); ) {
        $bytes = socket_read($socket, 256);
        if ($bytes === false || $bytes === '') {
            fwrite(STDERR, "not let in: $heard\n");
            exit(1);
        }
        $heard .= $bytes;
    }
    $sockets[] = $socket;
}
echo "ready\n";
sleep(600);
