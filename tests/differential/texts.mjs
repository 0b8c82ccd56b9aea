// SPDX-License-Identifier: LGPL-2.1-or-later
// JSON texts, valid and damaged, from a seed: the same ones for the same seed.

const WORDS = ['null', 'true', 'false'];
const SPACES = [' ', '\n', '\r', '\t', '  '];
const KEYS = ['', 'a', 'b', 'a', 'event', 'data', '0', '1', '10', '01', '-1', '__proto__', 'é', '𝄞'];
const NUMBERS = [
  '0', '-0', '-0.0', '0e0', '1E2', '1e+2', '1e-2', '0.1', '1e308', '-1e308', '1e309', '-1e400', '5e-324',
  '2e-324', '2.4703282292062327e-324', '2.4703282292062328e-324', '2.2250738585072011e-308',
  '1.7976931348623157e308', '1.7976931348623159e308', '9007199254740991', '9007199254740992',
  '9007199254740993', '-9007199254740993', '9223372036854775807', '-9223372036854775808',
  '9223372036854775808', '18446744073709551615', '123456789012345678901234567890',
  '0.30000000000000004', '8.41e21', '6929495644600919.5', '9007199254740993.0', '9007199254740992.99999',
];
const RAW = ['é', 'ß', '€', '\u2028', '\u2029', '\ufeff', '\ufffd', '\uffff', '😀', '𝄞', '\u{10ffff}',
  '\x7f', '/'];
const ESCAPES = ['\\"', '\\\\', '\\/', '\\b', '\\f', '\\n', '\\r', '\\t', '\\u0000', '\\ud800', '\\udfff',
  '\\ud83d\\ude00', '\\uDBFF\\uDFFF', '\\ud800\\u0041', '\\ud800\\n', '\\udc00\\ud800', '\\\\u0041'];
// What some parser takes for JSON, and what none does.
const STRANGE = [
  'NaN', 'Infinity', '-Infinity', 'undefined', '01', '-01', '+1', '.5', '1.', '1.e5', '0x10', '1e',
  '1e+', '--1', '1_0', "'a'", '/* c */', '// c\n', '#', 'True', 'nul', 'truee', '[,]', '{,}', '[1,]',
  '{"a":1,}', '{"a" 1}', '{a:1}', '{1:1}', '"\\x41"', '"\\u12"', '"\\u12g4"', '"\\v"', '"\\0"', '"\\',
  '"', ',', ':', ']', '}', '\u00a0', '\u2003', '\ufeff', '\v', '\f', '\0', '\x1f', '"\x01"', '"\n"',
  '"\t"', '"\0"', '{} {}', '[] 1', ';',
].map(text => Buffer.from(text)).concat([
  [0xff], [0x80], [0xc0, 0x80], [0xc3], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80],
  [0xf0, 0x80, 0x80, 0x80],
].map(bytes => Buffer.from(bytes)));

export class Generator {
  #state;

  constructor (seed) {
    this.#state = seed >>> 0;
  }

  // Tommy Ettinger's mulberry32.
  #random () {
    this.#state = this.#state + 0x6d2b79f5 >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ t >>> 15, t | 1);
    t ^= t + Math.imul(t ^ t >>> 7, t | 61);
    return (t ^ t >>> 14) >>> 0;
  }

  #below (limit) {
    return this.#random() % limit;
  }

  #pick (list) {
    return list[this.#below(list.length)];
  }

  #repeat (limit, make) {
    return Array.from({length: this.#below(limit)}, make);
  }

  #digits (limit) {
    return this.#repeat(limit, () => this.#below(10)).join('');
  }

  #number () {
    const sign = this.#below(3) === 0 ? '-' : '';
    switch (this.#below(6)) {
      case 0: return this.#pick(NUMBERS);
      case 1: return sign + this.#below(1000);
      case 2: return sign + (1 + this.#below(9)) + this.#digits(20);
      case 3: return `${sign}${this.#below(10)}.${this.#below(10)}${this.#digits(25)}`;
      case 4: {
        const exponent = this.#pick(['e', 'E', 'e+', 'E-', 'e-']) + this.#below(340);
        const fraction = this.#below(2) ? `.${this.#below(10)}${this.#digits(20)}` : '';
        return `${sign}${1 + this.#below(9)}${fraction}${exponent}`;
      }
      default: {
        const bits = new DataView(new ArrayBuffer(8));
        bits.setUint32(0, this.#random());
        bits.setUint32(4, this.#random());
        const number = bits.getFloat64(0);
        return Number.isFinite(number) ? String(number) : '1';
      }
    }
  }

  #hex () {
    const hex = this.#below(0x10000).toString(16).padStart(4, '0');
    return this.#below(2) ? hex : hex.toUpperCase();
  }

  #string () {
    return `"${this.#repeat(this.#below(8) ? 8 : 40, () => {
      switch (this.#below(8)) {
        case 0: return this.#pick(ESCAPES);
        case 1: return '\\u' + this.#hex();
        case 2: return this.#pick(RAW);
        default: return 'abcdefgh ,:{}[]01'.charAt(this.#below(17));
      }
    }).join('')}"`;
  }

  #space () {
    return this.#below(6) === 0 ? this.#pick(SPACES) : '';
  }

  #spaced (text) {
    return this.#space() + text + this.#space();
  }

  #key () {
    return this.#below(3) === 0 ? this.#string() : `"${this.#pick(KEYS)}"`;
  }

  #value (depth) {
    const kind = this.#below(depth > 0 ? 8 : 4);
    if (kind === 0)
      return this.#pick(WORDS);
    if (kind === 1)
      return this.#string();
    if (kind < 4)
      return this.#number();
    const inner = () => this.#spaced(this.#value(depth - 1));
    if (kind < 6)
      return `[${this.#repeat(5, inner).join(',') || this.#space()}]`;
    return `{${this.#repeat(5, () => `${this.#spaced(this.#key())}:${inner()}`).join(',') || this.#space()}}`;
  }

  // Around the limit of 256.
  #deep () {
    const levels = Array.from({length: 250 + this.#below(12)}, () => this.#below(2));
    return levels.map(object => object ? '{"a":' : '[').join('') + this.#value(0) +
           levels.reverse().map(object => object ? '}' : ']').join('');
  }

  #damage (text) {
    const at = this.#below(text.length + 1);
    const after = Math.min(at + this.#below(4), text.length);
    const other = this.#below(text.length + 1);
    const start = text.subarray(0, at);
    const join = (...parts) => Buffer.concat(parts);
    switch (this.#below(7)) {
      case 0: return join(start, Buffer.from([this.#below(256)]), text.subarray(at + 1));
      case 1: return join(start, Buffer.from([this.#below(128)]), text.subarray(at));
      case 2: return join(start, text.subarray(after));
      case 3: return start;
      case 4: return join(text.subarray(0, after), text.subarray(at));
      case 5: return join(start, text.subarray(other));
      default: return join(start, this.#pick(STRANGE), text.subarray(at));
    }
  }

  next () {
    let text = Buffer.from(this.#below(150) === 0 ? this.#deep() : this.#spaced(this.#value(4)));
    if (this.#below(2))
      for (let i = 0; i <= this.#below(3); i++)
        text = this.#damage(text);
    else if (this.#below(20) === 0)
      text = Buffer.from(this.#pick(STRANGE));
    return text;
  }
}
