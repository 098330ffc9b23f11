import type { Positions } from './positions.js';
import type { Surroundings } from './surroundings.js';

/**
 * Hands positions on from page to page of one tab of the browser, so that a page that is loaded again goes on where it was.
 * A storage that is full, broken or not allowed is as good as none. Returns what ends it.
 * @param url of the gateways
 */
export function handOn(positions: Positions, url: string, world: Surroundings): () => void {
  const key = `tabcast ${url}`;
  attempt(() => {
    const storage = world.storage();
    const text = storage.getItem(key);
    // A page that crashes leaves nothing, rather than positions that are too old: all since then would come once more.
    storage.removeItem(key);
    positions.restore(JSON.parse(text!));
  });
  return world.leaving(() => attempt(() => world.storage().setItem(key, JSON.stringify(positions))));
}

function attempt(act: () => void): void {
  try {
    act();
  } catch {}
}
