import type { Postmark } from '../books/message.js';
import type { SendReport } from './plan.js';

/** A way to a server. What is taken leaves with the next flush, or as soon as the way is free. */
export interface Way {
  /** Connects. */
  open(): Promise<void>;
  take(mark: Postmark): void;
  /** @throws what has ended the run */
  flush(): void;
  /** Resolves when everything that was taken is answered. */
  settle(): Promise<Partial<SendReport>>;
  close(): void;
}
