// The application behind the gateways, as functions of a module: `tabcast start --handlers examples/hello.js`.

/** @type {import('@tabcast/gateway').ApplicationModule} */
// biome-ignore lint/style/noDefaultExport: the default export is how a gateway finds the application
export default (tabcast) => {
  // A message comes back to every tab of its sender, on whichever gateway they are.
  tabcast.on('hello', async (tab, message) => {
    if (message === undefined || message === '') {
      tab.error(400, 'No hello message');
      return;
    }
    const to = tab.identity === null ? { connection: tab.connection } : { user: tab.identity.user };
    await tab.send(to, 'hello', message);
  });
};
