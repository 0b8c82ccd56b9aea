// SPDX-License-Identifier: LGPL-2.1-or-later
// Whether the library and JSON.parse() agree, about texts that are made from a seed or about the files of a
// directory: READ-JSON [SEED [COUNT]], or READ-JSON --corpus DIRECTORY. What is meant to differ:
//  - more than 256 arrays and objects inside one another are refused;
//  - an integer beyond 64 bits, for which json-glib has no type, has no value to compare;
//  - an integer of −0 is 0: json-glib's integers have no sign of zero;
//  - U+FFFD takes the place of NUL and of a half of a surrogate pair;
//  - what is infinite as a double is not written again.
import {spawnSync} from 'node:child_process';
import {readFileSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {Generator} from './texts.mjs';

const MAX_DEPTH = 256;
const [program, seed = '20240229', count = '100000'] = process.argv.slice(2);
const directory = seed === '--corpus' ? count : undefined;
const utf8 = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});

// {value}, or undefined for no JSON.
function parse (bytes) {
  try {
    return {value: JSON.parse(utf8.decode(bytes))};
  } catch {
    return undefined;
  }
}

// Of valid JSON; from its text, since a member can hide another of the same name.
function facts (text) {
  const bare = text.replace(/"(?:[^"\\]|\\.)*"/g, '""');
  let depth = 0;
  let deepest = 0;
  for (const character of bare) {
    if (character === '[' || character === '{')
      deepest = Math.max(deepest, ++depth);
    else if (character === ']' || character === '}')
      depth--;
  }
  const wide = bare.match(/-?\d[\d.eE+-]*/g)?.some(number =>
    /^-?\d+$/.test(number) && BigInt.asIntN(64, BigInt(number)) !== BigInt(number)) ?? false;
  return {deepest, wide};
}

const mend = string => string.replace(/\0|\p{Surrogate}/gu, '\ufffd');

function hasInfinity (value) {
  if (typeof value === 'number')
    return !Number.isFinite(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(hasInfinity);
}

// The members of an object as ours has them: of names that are mended to the same one, the first
// gives the place, and the last the value.
function members (object) {
  const mended = new Map();
  for (const name of Object.keys(object))
    mended.set(mend(name), object[name]);
  return [...mended];
}

function same (theirs, ours) {
  if (typeof theirs === 'string')
    return mend(theirs) === ours;
  if (typeof theirs !== 'object' || theirs === null)
    return Object.is(theirs, ours) || (Object.is(theirs, -0) && ours === 0);
  if (Array.isArray(theirs) !== Array.isArray(ours) || typeof ours !== 'object' || ours === null)
    return false;
  const [left, right] = [members(theirs), Object.entries(ours)];
  return left.length === right.length &&
         left.every(([name, value], i) => name === right[i][0] && same(value, right[i][1]));
}

// [kind, or the disagreement] of one text and of what was answered to it.
function judge (text, answer) {
  const theirs = parse(text);
  if (theirs === undefined)
    return answer === 'refused' ? ['refused by both'] : [null, 'only JSON.parse() refuses'];
  const {deepest, wide} = facts(utf8.decode(text));
  if (deepest > MAX_DEPTH)
    return answer === 'refused' ? ['nested too deeply'] : [null, 'nested too deeply, and taken'];
  if (answer.startsWith('refused'))
    return [null, 'only JSON.parse() takes'];
  if (wide)
    return ['integers beyond 64 bits'];
  if (hasInfinity(theirs.value))
    return answer === 'unwritable' ? ['infinite'] : [null, 'infinite, and written'];
  const ours = parse(Buffer.from(answer));
  if (ours === undefined || !same(theirs.value, ours.value))
    return [null, 'the values differ'];
  return ['values alike'];
}

function makeTexts () {
  if (directory !== undefined)
    return readdirSync(directory).sort().map(name => readFileSync(join(directory, name)));
  const generator = new Generator(Number(seed));
  return Array.from({length: Number(count)}, () => generator.next());
}

const texts = makeTexts();
const input = Buffer.concat(texts.flatMap(text => {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  return [length, text];
}));
const {status, signal, stdout, stderr} = spawnSync(program, [], {input, maxBuffer: 1 << 30});
const answers = (stdout ?? '').toString().split('\n').slice(0, -1);
const kinds = new Map();
const wrong = [];
texts.forEach((text, i) => {
  const [kind, disagreement] = judge(text, answers[i] ?? 'no answer');
  if (disagreement)
    wrong.push(`${disagreement}: ${JSON.stringify(text.toString('latin1'))} gives ${answers[i]}`);
  else
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
});

const enough = ['refused by both', 'nested too deeply', 'integers beyond 64 bits', 'infinite', 'values alike']
  .every(kind => kinds.get(kind) >= texts.length / 1000);
const results = [
  [status === 0 && answers.length === texts.length, `the program answers (${status ?? signal})`],
  [wrong.length === 0 && texts.length > 0, `no disagreement in ${texts.length} texts of ${directory ?? seed}`],
];
if (directory === undefined)
  results.push([enough, 'there is enough of each kind']);
console.log(`1..${results.length}`);
for (const [kind, times] of kinds)
  console.log(`# ${kind}: ${times}`);
for (const line of [...wrong.slice(0, 20), ...stderr.toString().split('\n').slice(0, 20)])
  console.log(`# ${line}`);
results.forEach(([good, name], i) => console.log(`${good ? 'ok' : 'not ok'} ${i + 1} - ${name}`));
process.exitCode = results.every(([good]) => good) ? 0 : 1;
