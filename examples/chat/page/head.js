import { byId } from './dom.js';

/** More names than these are only counted. */
const named = 6;

/** Shows above the log what is open, who is there, and in the title of the window how much is unread. */
export function showHead(conversations) {
  const { current, unread } = conversations;
  byId('title').textContent = current.name;
  byId('title').className = current.kind;
  byId('members').textContent = audience(conversations);
  byId('leave').hidden = current.kind !== 'room' || !current.joined;
  byId('leave').ariaLabel = `Leave ${current.name}`;
  document.title = `${unread > 0 ? `(${unread}) ` : ''}${current.name} · tabcast chat`;
}

function audience({ current, everyone, user }) {
  if (current.kind === 'person') {
    if (current.name === user) return 'yourself, in your other tabs';
    return everyone.members.has(current.name) ? 'online' : 'offline';
  }
  if (!current.joined) return 'not joined';
  const names = [...current.members].sort((one, other) => one.localeCompare(other));
  const more = names.length - named;
  return [
    `${names.length} here`,
    [...names.slice(0, named), ...(more > 0 ? [`${more} more`] : [])].join(', '),
  ].join(': ');
}
