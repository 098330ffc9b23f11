import type { Frame } from '@tabcast/shared';
import type { Surroundings } from './surroundings.js';

type Report = Surroundings['report'];

/** Takes the details of an action, spread over its arguments. */
export type Callback = (...details: never[]) => void;

/** Takes the details of `<action>:error`. */
export type ErrorCallback = (code: number, message: string) => void;

export interface Listener {
  readonly success: Callback | undefined;
  readonly error: ErrorCallback | undefined;
  readonly once: boolean;
}

const errorSuffix = ':error';

/** Who listens to which action. */
export class Listeners {
  readonly #report: Report;
  readonly #byAction = new Map<string, Callbacks<Listener>>();

  constructor(report: Report) {
    this.#report = report;
  }

  add(action: string, listener: Listener): void {
    const listeners = this.#byAction.get(action) ?? new Callbacks(this.#report);
    this.#byAction.set(action, listeners);
    listeners.add(listener);
  }

  /** Ends one callback of an action, or all of them. */
  remove(action: string, success: Callback | undefined): void {
    const listeners = this.#byAction.get(action);
    for (const listener of listeners ?? [])
      if (success === undefined || listener.success === success) listeners!.delete(listener);
  }

  tell({ action, details }: Frame): void {
    const failed = action.endsWith(errorSuffix);
    const listeners = this.#byAction.get(failed ? action.slice(0, -errorSuffix.length) : action);
    listeners?.each((listener) => {
      if (listener.once) listeners.delete(listener);
      if (failed) listener.error?.(...(details as [number, string]));
      else listener.success?.(...(details as never[]));
    });
  }
}

/** Things to call, each of which may throw without keeping the others from being called. */
export class Callbacks<Item> extends Set<Item> {
  readonly #report: Report;

  constructor(report: Report) {
    super();
    this.#report = report;
  }

  /** Returns what ends it. */
  subscribe(item: Item): () => void {
    this.add(item);
    return () => this.delete(item);
  }

  each(call: (item: Item) => void): void {
    // A copy, because a callback may add others; one that an earlier callback has deleted is not called any more.
    for (const item of [...this]) {
      try {
        if (this.has(item)) call(item);
      } catch (error) {
        this.#report(error);
      }
    }
  }
}
