// Watches one bond: asks for it, hears what changes, and shows both.
import { ask, credential, excuse, passing } from "/assets/api.js";
import { draw } from "/assets/bond.js";
import { historyChart } from "/assets/charts.js";
import { newCosts } from "/assets/costs.js";
import { byID, el, say, show } from "/assets/dom.js";
import { connect } from "/assets/live.js";
import { reading } from "/assets/reading.js";
import * as words from "/assets/words.js";

const poll = 5_000; // ms between questions while no news come
const pace = 2_000; // ms that news wait for others before they make us ask again
const mostAlerts = 5;

// newWatch returns a watch. onSize is called with another size that the visitor picks,
// onForbidden when the full detail is not for him.
export function newWatch({ onSize, onForbidden }) {
  let question = null; // { isin, size, full }; null while nothing is watched
  let body = null;     // the newest answer about the bond, null until there is one
  let answered = null; // the question that body answers
  let behind = null;   // of when its words are, once news have changed its numbers
  let refused = null;  // why the last question got no answer
  let notBefore = 0;   // until when the server wants a pause, in ms since 1970
  let fits = null;     // a smaller size with a way out
  let feed = {};       // of the bond: on, reason if not, seq, size that it is for
  let alerts = [];
  let announced = "";
  let asking = new AbortController(), later;

  const history = historyChart();
  const costs = newCosts(size => {
    fits = size;
    render();
  });

  function watch(next) {
    if (question?.isin !== next.isin) forget();
    question = next;
    socket.follow([topicOf(next), topicOf(next) + ".alerts"]);
    status();
    render();
    refresh();
  }

  function stop() {
    forget();
    question = null;
    socket.follow([]);
  }

  function forget() {
    clearTimeout(later);
    asking.abort();
    costs.stop();
    [body, answered, behind, refused, later, fits, alerts, announced, feed] = [null, null, null, null, undefined, null, [], "", { on: feed.on }];
  }

  async function refresh() {
    clearTimeout(later);
    later = undefined;
    asking.abort();
    const { signal } = asking = new AbortController();
    const about = question;
    try {
      const answer = await ask(about.isin, about.size, about.full, signal);
      [body, answered, behind, refused] = [answer, about, null, null];
    } catch (no) {
      if (signal.aborted) return;
      if (no.status === undefined) throw no; // ours, not the server's
      if (no.status === 403 && about.full) return onForbidden();
      [refused, notBefore] = [no, Date.now() + no.after * 1e3];
    }
    render();
  }

  setInterval(() => {
    const wanting = !feed.on || refused && passing(refused);
    if (question && wanting && !document.hidden && Date.now() >= notBefore) refresh();
  }, poll);

  const socket = connect({
    token: credential,
    onState(on, reason) {
      Object.assign(feed, { on, reason });
      status();
    },
    onNews(frame, gap) {
      if (frame.topic === topicOf(question)) {
        feed.seq = frame.seq;
        status();
      }
      const alert = frame.type === "alert";
      if (alert) heed(frame.payload);
      if (!gap && (alert || merge(frame))) return;
      later ??= setTimeout(refresh, Math.max(pace, notBefore - Date.now()));
    },
  });

  // merge takes what a frame says, and returns whether there is nothing left to ask
  // for. There is after a change, as frames have no words, and of news for another size
  // than ours, or with less in them than what is shown, which it leaves. A feed is
  // for one size, which not all of its frames say.
  function merge({ payload, meta, ts }) {
    feed.size = payload.trade_size ?? feed.size;
    if (body === null || answered !== question || feed.size !== undefined && Number(feed.size) !== question.size) return false;
    if (Object.keys(payload).some(name => detailed(body[name]) && !detailed(payload[name]) && payload[name]?.length !== 0)) return false;
    const same = Object.keys(payload).every(name => !(name in body) || JSON.stringify(payload[name]) === JSON.stringify(body[name]));
    if (!same) behind ??= reading(body).at;
    body = {
      ...body, as_of: ts ?? body.as_of, ...payload,
      data_freshness: meta?.data_freshness ?? body.data_freshness, confidence_overall: meta?.confidence ?? body.confidence_overall,
    };
    render();
    return same;
  }

  function heed({ message, severity, timestamp }) {
    alerts = [{ message: String(message ?? ""), severity: String(severity ?? "info"), at: new Date(timestamp ?? Date.now()) }, ...alerts].slice(0, mostAlerts);
    render();
  }

  function status() {
    if (!question) return;
    byID("live").dataset.state = feed.on ? "on" : "poll";
    byID("live").title = feed.on ? "" : feed.reason || "The live feed is not there.";
    show(byID("live-text"), feed.on ? "Live" : "Not live: asks every 5 s", text => text);
    byID("seq").textContent = feed.on && feed.seq !== undefined ? `update ${feed.seq}` : "";
  }

  function render() {
    const there = body !== null;
    byID("problem").hidden = there || !refused;
    byID("bond").hidden = !there && refused !== null;
    byID("bond").classList.toggle("waiting", !there);
    byID("bond").setAttribute("aria-busy", answered !== question);
    byID("old").hidden = !refused;
    if (refused) problem();
    show(byID("alerts"), alerts, () => alerts.map(a => el("p", { class: a.severity }, el("time", null, words.clock(a.at)), " ", a.message)));
    byID("bond-title").textContent = question.isin;
    document.title = question.isin + " · Ways out of a bond";
    if (there) shown(reading(body));
  }

  function shown(r) {
    const { size, full } = answered; // until another answer is there
    draw(r, { size, full, fits, behind, ask: onSize });
    history(r);
    const level = r.index.known ? r.index.level : "not enough data";
    document.title = `${r.isin}: ${r.index.known ? words.score(r.index.value) + ", " : ""}${level}`;
    const text = `${r.isin}: liquidity ${level}. ${r.best ? "Best way out: " + words.path(r.best.path) : "No way out at this size"}.`;
    if (text !== announced) say(announced = text); // what matters, not each number
    if (answered === question) costs.around(question, r);
  }

  function problem() {
    const [title, text] = excuse(refused, question.isin);
    if (body !== null) byID("old").textContent = `${title}. These numbers are from ${words.clock(reading(body).at)}, for ${words.amount(answered.size)}. ${text}`;
    byID("problem-title").textContent = title;
    byID("problem-text").textContent = text;
    byID("again").hidden = refused.status === 401;
  }
  byID("again").addEventListener("click", refresh);

  // renew forgets what another credential was told.
  function renew() {
    forget();
    socket.restart();
  }

  return { watch, stop, renew };
}

// topicOf names what tells of a bond, all but alerts.
const topicOf = ({ isin }) => "lr." + isin;

// detailed reports whether a part of a body is one of the full detail, in which
// each says where it comes from.
const detailed = part => Boolean((Array.isArray(part) ? part[0] : part)?.source);
