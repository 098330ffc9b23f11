import { byId } from './dom.js';

/** The bar that says how the connection is, and who holds this tab. */
export class Status {
  #clock;

  /** @param info of the SDK: `retryIn` in ms while waiting for the next try, `reason` of the last close */
  show(state, { retryIn, reason } = {}, welcome) {
    clearInterval(this.#clock);
    byId('status').dataset.state = state;
    byId('state').textContent = state === 'closed' && reason ? `closed (${reason})` : state;
    byId('again').hidden = state !== 'closed';
    byId('gateway').textContent = welcome?.gateway ?? '–';
    byId('connection').textContent = welcome?.connection ?? '–';
    byId('countdown').textContent = state === 'waiting' ? 'until this browser is online' : '';
    if (retryIn !== undefined) this.#count(Date.now() + retryIn);
  }

  /** The seconds are for eyes only: read out, each would interrupt the one before. */
  #count(end) {
    const tick = () => {
      const seconds = Math.max(0, Math.ceil((end - Date.now()) / 1000));
      byId('countdown').textContent = `for the next try in ${seconds} s`;
    };
    tick();
    this.#clock = setInterval(tick, 250);
  }
}
