import type { Locator, Page } from 'playwright-core';
import { until } from './until.js';

/** States of a connection, as `onState` of the SDK tells them. */
export type ChatState = 'connecting' | 'open' | 'waiting' | 'closed';

/** Notes every state that the status bar shows, for `states`. */
const noteStates = `
  globalThis.states = [];
  new MutationObserver(() => {
    const state = document.querySelector('#status')?.dataset.state;
    if (state !== undefined && state !== states.at(-1)) states.push(state);
  }).observe(document, { subtree: true, childList: true, attributeFilter: ['data-state'] });
`;

/** A window of examples/chat, as the person in front of it uses it. */
export class ChatWindow {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  /** Logs in and waits until the chat is live, in its first room too: the lobby. */
  static async logIn(page: Page, origin: string, name: string): Promise<ChatWindow> {
    await page.addInitScript(noteStates);
    await page.goto(origin);
    await page.getByLabel('Your name').fill(name);
    await page.getByRole('button', { name: 'Log in' }).click();
    return ChatWindow.#live(page);
  }

  /** Opens the chat in a profile that is logged in. */
  static async open(page: Page, origin: string): Promise<ChatWindow> {
    await page.addInitScript(noteStates);
    await page.goto(origin);
    return ChatWindow.#live(page);
  }

  static async #live(page: Page): Promise<ChatWindow> {
    const window = new ChatWindow(page);
    await window.is('open');
    await page.locator('#members', { hasText: /^[1-9]\d* here/ }).waitFor();
    return window;
  }

  /** Waits until the connection is shown as being in this state. */
  async is(state: ChatState): Promise<void> {
    await this.page.locator(`#status[data-state="${state}"]`).waitFor();
  }

  /** Every state that was shown since the page was loaded. */
  states(): Promise<ChatState[]> {
    return this.page.evaluate('states');
  }

  /** Id of the gateway that the window says it is held by. */
  gateway(): Promise<string | null> {
    return this.page.locator('#gateway').textContent();
  }

  /** Id of the connection, as the window shows it. */
  connection(): Promise<string | null> {
    return this.page.locator('#connection').textContent();
  }

  /** Opens the conversation with a person, with a room, or with `Everyone`. */
  async turnTo(name: string): Promise<void> {
    await this.page.getByRole('button', { name: new RegExp(`^${name}(,|$)`) }).click();
  }

  /** Writes into the open conversation, and presses Enter. */
  async say(text: string): Promise<void> {
    const message = this.page.getByLabel('Message', { exact: true });
    await message.fill(text);
    await message.press('Enter');
  }

  /** The messages with this text, in the log of one conversation (`with bob`, `in lobby`) or in any. */
  messages(text: string, conversation?: string): Locator {
    const log = conversation === undefined ? 'ol' : `ol[aria-label="Messages ${conversation}"]`;
    return this.page.locator(`${log} .said`).filter({ has: this.page.getByText(text, { exact: true }) });
  }

  /** Waits until a message has come, or is told to have been sent. */
  async hears(text: string, conversation: string): Promise<void> {
    const message = this.messages(text, conversation).last();
    await message.waitFor({ state: 'attached' });
    await until(`"${text}" to be sent`, async () => {
      const outcome = await message.getAttribute('data-outcome');
      return outcome === null || outcome === 'sent';
    });
  }

  /** Waits until the list of people says so of one. */
  async sees(person: string, how: 'online' | 'offline'): Promise<void> {
    await this.page.getByRole('button', { name: `${person}, ${how}` }).waitFor();
  }
}
