import type { Identity } from './identity.js';

/** Whether a tab may join a group by itself: some `join` pattern of its identity matches. Anonymous tabs may not. */
export function mayJoin(identity: Identity | null, group: string): boolean {
  return identity?.join.some((pattern) => matches(pattern, group)) ?? false;
}

/**
 * Whether a pattern matches a whole text. `*` stands for any characters, also none; everything else for itself.
 * The parts between stars are searched from left to right, each from where the one before ended. The first place found
 * is as good as any later one, so nothing is tried twice, which a regular expression could not promise.
 */
function matches(pattern: string, text: string): boolean {
  const [head, ...parts] = pattern.split('*') as [string, ...string[]];
  const tail = parts.pop();
  if (tail === undefined) return pattern === text;
  if (!text.startsWith(head) || !text.endsWith(tail)) return false;
  let end = head.length;
  for (const part of parts) {
    const start = text.indexOf(part, end);
    if (start === -1) return false;
    end = start + part.length;
  }
  return end + tail.length <= text.length;
}
