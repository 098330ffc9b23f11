import { avatar, byId, element } from './dom.js';

/** The lists of conversations. Elements are kept, so that the one with the focus keeps it. */
export class Sidebar {
  #items = new Map();
  #conversations;
  #choose;

  /** @param choose called with the conversation that somebody has chosen */
  constructor(conversations, choose) {
    this.#conversations = conversations;
    this.#choose = choose;
    byId('me').append(avatar(conversations.user), element('b', {}, conversations.user));
  }

  /** Shows how things are. */
  update() {
    const { everyone, ordered, people, unread } = this.#conversations;
    this.#fill(
      byId('rooms'),
      ordered.filter(({ kind }) => kind !== 'person'),
    );
    this.#fill(byId('people'), people);
    byId('online').textContent = everyone.members.size === 0 ? '' : `${everyone.members.size} online`;
    const elsewhere = byId('elsewhere');
    elsewhere.hidden = unread === 0;
    elsewhere.textContent = unread;
    byId('menu').ariaLabel = unread === 0 ? 'Conversations' : `Conversations, ${unread} unread`;
  }

  #fill(list, conversations) {
    const items = conversations.map((conversation) => this.#itemOf(conversation));
    const inOrder = items.every((item, index) => list.children[index] === item);
    if (!inOrder || list.children.length !== items.length) list.replaceChildren(...items);
  }

  #itemOf(conversation) {
    const item = this.#items.get(conversation.id) ?? this.#newItem(conversation);
    const { kind, name, joined, unread } = conversation;
    const online = this.#conversations.isOnline(name);
    const remarks = [
      ...(kind === 'person' ? [online ? 'online' : 'offline'] : []),
      ...(joined ? [] : ['not joined']),
      ...(unread > 0 ? [`${unread} unread`] : []),
    ];
    const button = item.firstElementChild;
    button.ariaLabel = [name, ...remarks].join(', ');
    button.ariaCurrent = conversation === this.#conversations.current ? 'page' : null;
    button.dataset.online = online;
    button.dataset.joined = joined;
    const badge = button.querySelector('.badge');
    badge.hidden = joined && unread === 0;
    badge.textContent = joined ? unread : 'join';
    return item;
  }

  #newItem(conversation) {
    const { id, kind, name } = conversation;
    const sign = element('span', { className: 'sign', ariaHidden: 'true' }, kind === 'everyone' ? '✱' : '#');
    const button = element(
      'button',
      { type: 'button', className: `conversation ${kind}` },
      kind === 'person' ? avatar(name) : sign,
      element('span', { className: 'name' }, name),
      element('span', { className: 'badge' }),
    );
    button.addEventListener('click', () => this.#choose(conversation));
    const item = element('li', {}, button);
    this.#items.set(id, item);
    return item;
  }
}
