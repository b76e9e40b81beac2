import { InvalidArgumentError } from 'commander';
import { LOG_LINES_MAX } from './logs.ts';

/** The values of options. All functions throw InvalidArgumentError, which commander prints with the option. */

export function parseSeconds(value: string): number {
  return parseNumber(value, 'a number of seconds', (seconds) => seconds > 0);
}

export function parseVcpus(value: string): number {
  return Math.round(parseNumber(value, 'a number of processors', (vcpus) => vcpus > 0) * 1024);
}

export function parseGib(value: string): number {
  return Math.round(parseNumber(value, 'a number of GiB', (gib) => gib > 0) * 1024);
}

export function parseLines(value: string): number {
  const isValid = (lines: number) => Number.isInteger(lines) && lines >= 1 && lines <= LOG_LINES_MAX;
  return parseNumber(value, `a whole number from 1 to ${LOG_LINES_MAX}`, isValid);
}

export function parseCount(value: string): number {
  return parseNumber(value, 'a whole number', (count) => Number.isInteger(count) && count >= 0);
}

/** Adds `key=value` to the labels of earlier options. */
export function collectLabel(
  pair: string,
  earlier: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const at = pair.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It must be key=value.');
  return { ...earlier, [pair.slice(0, at)]: pair.slice(at + 1) };
}

function parseNumber(value: string, expected: string, isValid: (number: number) => boolean): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number) || !isValid(number)) {
    throw new InvalidArgumentError(`It must be ${expected}.`);
  }
  return number;
}
