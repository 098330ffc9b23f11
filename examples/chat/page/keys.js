import { byId } from './dom.js';

/**
 * The keyboard shortcuts, as the dialog lists them.
 * @param step called with how many conversations to go down
 * @param write called to write a message
 */
export function onShortcuts({ step, write }) {
  const help = () => byId('shortcuts').showModal();
  byId('help').addEventListener('click', help);
  document.addEventListener('keydown', (event) => {
    const isWriting = event.target.matches('input, textarea');
    const act = event.altKey
      ? { ArrowUp: () => step(-1), ArrowDown: () => step(1) }[event.key]
      : { '/': write, '?': help }[isWriting ? '' : event.key];
    if (act === undefined || event.ctrlKey || event.metaKey || byId('shortcuts').open) return;
    event.preventDefault();
    act();
  });
}
