import { json } from './codec.js';
import type { ConnectOptions } from './options.js';
import { type Actions, Tabs } from './tabs.js';

export * from './exports.js';

/**
 * Connects a tab, by a socket of its own.
 * @param url of the gateways, for instance `wss://live.example.com/ws`; one that is relative, or begins with `http`, is understood too
 * @throws TypeError that names every option which is not what it should be
 */
export function connect<Received extends Actions = Actions, Sent extends Actions = Actions>(
  url: string | URL,
  options: ConnectOptions = {},
): Tabs<Received, Sent> {
  return new Tabs<Received, Sent>(url, options, { codec: json });
}
