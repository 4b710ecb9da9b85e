/** A month whose days with a clock-in are marked. Asks for another one by the event `change`, `{ month }`. */
Component({
  properties: {
    month: String, // 2026-11
    today: String, // 2026-11-24
    days: Array, // with a clock-in, as 2026-11-24
    hasToday: Boolean, // whether today has one
  },

  data: {
    title: '',
    count: 0,
    isLast: true,
    cells: /** @type {Cell[]} */ ([]),
  },

  observers: {
    'month, today, days, hasToday': function (month, today, days, hasToday) {
      if (!month) return;
      const [year, number] = month.split('-').map(Number);
      const marked = new Set(hasToday ? [...days, today] : days);
      const cells = cellsOf(month, today, marked);
      this.setData({
        title: `${year}年${number}月`,
        count: cells.filter(cell => cell.isMarked).length,
        isLast: month >= today.slice(0, 7),
        cells,
      });
    },
  },

  methods: {
    previous() {
      this.go(-1);
    },

    next() {
      this.go(1);
    },

    go(months) {
      const [year, month] = this.data.month.split('-').map(Number);
      this.triggerEvent('change', { month: new Date(Date.UTC(year, month - 1 + months)).toISOString().slice(0, 7) });
    },
  },
});

/**
 * @typedef {object} Cell
 * @property {string} id
 * @property {string} [text] the day of the month; missing before the first
 * @property {string} [label] what is read aloud
 * @property {boolean} [isMarked]
 * @property {string} [look] classes
 */

/** @returns {Cell[]} The days of a month, behind as many empty cells as lie between Monday and the first. */
function cellsOf(month, today, marked) {
  const [year, number] = month.split('-').map(Number);
  const length = new Date(Date.UTC(year, number, 0)).getUTCDate();
  const before = (new Date(`${month}-01`).getUTCDay() + 6) % 7;
  /** @type {Cell[]} */
  const cells = Array.from({ length: before }, (_, i) => ({ id: `before-${i}` }));
  for (let date = 1; date <= length; date++) {
    const id = `${month}-${String(date).padStart(2, '0')}`;
    const isMarked = marked.has(id);
    cells.push({
      id,
      text: String(date),
      label: `${number}月${date}日${id === today ? '，今天' : ''}${isMarked ? '，已打卡' : ''}`,
      isMarked,
      look: [isMarked && 'is-marked', id === today && 'is-today', id > today && 'is-future'].filter(Boolean).join(' '),
    });
  }
  return cells;
}
