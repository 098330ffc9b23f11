import type { SelfSend, SelfWay, SendPlan, SendReport } from './plan.js';

/** Tells a server to send by itself; resolves when it has. */
export async function sendItself(
  { url, channels }: SelfWay,
  { textBytes, perSecond, total }: SendPlan,
): Promise<SendReport> {
  const order: SelfSend = { channels, textBytes, perSecond, total };
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(order) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return (await response.json()) as SendReport;
}
