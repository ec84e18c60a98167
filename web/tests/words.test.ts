import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {Application} from '../src/api';
import {age, between, clock, duration, lastChange, length, matches, readiness, severityOf, step, toneOf} from '../src/words';

Object.assign(globalThis, {path: ['Pending', 'Starting', 'Complete'], tones: {Healthy: 'good', Degraded: 'bad'}});

const application = (parts: object): Application => parts;

void test('a length has a unit that fits it', () => {
  const expected: readonly [number, string][] = [[0, '0 ms'], [999, '999 ms'], [1000, '1.0 s'], [9999, '10.0 s'], [10_000, '10 s'], [119_999, '120 s'],
    [120_000, '2 min'], [7_200_000, '2 h'], [172_800_000, '2 d'], [-1, ''], [Number.NaN, '']];
  for (const [milliseconds, text] of expected) assert.equal(length(milliseconds), text);
});

void test('an age is in whole seconds, and a clock that is behind shows no negative one', () => {
  const now = Date.parse('2026-11-30T12:00:10Z');
  assert.equal(age('2026-11-30T12:00:09.500Z', now), 'now');
  assert.equal(age('2026-11-30T12:00:07.500Z', now), '2 s');
  assert.equal(age('2026-11-30T12:01:00Z', now), 'now');
  assert.equal(age(undefined, now), '');
  assert.equal(age('nonsense', now), '');
});

void test('what has not ended is measured until now', () => {
  assert.equal(between('2026-11-30T12:00:00Z', undefined, Date.parse('2026-11-30T12:00:20Z')), '20 s');
  assert.equal(between('2026-11-30T12:00:00Z', '2026-11-30T12:00:04Z', Date.parse('2027-01-01T00:00:00Z')), '4.0 s');
  assert.equal(between(undefined, undefined, 0), '');
});

void test('another day is said', () => {
  const noon = '2026-11-30T12:00:00Z';
  assert.match(clock(noon, Date.parse(noon)), /^[0-9]{2}:00:00$/);
  assert.match(clock(noon, Date.parse('2026-12-24T12:00:00Z')), /^30 Nov /);
});

void test('durations are read as manifests write them', () => {
  assert.equal(duration('500ms'), 500);
  assert.equal(duration('1h30m'), 5_400_000);
  assert.equal(duration('1.5s'), 1500);
  for (const wrong of ['', 'soon', '5', '5s soon', undefined]) assert.ok(Number.isNaN(duration(wrong)));
});

void test('problems come before what is well, and a phase that nobody knows before all', () => {
  const phases = ['Healthy', 'Unheard', 'Progressing', 'Degraded', 'Suspended', 'AwaitingApproval'];
  assert.deepEqual(phases.sort((a, b) => severityOf(a) - severityOf(b)), ['Unheard', 'Degraded', 'AwaitingApproval', 'Progressing', 'Suspended', 'Healthy']);
  assert.equal(toneOf('Unheard'), 'attention');
});

void test('a search finds every word anywhere in name, versions and labels', () => {
  const shop = application({metadata: {name: 'shop', labels: {team: 'Blue'}}, spec: {version: '2.1'}, status: {activeVersion: '2.0'}});
  assert.ok(matches(shop, 'sho team=blue'));
  assert.ok(matches(shop, '2.0 2.1'));
  assert.ok(!matches(shop, 'shop red'));
});

void test('the newest condition says when something changed last', () => {
  assert.equal(lastChange(application({metadata: {creationTimestamp: '2026-01-01T00:00:00Z'}, status: {conditions: [
    {lastTransitionTime: '2026-03-01T00:00:00Z'}, {lastTransitionTime: '2026-02-01T00:00:00Z'}]}})), '2026-03-01T00:00:00Z');
  assert.equal(lastChange(application({})), '');
});

void test('replicas are counted over components', () => {
  assert.deepEqual(readiness(application({status: {components: [{ready: 1, desired: 2}, {ready: 1, desired: 1}]}})), {ready: 2, desired: 3});
});

void test('a rollout that left its way has no step', () => {
  assert.deepEqual(step({status: {phase: 'Starting'}}), {number: 1, of: 2});
  assert.equal(step({status: {phase: 'RollingBack'}}), undefined);
  assert.equal(step(undefined), undefined);
});
