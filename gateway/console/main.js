/**
 * @import { Api } from './api.js'
 * @import { NodeAnswer, NodesAnswer } from '../src/http/nodes.js'
 * @import { TrendsAnswer } from '../src/http/trends.js'
 */
import { NoAnswer, Refused } from './api.js';
import { Charts } from './charts.js';
import { showCloses } from './closes.js';
import { confirm, prepareConfirm } from './confirm.js';
import { byId, setText } from './elements.js';
import { clock, count, counted, duration } from './format.js';
import { GatewayTable } from './gateways.js';
import { Palette } from './lines.js';
import { MessageDesk } from './message.js';
import { Polling, pollInterval } from './polling.js';
import { Rows } from './rows.js';
import { SignIn } from './sign-in.js';
import { UserDesk } from './user.js';

const trouble = byId('trouble', HTMLElement);

/** @type {Api | undefined} */
let api;
let rows = new Rows();
/** @type {NodesAnswer | undefined} */
let nodes;
/** @type {TrendsAnswer | undefined} */
let trends;
/** When the last answer came, in ms since the epoch. */
let answeredAt = 0;
/** When the last trends came, by a clock that nobody sets. */
let trendsAt = 0;

const palette = new Palette();
const charts = new Charts((id) => palette.of(id));
const table = new GatewayTable(byId('gateways', HTMLTableElement), (node) => void drain(node));
const users = new UserDesk(accepted, failed);
const messages = new MessageDesk(accepted, failed);
const polling = new Polling(poll);
const signIn = new SignIn(signedIn);

/** The API with a key that was accepted. */
function accepted() {
  if (api === undefined) throw new Error('nobody is signed in');
  return api;
}

/** Asks for what the page shows. Resolves to whether there was an answer. */
async function poll() {
  const asked = accepted();
  try {
    const answer = await asked.nodes();
    // With every other question: a chart that is drawn more often shows nothing more.
    const due = trends === undefined || performance.now() - trendsAt >= trends.interval - pollInterval / 2;
    const freshTrends = due ? await asked.trends() : undefined;
    // Somebody has signed out meanwhile.
    if (asked !== api) return true;
    take(answer, freshTrends);
    return true;
  } catch (error) {
    if (asked !== api) return true;
    if (error instanceof Refused && error.status === 401) signOut('The key is not accepted any more.');
    else showTrouble(troubleOf(error));
    return false;
  }
}

/**
 * @param {NodesAnswer} answer
 * @param {TrendsAnswer | undefined} freshTrends
 */
function take(answer, freshTrends) {
  const now = Date.now();
  nodes = answer;
  answeredAt = now;
  rows.take(answer.gateways, now);
  if (freshTrends !== undefined) {
    trends = freshTrends;
    trendsAt = performance.now();
  }
  palette.keep(rows.at(now).map(({ node }) => node.id));
  show(now);
  charts.showPresent(answer);
  if (freshTrends !== undefined) {
    charts.show(freshTrends);
    showCloses(freshTrends.closes);
  }
  showTrouble(answer.degraded ? degradedSentence(answer) : undefined);
}

/** @param {number} now */
function show(now) {
  if (nodes === undefined) return;
  table.show(rows.at(now), now, (id) => palette.of(id));
  const { gateways, totals } = nodes;
  const share =
    totals.capacity === 0 ? '' : ` (${Math.round((100 * totals.tabs) / totals.capacity)} % of capacity)`;
  setText(
    byId('summary', HTMLElement),
    `${counted(gateways.length, 'gateway')}, ${counted(totals.tabs, 'tab')}${share}`,
  );
  document.title = `${trouble.hidden ? '' : '⚠ '}tabcast: ${counted(gateways.length, 'gateway')}, ${count(totals.tabs)} tabs`;
}

/** @param {string | undefined} sentence undefined: there is none any more */
function showTrouble(sentence) {
  trouble.hidden = sentence === undefined;
  setText(trouble, sentence ?? '');
  document.body.classList.toggle('stale', sentence !== undefined);
  show(Date.now());
  showFreshness();
}

/** Says how old everything is. */
function showFreshness() {
  const age = Date.now() - answeredAt;
  const text =
    api === undefined || answeredAt === 0 ? '' : age < 3000 ? 'live' : `as of ${duration(age)} ago`;
  setText(byId('freshness', HTMLElement), text);
}

/** @param {unknown} error */
function troubleOf(error) {
  const self = nodes?.gateways.find(({ self }) => self)?.id;
  const who = self === undefined ? 'The gateway of this page' : `Gateway ${self}, which serves this page,`;
  const known = answeredAt === 0 ? '' : ` What is shown is what it said at ${clock(answeredAt)}.`;
  const what = error instanceof NoAnswer ? 'does not answer' : `failed: ${failed(error)}`;
  return `${who} ${what}.${known} The page keeps trying; any other gateway serves it as well.`;
}

/** @param {NodesAnswer} answer */
function degradedSentence({ gateways }) {
  const oldest = Math.max(0, ...gateways.map(({ beatAge }) => beatAge));
  return `This gateway is cut off from Redis: what it shows of the others is what it knew ${duration(oldest)} ago.`;
}

/** @param {unknown} error */
function failed(error) {
  return /** @type {Error} */ (error).message;
}

/** @param {NodeAnswer} node */
async function drain({ id, tabs, self }) {
  const here = self ? ' It serves this page, which you will have to open from another one.' : '';
  const answer = await confirm({
    title: `Drain gateway ${id}?`,
    text: `It takes no new tabs, sends its ${counted(tabs, 'tab')} away over its drain window, and ends.${here}`,
    go: 'Drain',
  });
  if (answer === undefined) return;
  const result = byId('drain-result', HTMLElement);
  try {
    await accepted().drain(id);
    result.textContent = `Gateway ${id} has heard, and drains.`;
  } catch (error) {
    result.textContent = failed(error);
  }
  polling.hurry();
}

/** @param {Api} accepted one whose key the gateway accepts */
function signedIn(accepted) {
  api = accepted;
  showDesk(true);
  polling.start();
}

/** @param {string} why */
function signOut(why) {
  polling.stop();
  api = nodes = trends = undefined;
  rows = new Rows();
  answeredAt = 0;
  users.clear();
  messages.clear();
  for (const id of ['summary', 'drain-result']) setText(byId(id, HTMLElement), '');
  showTrouble(undefined);
  document.title = 'tabcast console';
  showDesk(false);
  signIn.again(why);
}

/** @param {boolean} visible */
function showDesk(visible) {
  byId('desk', HTMLElement).hidden = !visible;
  byId('sign-out', HTMLButtonElement).hidden = !visible;
}

prepareConfirm();
byId('sign-out', HTMLButtonElement).addEventListener('click', () => signOut(''));
document.addEventListener('visibilitychange', () => polling.look(!document.hidden));
polling.look(!document.hidden);
setInterval(() => {
  show(Date.now());
  showFreshness();
}, 1000);

signIn.begin();
