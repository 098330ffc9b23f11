import { decodeJson, type Frame, isSystemAction, type Refused } from '@tabcast/shared';
import { decodeMsgpack } from '@tabcast/shared/msgpack';
import type { Identity } from '../auth/identity.js';
import { BrokerUnavailable } from '../broker/broker.js';
import { act } from './action.js';
import { join, leave } from './groups.js';
import { authenticate, refresh, welcome } from './opening.js';
import { takeResume } from './resume.js';
import type { Tab } from './tab.js';

/**
 * Begins a connection whose client says first where it stood before, see `start`. A client that does not say it in time
 * begins without.
 */
export function startResuming(tab: Tab, identity: Identity | null | undefined): void {
  const { authTimeout, now } = tab.rules;
  tab.wakeAt(now() + authTimeout);
  tab.awaitResume(() => {
    start(tab, identity);
    if (identity === undefined) for (const frame of tab.takeEarly()) take(tab, frame);
  });
}

/**
 * Begins a connection. `identity` is what the handshake proved: null makes an anonymous tab, undefined waits for a
 * token in a frame.
 */
export function start(tab: Tab, identity: Identity | null | undefined): void {
  const { authTimeout, now } = tab.rules;
  if (identity === undefined) tab.wakeAt(now() + authTimeout);
  else void opened(tab, welcome(tab, identity));
}

/** Begins a connection whose token comes in a frame right away; with the action `sys/auth`, which errors will bear. */
export function startWith(tab: Tab, frame: Frame): void {
  start(tab, undefined);
  void opened(tab, authenticate(tab, frame));
}

/**
 * A message has arrived on the tab's own socket: text for JSON, bytes (which are ours to keep) for MessagePack.
 * @param bytes length of what came
 */
export function receive(tab: Tab, data: string | Uint8Array, bytes: number): void {
  if (tab.state !== 'closed') receiveFrame(tab, decode(tab, data), bytes);
}

/**
 * A frame has arrived for a tab that has not gone, or something that should have been one.
 * @param bytes length of what came
 */
export function receiveFrame(tab: Tab, frame: Frame | Refused, bytes: number): void {
  const { rateLimits } = tab.rules;
  const tooMuch = rateLimits.exceeded(tab, 'messages', 1) ?? rateLimits.exceeded(tab, 'bytes', bytes);
  if (tooMuch !== undefined) {
    tab.refuse('refused' in frame ? unreadable : frame, 429, tooMuch);
    rateLimits.told(tab);
    return;
  }
  if ('refused' in frame) refuse(tab, frame);
  else take(tab, frame);
  tab.noteFrame('refused' in frame ? undefined : frame.action);
}

function decode(tab: Tab, data: string | Uint8Array): Frame | Refused {
  if (tab.encoding === 'json')
    return typeof data === 'string' ? decodeJson(data) : { refused: 'expected a text frame with JSON' };
  return typeof data === 'string'
    ? { refused: 'expected a binary frame with MessagePack' }
    : decodeMsgpack(data);
}

/** Stands for a frame that is none. */
export const unreadable: Frame = { action: 'sys/frame', details: [] };

function refuse(tab: Tab, { refused }: Refused): void {
  tab.rules.counters.framesReceived.malformed++;
  tab.refuse(unreadable, 400, refused);
}

function take(tab: Tab, frame: Frame): void {
  if (tab.state === 'resuming' && frame.action === 'sys/resume') takeResume(tab, frame);
  else if (tab.state === 'proving' && frame.action === 'sys/auth') void opened(tab, authenticate(tab, frame));
  else if (tab.state !== 'open') tab.keepEarly(frame);
  else void answer(tab, frame);
}

/** Waits for the welcome, then takes the frames that came before it. */
async function opened(tab: Tab, opening: Promise<void>): Promise<void> {
  try {
    await opening;
  } catch (error) {
    // A broker that is being closed takes its gateway with it, which then closes every tab with its own code.
    if (!(error instanceof BrokerUnavailable)) tab.fail(error);
  }
  if (tab.state === 'open') for (const frame of tab.takeEarly()) take(tab, frame);
}

async function answer(tab: Tab, frame: Frame): Promise<void> {
  try {
    if (isSystemAction(frame.action)) await systemAction(tab, frame);
    else await act(tab, frame);
  } catch (error) {
    if (error instanceof BrokerUnavailable) tab.refuse(frame, 503, 'The broker cannot be reached');
    else tab.fail(error);
  }
}

async function systemAction(tab: Tab, frame: Frame): Promise<void> {
  tab.rules.counters.framesReceived.system++;
  if (frame.action === 'sys/auth') await refresh(tab, frame);
  else if (frame.action === 'sys/join') await join(tab, frame);
  else if (frame.action === 'sys/leave') leave(tab, frame);
  else if (frame.action === 'sys/ping') tab.reply(frame, 'sys/ping', []);
  else if (frame.action === 'sys/resume') tab.refuse(frame, 400, 'sys/resume: expected before the welcome');
  else tab.refuse(frame, 404, 'No such system action');
}
