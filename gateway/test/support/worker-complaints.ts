import type { Browser, CDPSession } from 'playwright-core';

/** What the DevTools say of a SharedWorker, as far as it is looked at here. */
interface WorkerEvent {
  method?: string;
  params?: {
    exceptionDetails?: { text: string; exception?: { description?: string } };
    type?: string;
    args?: { value?: unknown; description?: string }[];
    entry?: { level: string; text: string };
  };
}

/**
 * Hears the SharedWorkers of a browser, which Playwright does not: exceptions that nobody caught, errors on the console,
 * and what Chromium itself has to say, a breach of the Content-Security-Policy for instance.
 */
export async function hearWorkers(browser: Browser, complain: (complaint: string) => void): Promise<void> {
  const devtools = await browser.newBrowserCDPSession();
  devtools.on('Target.targetCreated', ({ targetInfo: { targetId, type, url } }) => {
    if (type !== 'shared_worker') return;
    // A worker may be gone before anybody listens.
    listen(devtools, targetId).catch((error) => console.warn(`${url} was not heard: ${error}`));
  });
  devtools.on('Target.receivedMessageFromTarget', ({ message }) => {
    const complaint = complaintOf(JSON.parse(message));
    if (complaint !== undefined) complain(`SharedWorker: ${complaint}`);
  });
  await devtools.send('Target.setDiscoverTargets', { discover: true });
}

async function listen(devtools: CDPSession, targetId: string): Promise<void> {
  const { sessionId } = await devtools.send('Target.attachToTarget', { targetId, flatten: false });
  for (const [id, method] of ['Runtime.enable', 'Log.enable'].entries())
    await devtools.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method }) });
}

function complaintOf({ method, params }: WorkerEvent): string | undefined {
  const { exceptionDetails, type, args = [], entry } = params ?? {};
  if (method === 'Runtime.exceptionThrown')
    return exceptionDetails?.exception?.description ?? exceptionDetails?.text;
  if (method === 'Runtime.consoleAPICalled' && type === 'error')
    return args.map(({ value, description }) => value ?? description).join(' ');
  return method === 'Log.entryAdded' && entry?.level === 'error' ? entry.text : undefined;
}
