<!doctype html>
<html lang="en">
<head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Kettle &amp; Bell</title>
    <link rel="icon" href="/icon.svg">
    <link rel="stylesheet" href="/shop.css">
</head>
<body>
<?php require __DIR__ . "/$view.php" ?>
</body>
</html>
