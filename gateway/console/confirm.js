import { byId } from './elements.js';

/**
 * Asks whether something is really meant. Resolves to undefined when it is not, else to whether the choice was ticked.
 * @param {{ title: string, text: string, go: string, choice?: string }} question
 * @returns {Promise<{ chosen: boolean } | undefined>}
 */
export function confirm({ title, text, go, choice }) {
  const dialog = byId('confirm', HTMLDialogElement);
  const checkbox = byId('confirm-checked', HTMLInputElement);
  byId('confirm-title', HTMLElement).textContent = title;
  byId('confirm-text', HTMLElement).textContent = text;
  byId('confirm-go', HTMLButtonElement).textContent = go;
  const label = byId('confirm-choice', HTMLLabelElement);
  label.hidden = choice === undefined;
  label.lastElementChild?.replaceChildren(choice ?? '');
  checkbox.checked = false;
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener(
      'close',
      () => resolve(dialog.returnValue === 'go' ? { chosen: checkbox.checked } : undefined),
      { once: true },
    );
  });
}

/** Joins the buttons of the dialog; Escape closes it by itself. */
export function prepareConfirm() {
  const dialog = byId('confirm', HTMLDialogElement);
  byId('confirm-cancel', HTMLButtonElement).addEventListener('click', () => dialog.close());
  byId('confirm-go', HTMLButtonElement).addEventListener('click', () => dialog.close('go'));
}
