import { serve } from '../../src/workers/worker.js';

/** Says what it hears. */
export class Echo {
  say(text: string): string {
    return text;
  }

  pid(): number {
    return process.pid;
  }

  fail(sentence: string): never {
    throw new Error(sentence);
  }
}

serve(new Echo());
