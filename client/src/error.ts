import { clientErrorCodes } from '@tabcast/shared';

/** What a request was answered with, or why it was not: see docs/errors.md. */
export class TabcastError extends Error {
  override readonly name = 'TabcastError';
  readonly action: string;
  readonly code: number;

  constructor(action: string, code: number, message: string) {
    super(message);
    this.action = action;
    this.code = code;
  }
}

/** An error that was found here, without a word from outside. */
export function clientError(action: string, code: keyof typeof clientErrorCodes): TabcastError {
  return new TabcastError(action, code, clientErrorCodes[code].sentence);
}
