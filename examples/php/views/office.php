<header>
    <h1>Kettle &amp; Bell <small>office</small></h1>
    <a href="/office">Look again</a>
    <a href="/">The shop</a>
</header>
<main>
    <?php if ($notice !== '') : ?>
    <p class="notice" role="status"><?= $e($notice) ?></p>
    <?php endif ?>
    <section>
        <h2>To be shipped</h2>
        <form method="post" action="/ship">
            <?= $form ?>
            <ul>
                <?php foreach ($orders as $order) : ?>
                <li>
                    <span><?= $e($order['article']) ?></span>
                    <span class="muted"><?= $e($order['number']) ?>, for <?= $e($names[$order['customer']]) ?></span>
                    <button name="order" value="<?= $e($order['number']) ?>">Ship</button>
                </li>
                <?php endforeach ?>
            </ul>
        </form>
        <p class="muted empty">Nothing is waiting. Log in as a customer and order something.</p>
    </section>
    <p class="muted">Anybody may ship here, because this is a demo. An office of your own would ask who you are.</p>
</main>
