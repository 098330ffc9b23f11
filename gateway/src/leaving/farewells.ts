import type { Frame } from '@tabcast/shared';

/** What leaving asks of a tab, or of a socket that tabs share: these go together. */
export interface LeavingTab {
  /** `open` from the welcome on; a shared socket is so from the start. */
  readonly state: string;
  /** When it was welcomed, in ms since the epoch, and 0 until then; of a shared socket when it was opened. */
  readonly since: number;
  /** When its client last sent a frame other than a ping, in ms since the epoch; when it connected, if never. */
  readonly heard: number;
  /** How many tabs go with it: one, or those that share the socket. */
  readonly tabCount: number;
  readonly socket: { close(code: LeavingCode): void };
  send(frame: Frame): void;
}

/** Stopping, moved to a gateway with fewer tabs, or of age. */
export type LeavingCode = 4000 | 4005 | 4006;

/** Tells a tab in how many ms it will be closed. Nothing is said before the welcome. */
export function announce(tab: LeavingTab, closesIn: number): void {
  if (tab.state === 'open')
    tab.send({ action: 'sys/reconnect', details: [{ closesIn: Math.round(closesIn) }] });
}

/** Wakes things at a time in ms since the epoch, or within a second after it. */
export interface Alarm {
  set(time: number, due: { due(): void }): unknown;
}

/** How long tabs are told before they are closed while the gateway itself goes on, in ms. */
const notice = 5000;

/** The tabs that have been told that they will be closed soon. */
export class Farewells {
  readonly #told = new Set<LeavingTab>();
  readonly #alarm: Alarm;
  readonly #now: () => number;

  /** @param now a clock in ms since the epoch */
  constructor(alarm: Alarm, now: () => number) {
    this.#alarm = alarm;
    this.#now = now;
  }

  /** How many tabs have been told and are not closed yet. */
  get tabs(): number {
    return [...this.#told].reduce((sum, { tabCount }) => sum + tabCount, 0);
  }

  has(tab: LeavingTab): boolean {
    return this.#told.has(tab);
  }

  /** Tells a tab, and closes it with this code 5 s later. */
  tell(tab: LeavingTab, code: LeavingCode): void {
    this.#told.add(tab);
    announce(tab, notice);
    const due = () => {
      this.#told.delete(tab);
      tab.socket.close(code);
    };
    this.#alarm.set(this.#now() + notice, { due });
  }
}
