import { byId, make } from './elements.js';
import { count } from './format.js';

/**
 * Shows why tabs were closed, the most frequent reason first.
 * @param {Readonly<Record<string, number>>} closes
 */
export function showCloses(closes) {
  const reasons = Object.entries(closes).sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1));
  const total = reasons.reduce((sum, [, number]) => sum + number, 0);
  const rows = reasons.map(([reason, number]) => {
    const bar = make('i', { 'aria-hidden': 'true' });
    bar.style.width = `${(100 * number) / total}%`;
    return make(
      'tr',
      {},
      make('th', { scope: 'row' }, reason),
      make('td', { class: 'number' }, count(number)),
      make('td', { class: 'bar' }, bar),
    );
  });
  byId('closes', HTMLTableElement).tBodies[0]?.replaceChildren(...rows);
  byId('no-closes', HTMLElement).hidden = rows.length > 0;
}
