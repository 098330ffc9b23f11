import type { Frame } from './protocol.js';

/** Why bytes are not a frame. */
export interface Refused {
  refused: string;
  /** The tab that they are from, as far as they say so. */
  tab?: number;
}

/** Longest action, in UTF-16 code units. */
const maxActionLength = 256;

/** Deepest nesting of arrays and objects in `details`. MessagePack and JSON are written by recursion, on every gateway. */
export const maxDepth = 64;

/** Reads a frame from JSON text. */
export function decodeJson(text: string): Frame | Refused {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { refused: 'expected JSON' };
  }
  return normalize(value);
}

/** Writes a frame as JSON text. */
export function encodeJson(frame: Frame): string {
  return JSON.stringify(frame);
}

/** Checks a decoded value and copies its known members, so that nothing else of a client's object travels on. */
export function normalize(value: unknown): Frame | Refused {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { refused: 'expected an object {action, details}' };
  const { action, details, id, re, at, tab } = value as Record<string, unknown>;
  const wrong = checkMembers(action, details, id);
  if (wrong !== undefined) return isTabNumber(tab) ? { refused: wrong, tab } : { refused: wrong };
  const frame: Frame = { action: action as string, details: detailsOf(details) };
  if (id !== undefined) frame.id = id as string | number;
  if (isFrameId(re)) frame.re = re;
  if (isPlace(at)) frame.at = at;
  if (isTabNumber(tab)) frame.tab = tab;
  return frame;
}

function checkMembers(action: unknown, details: unknown, id: unknown): string | undefined {
  const wrongAction = checkAction(action);
  if (wrongAction !== undefined) return `action: expected ${wrongAction}`;
  const wrongDetails = checkDetails(details);
  if (wrongDetails !== undefined) return `details: expected ${wrongDetails}`;
  if (id !== undefined && !isFrameId(id)) return 'id: expected a string of at most 64 characters or a number';
  return undefined;
}

/** Says what was expected when a value is no action; undefined when it is one. */
export function checkAction(action: unknown): string | undefined {
  if (typeof action === 'string' && action !== '' && action.length <= maxActionLength) return undefined;
  return `a string of 1 to ${maxActionLength} characters`;
}

/** Says what was expected when a value cannot be details; undefined when it can. */
export function checkDetails(details: unknown): string | undefined {
  return isWritable(details, maxDepth)
    ? undefined
    : `at most ${maxDepth} levels of arrays and objects, and numbers of at most 64 bits`;
}

function isWritable(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return typeof value !== 'bigint';
  if (ArrayBuffer.isView(value)) return true;
  return levels > 0 && Object.values(value).every((member) => isWritable(member, levels - 1));
}

/** The arguments of an action: a value that is no array counts as an array of one, an absent one as none. */
export function detailsOf(details: unknown): unknown[] {
  if (Array.isArray(details)) return details;
  return details === undefined ? [] : [details];
}

function isFrameId(id: unknown): id is string | number {
  return typeof id === 'number' || (typeof id === 'string' && id.length <= 64);
}

function isPlace(at: unknown): at is [string, string | null] {
  return Array.isArray(at) && typeof at[0] === 'string' && (typeof at[1] === 'string' || at[1] === null);
}

function isTabNumber(tab: unknown): tab is number {
  return Number.isSafeInteger(tab) && (tab as number) > 0;
}
