import { connect } from '/client';

// The session cookie says who this is: it comes along with the handshake, and the gateway shows it to PHP.
const { socket, customer } = document.querySelector('script[data-socket]').dataset;
const tabs = connect(socket);

// What forms change, PHP shows: no need to do it again here.
tabs.on('order/placed', () => location.reload());

tabs.on('order/shipped', (order) => {
  mark(order);
  toast(`Your ${order.article.toLowerCase()} has shipped.`);
});

tabs.onState((state, { code }) => {
  if (code === 4403)
    location.reload(); // logged out, perhaps in another tab
  else if (state === 'open' && tabs.welcome.user !== customer) show('closed', 'not logged in');
  else show(state, { open: 'live', waiting: 'connecting again' }[state] ?? state);
});

show(tabs.state, tabs.state);

// What this page shows may be out of date then; the application knows.
tabs.onGap(() => location.reload());

function show(state, text) {
  const live = document.querySelector('#live');
  live.dataset.state = state;
  live.textContent = text;
}

function mark({ number }) {
  const row = document.querySelector(`#order-${number}`);
  if (row === null) return;
  row.classList.add('shipped');
  row.querySelector('.state').textContent = 'on its way';
}

function toast(text) {
  const toast = document.createElement('p');
  toast.textContent = text;
  document.querySelector('#toasts').append(toast);
  setTimeout(() => toast.remove(), 10_000);
}
