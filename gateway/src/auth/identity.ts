/** What a token or the backend proved about a tab. An anonymous tab has no identity at all. */
export interface Identity {
  /** The user, claim `sub`. */
  readonly user: string;
  /** One login of the user, claim `sid`; null where the token names none. */
  readonly session: string | null;
  /** Groups that the tab is put into at once, claim `groups`. */
  readonly groups: readonly string[];
  /** Patterns of groups that the tab may join by itself, claim `join`; `*` stands for any characters. */
  readonly join: readonly string[];
  /** When this proof ends, in ms since the epoch, claim `exp`; null where the backend vouches without an end. */
  readonly expires: number | null;
  /** When this proof was made, in ms since the epoch, claim `iat`; null where the token does not say. */
  readonly issued: number | null;
  /** Id of the token, claim `jti`; null where it has none. */
  readonly tokenId: string | null;
}
