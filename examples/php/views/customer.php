<header>
    <h1>Kettle &amp; Bell</h1>
    <span id="live" role="status" data-state="closed">not live</span>
    <span class="who"><?= $e($name) ?></span>
    <form method="post" action="/logout"><?= $form ?><button>Log out</button></form>
</header>
<main>
    <section>
        <h2>Order something</h2>
        <form method="post" action="/order" class="names">
            <?= $form ?>
            <?php foreach ($articles as $article) : ?>
            <button name="article" value="<?= $e($article) ?>"><?= $e($article) ?></button>
            <?php endforeach ?>
        </form>
    </section>
    <section>
        <h2>Your orders</h2>
        <ul id="orders">
            <?php foreach ($orders as $order) : ?>
            <li id="order-<?= $e($order['number']) ?>" <?= $order['shipped'] ? 'class="shipped"' : '' ?>>
                <span><?= $e($order['article']) ?></span>
                <span class="muted"><?= $e($order['number']) ?></span>
                <span class="state"><?= $order['shipped'] ? 'on its way' : 'being packed' ?></span>
            </li>
            <?php endforeach ?>
        </ul>
        <p class="muted empty">Nothing yet.</p>
    </section>
    <p class="muted">Ship it yourself, in a tab beside this one: <a href="/office" target="_blank">the office</a></p>
</main>
<div id="toasts" role="status"></div>
<script type="module" src="/shop.js" data-socket="<?= $e($socket) ?>" data-customer="<?= $e($customer) ?>"></script>
