import type { Frame } from '@tabcast/shared';
import type { Exchange } from '../backend/backend.js';
import type { Tab } from './tab.js';

/** Gives an action of the application to the backend. */
export async function act(tab: Tab, frame: Frame): Promise<void> {
  tab.rules.counters.framesReceived.action++;
  await tab.rules.backend.act(tab, frame.action, frame.details, new TabExchange(tab, frame));
}

/** The way back to the tab that sent an action. */
class TabExchange implements Exchange {
  readonly #tab: Tab;
  readonly #frame: Frame;
  #answered = false;

  constructor(tab: Tab, frame: Frame) {
    this.#tab = tab;
    this.#frame = frame;
  }

  get wanted(): boolean {
    return this.#frame.id !== undefined;
  }

  reply(details: readonly unknown[]): void {
    this.#answer(() => this.#tab.reply(this.#frame, this.#frame.action, [...details]));
  }

  error(code: number, message: string): void {
    this.#answer(() => this.#tab.refuse(this.#frame, code, message));
  }

  /** Only an answer that could be written counts: one that throws leaves room for an error. */
  #answer(write: () => void): void {
    if (this.#answered) return;
    write();
    this.#answered = true;
  }
}
