// Begins here: who is not logged in is asked for a name, everybody else gets the chat.
import { Chat } from './chat.js';
import { Composer } from './composer.js';
import { Conversations } from './conversations.js';
import { byId } from './dom.js';
import { showHead } from './head.js';
import { onShortcuts } from './keys.js';
import { Logs } from './logs.js';
import { checkName } from './rules.js';
import { logIn, logOut, readSession } from './session.js';
import { Sidebar } from './sidebar.js';
import { Status } from './status.js';

const session = await readSession();
if (session.user === null) showLogin();
else showChat(session);

function showLogin() {
  byId('login').hidden = false;
  byId('name').focus();
  byId('login').addEventListener('submit', async (event) => {
    event.preventDefault();
    try {
      await logIn(byId('name').value);
      location.reload();
    } catch ({ message }) {
      byId('login-problem').textContent = message;
    }
  });
}

function showChat({ user, gateway }) {
  byId('chat').hidden = false;
  const conversations = new Conversations(user, rememberedRooms(), update);
  const logs = new Logs(byId('logs'), user);
  const sidebar = new Sidebar(conversations, choose);
  const status = new Status();
  const chat = new Chat(chosenGateway(gateway), conversations, logs, tellProblem);
  const composer = new Composer((text) => {
    tellProblem('');
    void chat.say(conversations.current, text);
  });

  chat.onState((state, info) => {
    status.show(state, info, chat.welcome);
    if (state === 'closed') void askToLogIn(user);
  });

  function choose(conversation) {
    if (byId('sidebar').matches(':popover-open')) byId('sidebar').hidePopover();
    tellProblem('');
    logs.show(conversation);
    conversations.open(conversation);
    composer.address(conversation);
    if (!conversation.joined) void chat.join(conversation.name);
  }

  function update() {
    localStorage.setItem('chat.rooms', JSON.stringify(conversations.rooms));
    sidebar.update();
    showHead(conversations);
  }

  byId('join').addEventListener('submit', (event) => {
    event.preventDefault();
    const room = byId('join').elements.room;
    const name = room.value.trim().normalize();
    room.value = '';
    const wrong = checkName(name);
    if (wrong === undefined) choose(conversations.room(name));
    else tellProblem(`Expected ${wrong}`);
  });
  byId('leave').addEventListener('click', () => {
    void chat.leave(conversations.current.name);
    choose(conversations.everyone);
  });
  byId('logout').addEventListener('click', () =>
    logOut().then(
      () => location.reload(),
      ({ message }) => tellProblem(message),
    ),
  );
  byId('again').addEventListener('click', () => location.reload());
  // Left open, the lists would cover a window that has grown wide enough to show them beside the conversation.
  matchMedia('(max-width: 720px)').addEventListener('change', () => byId('sidebar').hidePopover());
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') conversations.open(conversations.current);
  });
  onShortcuts({ step: (by) => choose(conversations.beside(by)), write: () => composer.focus() });
  choose(conversations.current);
}

/** The rooms that this browser was in last. */
function rememberedRooms() {
  return JSON.parse(localStorage.getItem('chat.rooms') ?? '["lobby"]');
}

/** `?gateway=2` in the address of the page goes on to whatever spreads the connections over the gateways. */
function chosenGateway(address) {
  const url = new URL(address);
  const number = new URLSearchParams(location.search).get('gateway');
  if (number !== null) url.searchParams.set('gateway', number);
  return url;
}

/** Whoever has logged out, or logged in as somebody else, in another tab has done so in this one. */
async function askToLogIn(user) {
  // Where the web server does not answer, the button to connect again remains.
  const present = await readSession().catch(() => ({ user }));
  if (present.user !== user) location.reload();
}

function tellProblem(sentence) {
  byId('problem').textContent = sentence;
}
