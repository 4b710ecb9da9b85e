/**
 * What a phone does otherwise than this machine. Required before what is tested, for the time zone: `Asia/Shanghai`, where
 * the phones are, or one behind UTC, wherever else they may be, as days are China's.
 *
 * @param {string} timeZone
 */
module.exports = function bePhone(timeZone) {
  process.env.TZ = timeZone;
  // Of dates an iPhone reads these and few others.
  const known = /^\d{4}\/\d\d\/\d\d( \d\d:\d\d:\d\d)?$|^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?)?$/;
  const read = text => typeof text === 'string' && !known.test(text) ? NaN : text;
  delete globalThis.Intl; // which WeChat on Android lacks
  for (const format of ['toLocaleString', 'toLocaleDateString', 'toLocaleTimeString']) delete Date.prototype[format];
  const { parse } = Date;
  globalThis.Date = class extends Date {
    constructor(...parts) { super(...parts.map(read)); }
    static parse(text) { return parse(read(text)); }
  };
};
