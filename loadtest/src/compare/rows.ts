import { type Spread, spread } from '../books/figures.js';
import type { Absence, ComparisonRow, ComparisonTable, Measurement } from '../report/comparison.js';
import { describeWorkload, offeredBy, type Workload } from './workload.js';

/** A sender that is later than this has not kept its timetable, ms. */
const usualBehind = 100;

/** All that was measured under one workload, servers in the order in which they are given. */
export function tableOf(
  workload: Workload,
  servers: readonly string[],
  measurements: readonly Measurement[],
  yardstick: string,
  left: readonly Absence[],
): ComparisonTable {
  const under = measurements.filter((measurement) => measurement.workload === workload.text);
  const of = (name: string) => under.filter(({ peer }) => peer === name);
  return {
    workload: workload.text,
    about: describeWorkload(workload),
    offered: offeredBy(workload),
    rows: servers.filter((name) => of(name).length > 0).map((name) => rowOf(name, of(name), of(yardstick))),
    left,
  };
}

/** CPU per delivery of a server in proportion to the yardstick's, round by round. */
export function ratios(rounds: readonly Measurement[], yardstick: readonly Measurement[]): Spread {
  const perRound = new Map(yardstick.map(({ round, gatewayCpu }) => [round, gatewayCpu]));
  return spreadOf(rounds, ({ round, gatewayCpu }) => gatewayCpu / (perRound.get(round) ?? Number.NaN));
}

/** A core that is busier has nothing more to give, as a share. */
const full = 0.9;

/**
 * What makes measurements unsound, a sentence each. That a server saturates is a finding, and none of these; but where
 * both cores had time left, what is missing is lost, and nothing excuses a double.
 */
export function problemsOf(measurements: readonly Measurement[]): string[] {
  return measurements.flatMap((measurement) => {
    const { peer, workload, round, saturated, serverCoreBusy, loadCoreBusy, behind } = measurement;
    const where = `${peer} under ${workload}, round ${round}`;
    const excused = saturated && Math.max(serverCoreBusy, loadCoreBusy) > full ? { lost: 0, closed: 0 } : {};
    const faults = named({ ...measurement, ...excused }, 'lost');
    return [
      ...(faults.length > 0 ? [`${where}: ${faults.join(', ')}`] : []),
      ...(behind > usualBehind
        ? [`${where}: the sender fell behind its timetable by ${Math.round(behind)} ms`]
        : []),
    ];
  });
}

function rowOf(
  peer: string,
  rounds: readonly Measurement[],
  yardstick: readonly Measurement[],
): ComparisonRow {
  const of = (figure: (measurement: Measurement) => number) => spreadOf(rounds, figure);
  return {
    peer,
    gatewayCpu: of(({ gatewayCpu }) => gatewayCpu),
    ratio: ratios(rounds, yardstick),
    cpuWithRedis: of(({ cpuWithRedis }) => cpuWithRedis),
    rate: of(({ rate }) => rate),
    p50: of(({ p50 }) => p50),
    p99: of(({ p99 }) => p99),
    connectCpu: of(({ connectCpu }) => connectCpu),
    residentPerTab: of(({ residentPerTab }) => residentPerTab),
    faults: faultsOf(rounds),
    serverCoreBusy: of(({ serverCoreBusy }) => serverCoreBusy).median,
    loadCoreBusy: of(({ loadCoreBusy }) => loadCoreBusy).median,
    intruded: of(({ intruded }) => intruded).max,
    stolen: of(({ stolen }) => stolen).max,
  };
}

/** What should be zero in every round, by name; empty when it is. */
function faultsOf(rounds: readonly Measurement[]): string {
  const saturated = rounds.filter((measurement) => measurement.saturated);
  const sound = rounds.filter((measurement) => !measurement.saturated);
  return [
    ...(saturated.length === 0 ? [] : [`saturated${among(saturated.length, rounds.length)}`]),
    ...named(added(saturated), 'lost or late'),
    ...named(added(sound), 'lost'),
  ].join(', ');
}

type Counts = Pick<Measurement, 'lost' | 'doubled' | 'late' | 'stray' | 'unheard' | 'closed'>;

function named({ lost, doubled, late, stray, unheard, closed }: Counts, nameOfLost: string): string[] {
  const counts = { [nameOfLost]: lost, doubled, 'out of order': late, stray, unheard, closed };
  const found = Object.entries(counts).filter(([, count]) => count > 0);
  return found.map(([name, count]) => `${name} ${count.toLocaleString('en')}`);
}

function added(rounds: readonly Measurement[]): Counts {
  const total = (name: keyof Counts) => rounds.reduce((sum, measurement) => sum + measurement[name], 0);
  return {
    ...{ lost: total('lost'), doubled: total('doubled'), late: total('late') },
    ...{ stray: total('stray'), unheard: total('unheard'), closed: total('closed') },
  };
}

function among(count: number, all: number): string {
  return count === all ? '' : ` in ${count} of ${all} rounds`;
}

function spreadOf(rounds: readonly Measurement[], figure: (measurement: Measurement) => number): Spread {
  return spread(rounds.map(figure).filter(Number.isFinite));
}
