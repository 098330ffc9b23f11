/** The element with an id of index.html. */
export const byId = (id) => document.getElementById(id);

/** Makes an element. Children that are strings become text, whatever they contain. */
export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** The initial of a person on a colour that goes with the name. Decoration: the name itself has to stand beside it. */
export function avatar(name) {
  const made = element('span', { className: 'avatar', ariaHidden: 'true' }, [...name][0].toUpperCase());
  const hash = [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 360, 7);
  made.style.setProperty('--hue', hash);
  return made;
}
