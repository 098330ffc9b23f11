/** Of text and lines. All tones can be told from white and from black, since pages of both kinds show the same file. */
export const ink = '#768390';

/** Of gateways, one after the other. */
export const colours = [
  '#3b82f6',
  '#d97706',
  '#16a34a',
  '#db2777',
  '#8b5cf6',
  '#0891b2',
  '#dc2626',
  '#65a30d',
] as const;
