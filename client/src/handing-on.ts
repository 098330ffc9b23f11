import type { Positions } from './positions.js';
import type { StorageLike, Surroundings } from './surroundings.js';

/**
 * Hands positions on from page to page of one tab of the browser, so that a page that is loaded again goes on where it was.
 * A storage that is full, broken or not allowed is as good as none. Returns what ends it, and is told then whether the next
 * page is to go on.
 * @param url of the gateways
 * @param wished groups that the tab wants to be in
 */
export function handOn(
  url: string,
  world: Surroundings,
  positions: Positions,
  wished: () => readonly string[],
): (goesOn: boolean) => void {
  // Without the query, which may hold a token: another one each time, and nothing to be kept.
  const key = `tabcast ${url.split('?')[0]}`;
  const attempt = (act: (storage: StorageLike) => void) => {
    try {
      act(world.storage());
    } catch {}
  };
  // While a page runs nothing is there. After a crash it would be too old: all since then would come once more.
  const back = () => attempt((storage) => storage.removeItem(key));
  const away = () => {
    // Where there is no room for the new one the old one would stay.
    back();
    attempt((storage) => storage.setItem(key, JSON.stringify(positions.forNextPage(wished()))));
  };
  attempt((storage) => {
    const text = storage.getItem(key);
    back();
    positions.restore(JSON.parse(text!));
  });
  const stop = world.life.watch({ away, back });
  return (goesOn) => {
    stop();
    (goesOn ? away : back)();
  };
}
