/**
 * Does what a phone does otherwise than this machine. Called before what is tested is loaded.
 *
 * @param {string} timeZone of the phone: days are China's wherever it is
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
