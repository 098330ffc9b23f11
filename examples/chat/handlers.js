// The chat's functions behind the gateways: `tabcast start --handlers examples/chat/handlers.js`. What a tab sends may be
// anything, and gateways that serve other pages too may have let it in without a login.
import { setTimeout as pause } from 'node:timers/promises';
import { checkName, checkText, everyone, groupOf } from './page/rules.js';

/** A page that reloads is back within this time, in ms, and has never left its rooms. */
const reloadTime = 2000;

/** @type {import('@tabcast/gateway').ApplicationModule} */
// biome-ignore lint/style/noDefaultExport: the default export is how a gateway finds the application
export default (tabcast) => {
  /** Takes an action of whoever is logged in. */
  const on = (action, act) =>
    tabcast.on(action, (tab, ...details) =>
      tab.identity === null ? tab.error(403, 'Only who is logged in may do this') : act(tab, ...details),
    );

  // Each message goes to all tabs that it is for, the sender's own others among them; the tab that it comes from gets it as
  // the reply to its request instead.

  on('chat/room', async (tab, room, text) => {
    const wrong = checkName(room) ?? checkText(text);
    if (wrong !== undefined) return tab.error(400, `Expected ${wrong}`);
    if (!tab.groups.has(groupOf(room))) return tab.error(403, 'Only who has joined a room may speak in it');
    const message = written(tab, text);
    await tab.send({ group: groupOf(room), except: tab.connection }, 'chat/room', room, message);
    tab.reply(message);
  });

  on('chat/user', async (tab, user, text) => {
    const wrong = checkName(user) ?? checkText(text);
    if (wrong !== undefined) return tab.error(400, `Expected ${wrong}`);
    const message = { ...written(tab, text), to: user };
    const receipt = await tab.send({ user, except: tab.connection }, 'chat/user', message);
    // The receipt tells for free whether any gateway holds a tab of the user.
    if (receipt[`user:${user}`].gateways === 0)
      return tab.error(404, `${user} is not here, and has not got this`);
    if (user !== message.from)
      await tab.send({ user: message.from, except: tab.connection }, 'chat/user', message);
    tab.reply(message);
  });

  on('chat/everyone', async (tab, text) => {
    const wrong = checkText(text);
    if (wrong !== undefined) return tab.error(400, `Expected ${wrong}`);
    const message = written(tab, text);
    await tab.send({ registered: true, except: tab.connection }, 'chat/everyone', message);
    tab.reply(message);
  });

  // Who is where: a page that has joined a group says so, and is told who else is there.

  on('chat/enter', async (tab, group) => {
    if (!tab.groups.has(group)) return tab.error(403, 'Only who is in a group may know who else is');
    await tab.send({ group, except: tab.connection }, 'chat/came', group, tab.identity.user);
    const members = await tabcast.members(group);
    tab.reply(members.map(({ user }) => user));
  });

  on('chat/leave', (tab, room) => {
    const wrong = checkName(room);
    return wrong === undefined ? left(tab, groupOf(room)) : tab.error(400, `Expected ${wrong}`);
  });

  tabcast.onDisconnect(async (tab) => {
    await pause(reloadTime);
    for (const group of tab.groups) if (group !== everyone) await left(tab, group);
  });

  // Also when the gateway of the user's last tab did not live to say so.
  tabcast.onOffline((user, send) => send({ group: everyone }, 'chat/offline', user));

  /** Tells a group that a user has left it, unless another tab of the user is still there. */
  async function left(tab, group) {
    const { user } = tab.identity;
    const members = await tabcast.members(group);
    if (members.every((member) => member.user !== user)) await tab.send({ group }, 'chat/went', group, user);
  }
};

/** A message as everybody gets it. Who wrote it is what the token of the tab says, not what the page says. */
function written({ identity }, text) {
  return { from: identity.user, text: text.trim(), time: Date.now() };
}
