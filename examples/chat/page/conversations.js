import { everyone, groupOf } from './rules.js';

/** Rooms that are offered to everybody; others may be joined by name. */
const offered = ['lobby', 'kitchen', 'workshop'];

/**
 * What this tab knows: its conversations, what is unread in them, who is where. Neither network nor page.
 *
 * The id of a conversation is the group behind it (`chat`, `room/lobby`), or `user/bob` for one with a single person.
 */
export class Conversations {
  /** @param user who we are; @param rooms that we are in from the start; @param changed called after every change */
  constructor(user, rooms, changed) {
    this.user = user;
    this.all = new Map();
    this.changed = changed;
    this.#add(everyone, 'everyone', 'Everyone', true);
    for (const room of new Set([...offered, ...rooms])) this.room(room).joined = rooms.includes(room);
    this.current = this.room(rooms[0] ?? offered[0]);
  }

  /** The conversation of a room, whether we have joined it or not. */
  room(name) {
    return this.all.get(groupOf(name)) ?? this.#add(groupOf(name), 'room', name, false);
  }

  /** The conversation with a person. */
  person(name) {
    return this.all.get(`user/${name}`) ?? this.#add(`user/${name}`, 'person', name, true);
  }

  get everyone() {
    return this.all.get(everyone);
  }

  /** Of the group of a publication; undefined where it is none of ours. */
  ofGroup(group) {
    return this.all.get(group);
  }

  /** Names of the rooms that we are in. */
  get rooms() {
    return this.#of('room').flatMap(({ joined, name }) => (joined ? [name] : []));
  }

  /** As a list shows them: everyone, rooms by name, people by name. */
  get ordered() {
    return [this.everyone, ...this.#of('room'), ...this.people];
  }

  /** Who has been online since this page was opened, or has been talked to. */
  get people() {
    return this.#of('person');
  }

  /** The conversation so many places below the one that is open. */
  beside(by) {
    const all = this.ordered.filter(({ joined }) => joined);
    return all.at((all.indexOf(this.current) + by) % all.length);
  }

  isOnline(name) {
    return this.everyone.members.has(name);
  }

  open(conversation) {
    this.current = conversation;
    conversation.unread = 0;
    this.changed();
  }

  /** Something has been said. @param seen whether the page shows it to somebody */
  said(conversation, seen) {
    if (conversation !== this.current || !seen) conversation.unread++;
    this.changed();
  }

  /** We ask who is in a conversation. Who comes meanwhile may not be in the answer. */
  entering(conversation) {
    conversation.members = new Set([this.user]);
  }

  /** These were there when we asked. */
  entered(conversation, names) {
    for (const name of names) {
      conversation.members.add(name);
      this.#met(name);
    }
    this.changed();
  }

  came(conversation, name) {
    conversation.members.add(name);
    this.#met(name);
    this.changed();
  }

  went(conversation, name) {
    conversation.members.delete(name);
    this.changed();
  }

  /** What is unread in all of them. */
  get unread() {
    return [...this.all.values()].reduce((sum, { unread }) => sum + unread, 0);
  }

  #met(name) {
    if (name !== this.user) this.person(name);
  }

  #of(kind) {
    const found = [...this.all.values()].filter((one) => one.kind === kind);
    return found.sort((one, other) => one.name.localeCompare(other.name));
  }

  #add(id, kind, name, joined) {
    const conversation = { id, kind, name, joined, unread: 0, members: new Set() };
    this.all.set(id, conversation);
    return conversation;
  }
}
