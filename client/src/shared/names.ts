/** Version of this package: pages of different versions share nothing, for they might not understand each other. */
export const version = '0.1.0';

const prefix = `tabcast/${version} `;

/** Names what the pages that connect to a URL share: their SharedWorker, or the Web Lock of their leader. */
export function sharedName(url: string): string {
  return prefix + url;
}

/** The URL that `sharedName` made a name of. */
export function sharedUrl(name: string): string {
  return name.slice(prefix.length);
}
