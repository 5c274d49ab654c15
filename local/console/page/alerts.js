/** Alerts kept in the list. */
const MAX_ALERTS = 100;

const DAY_SECONDS = 86_400;

const time = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium', timeZone: 'Asia/Tokyo' });
const dateTime = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'long', timeZone: 'Asia/Tokyo' });

/** An element with attributes and children; texts stay texts. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...children);
  return made;
}

/** The list of alerts, its filter and its pause, and the dialog with the evidence of one. */
export class AlertList {
  #list = document.getElementById('alerts');
  #alerts = [];
  #shown = 'all';
  #paused = false;
  #openId;

  constructor() {
    for (const button of document.querySelectorAll('[data-shown]')) {
      button.addEventListener('click', () => this.#show(button));
    }
    document.getElementById('pause').addEventListener('click', ({ currentTarget }) => {
      this.#paused = !this.#paused;
      currentTarget.setAttribute('aria-pressed', String(this.#paused));
      currentTarget.textContent = this.#paused ? 'Resume' : 'Pause';
      this.#draw();
    });
    document.getElementById('verify').addEventListener('click', () => this.#verify());
    document.getElementById('close').addEventListener('click', () => document.getElementById('evidence').close());
  }

  /** @param {object[]} alerts new ones, the latest first */
  add(alerts) {
    this.#alerts = [...alerts, ...this.#alerts].slice(0, MAX_ALERTS);
    if (alerts.length > 0) this.#draw();
  }

  clear() {
    this.#alerts = [];
  }

  #show(button) {
    this.#shown = button.dataset.shown;
    for (const other of document.querySelectorAll('[data-shown]')) {
      other.setAttribute('aria-pressed', String(other === button));
    }
    this.#draw(true);
  }

  /** While it is paused the list stays as it is, except for another filter. */
  #draw(force = false) {
    if (this.#paused && !force) return;
    const shown = this.#alerts.filter(({ decision }) => this.#shown === 'all' || decision === this.#shown);
    const focused = document.activeElement?.closest?.('#alerts li')?.dataset.key;
    const rows = new Map([...this.#list.children].map((row) => [row.dataset.key, row]));
    this.#list.replaceChildren(...shown.map((alert) => rows.get(keyOf(alert)) ?? this.#row(alert)));
    if (focused !== undefined) this.#list.querySelector(`[data-key="${CSS.escape(focused)}"] button`)?.focus();
    document.getElementById('no-alerts').hidden = shown.length > 0;
  }

  #row(alert) {
    const { judgedAt, decision, score, amount, transactionId, reasons, pattern } = alert;
    const button = element(
      'button',
      { type: 'button', 'aria-haspopup': 'dialog' },
      element('time', { datetime: judgedAt }, time.format(new Date(judgedAt))),
      element('span', { class: `decision ${decision}` }, `${decision} ${score}`),
      element('span', { class: 'amount' }, amount),
      element('span', { class: 'id' }, transactionId),
      element(
        'ul',
        {},
        ...reasons.map(({ text }) => element('li', {}, text)),
        ...notesOn(alert).map((note) => element('li', { class: 'injected' }, note)),
        ...(pattern ? [element('li', { class: 'injected' }, `injected: ${pattern}`)] : []),
      ),
    );
    button.addEventListener('click', () => this.#open(alert));
    return element('li', { 'data-key': keyOf(alert) }, button);
  }

  #open(alert) {
    const { transactionId, decision, score, amount, occurredAt, customerId, outcome, reasons, coverageSeconds } = alert;
    this.#openId = transactionId;
    document
      .getElementById('evidence-title')
      .replaceChildren(element('span', { class: `decision ${decision}` }, `${decision} ${score}`), transactionId);
    document.getElementById('evidence-body').replaceChildren(
      table({
        occurred: dateTime.format(new Date(occurredAt)),
        amount,
        outcome,
        customer: customerId,
        history: hours(coverageSeconds),
      }),
      ...reasons.flatMap(({ rule, weight, text, evidence }) => [
        element('h3', {}, rule, ' ', element('small', {}, `adds ${weight} to the score`)),
        element('p', {}, text),
        table(evidence),
      ]),
    );
    this.#say('', '');
    document.getElementById('evidence').showModal();
  }

  async #verify() {
    const id = this.#openId;
    const button = document.getElementById('verify');
    button.disabled = true;
    this.#say('', 'Judging it again from the database');
    try {
      const response = await fetch(`/transactions/${encodeURIComponent(id)}/verify`);
      const answer = await response.json();
      if (id !== this.#openId) return;
      if (!response.ok) this.#say('bad', answer.error);
      else if (answer.identical)
        this.#say('good', `The stored verdict equals the recomputed one, by rule set ${answer.ruleSetVersion}.`);
      else
        this.#say(
          'bad',
          `Recomputed it is ${answer.recomputed.decision} ${answer.recomputed.score}, stored ${answer.stored.decision} ${answer.stored.score}.`,
        );
    } catch (error) {
      this.#say('bad', `It could not be verified: ${error.message}`);
    } finally {
      button.disabled = false;
    }
  }

  #say(kind, text) {
    const place = document.getElementById('verification');
    place.className = kind;
    place.textContent = text;
  }
}

/** What an analyst should know of a verdict besides its reasons. */
function notesOn({ revised, withdrawn, coverageSeconds }) {
  const notes = [];
  if (withdrawn) notes.push('withdrawn: it was an alert before');
  if (revised) notes.push('judged again: an earlier transaction arrived later');
  if (coverageSeconds < DAY_SECONDS) notes.push(`judged on ${hours(coverageSeconds)} of history`);
  return notes;
}

function hours(seconds) {
  return `${Math.floor(seconds / 360) / 10} of 24 h`;
}

function keyOf({ transactionId, judgedAt }) {
  return `${transactionId} ${judgedAt}`;
}

function table(values) {
  const rows = Object.entries(values).map(([name, value]) =>
    element('tr', {}, element('th', { scope: 'row' }, name), element('td', {}, String(value))),
  );
  return element('table', {}, element('tbody', {}, ...rows));
}
