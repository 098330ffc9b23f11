<header><h1>Kettle &amp; Bell</h1></header>
<main class="narrow">
    <section>
        <h2>Who are you?</h2>
        <p class="muted">This is a demo, so a name will do. A shop of your own would ask for a password.</p>
        <form method="post" action="/login" class="names">
            <?= $form ?>
            <?php foreach ($customers as $customer => $name) : ?>
            <button name="customer" value="<?= $e($customer) ?>"><?= $e($name) ?></button>
            <?php endforeach ?>
        </form>
    </section>
    <p class="muted">You work here? <a href="/office">Go to the office</a></p>
</main>
