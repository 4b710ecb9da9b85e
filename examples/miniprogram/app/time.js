/** The time of day in China, wherever the phone is: 08:05. */
function timeOf(seconds) {
  return inChina(seconds).slice(11, 16);
}

/** Day and time in China: 11月24日 08:05. */
function momentOf(seconds) {
  const [, month, date] = inChina(seconds).slice(0, 10).split('-').map(Number);
  return `${month}月${date}日 ${timeOf(seconds)}`;
}

const inChina = seconds => new Date((seconds + 8 * 3600) * 1000).toISOString();

module.exports = { timeOf, momentOf };
