import { BrokerUnavailable, OutcomeUnknown } from '../broker/broker.js';
import type { Answer } from './answer.js';
import { problem } from './problem.js';

/** Answers as asked, or says that the broker did not carry what it takes. */
export async function carried(answer: () => Promise<Answer>): Promise<Answer> {
  try {
    return await answer();
  } catch (error) {
    if (error instanceof BrokerUnavailable) return problem('broker-unavailable', { detail: error.message });
    if (error instanceof OutcomeUnknown) return problem('outcome-unknown', { detail: error.message });
    throw error;
  }
}
