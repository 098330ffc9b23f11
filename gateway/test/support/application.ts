import type { ApplicationModule } from '../../src/index.js';

/** Tabs of this user are told of every coming and going. */
export const watcher = 'watcher';

/** The application of the tests: one action for every way in which an application can behave. */
// biome-ignore lint/style/noDefaultExport: the default export is how a gateway finds the application
export default ((tabcast) => {
  const waiting: (() => void)[] = [];

  tabcast.on('echo', (tab, ...details) => tab.reply(...details));
  tabcast.on('silent', () => {});
  tabcast.on('block', (_, ms: number) => {
    for (const end = performance.now() + ms; performance.now() < end; );
  });
  tabcast.on('who', ({ identity, connection, action, reply }) => reply(identity, connection, action));
  tabcast.on('refuse', (tab, code: number, message: string) => tab.error(code, message));
  tabcast.on('answer/twice', (tab) => {
    tab.reply('first');
    tab.reply('second');
    tab.error(400, 'third');
  });
  tabcast.on('throw', () => {
    throw new Error('thrown on purpose');
  });
  tabcast.on('reject', async () => {
    throw new Error('rejected on purpose');
  });
  tabcast.on('crash', () => {
    setImmediate(() => {
      throw new Error('crashed on purpose');
    });
  });
  tabcast.on('answer/unwritable', (tab) => tab.reply(10n ** 30n));
  tabcast.on('answer/then/throw', (tab) => {
    tab.reply('answered');
    throw new Error('thrown after the answer');
  });
  // A target of any shape, as JavaScript would let through.
  tabcast.on('send', async (tab, to: never, action: string, ...details: unknown[]) => {
    try {
      tab.reply(await tab.send(to, action, ...details));
    } catch (error) {
      tab.error(400, `${(error as Error).name}: ${(error as Error).message}`);
    }
  });
  tabcast.on('wait', async (tab) => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    tab.reply('at last');
    await tab.send({ user: watcher }, 'waited', tab.connection);
  });
  tabcast.on('release', () => {
    for (const resolve of waiting.splice(0)) resolve();
  });

  tabcast.onConnect((tab) => tab.send({ user: watcher }, 'came', tab.connection, tab.identity?.user));
  tabcast.onDisconnect((tab) => tab.send({ user: watcher }, 'went', tab.connection, tab.identity?.user));
  tabcast.onOnline((user, send) => send({ user: watcher }, 'online', user));
  tabcast.onOffline((user, send) => send({ user: watcher }, 'offline', user));
  tabcast.onConnect(({ identity }) => {
    if (identity?.user === 'unwelcome') throw new Error('thrown at a connect');
  });
}) satisfies ApplicationModule;
