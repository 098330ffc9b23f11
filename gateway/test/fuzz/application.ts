import type { ApplicationModule } from '../../src/index.js';

/** An application that hands on whatever it is given, and can tell whether somebody has got at every object. */
// biome-ignore lint/style/noDefaultExport: the default export is how a gateway finds the application
export default ((tabcast) => {
  tabcast.on('echo', (tab, ...details) => tab.reply(...details));
  tabcast.on('hello', async (tab, ...details) => {
    await tab.send({ user: tab.identity!.user }, 'hello', ...details);
  });
  tabcast.on('inherited', (tab) => {
    const names: string[] = [];
    for (const name in {}) names.push(name);
    tab.reply(names);
  });
}) satisfies ApplicationModule;
