// The WebSocket side of the translator: says what changed, as it changes.

const firstWait = 1_000, mostWait = 30_000; // before the next attempt, in ms
const rarest = 300_000; // from one heartbeat to the next, in ms, as a server may be set up
const grace = 45_000; // that a heartbeat may be late, before the connection is taken for dead

// connect opens the socket and keeps opening it. onNews gets each snapshot and event
// of a topic that is followed, and whether events before it were left out; onState
// gets true while news of all topics come, false with a reason while they do not.
// token returns the credential, "" for none.
export function connect({ token, onNews, onState }) {
  const address = location.origin.replace(/^http/, "ws") + "/ws/liquidity-risk";
  const last = new Map(); // topic: the seq of its last frame
  const unheard = new Set(); // topics that the server has not said yes to
  let topics = [], socket, wait = firstWait, retry, watch;

  const send = message => { if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message)); };

  // subscribe asks for what is new at once, as frames are limited, and resumes the
  // others one by one, each from where it was.
  function subscribe(wanted) {
    wanted.forEach(topic => unheard.add(topic));
    const anew = wanted.filter(topic => !last.has(topic));
    if (anew.length > 0) send({ action: "subscribe", topics: anew });
    wanted.filter(topic => last.has(topic)).forEach(topic => send({ action: "subscribe", topic, resume_from_seq: last.get(topic) }));
  }

  function open() {
    clearTimeout(retry);
    const mine = socket = new WebSocket(address);
    let beat = NaN, interval = 0; // of heartbeats, by the server's clock; 0 until there are two
    const alive = () => {
      clearTimeout(watch);
      watch = setTimeout(() => mine.close(), (interval || rarest) + grace);
    };
    const learn = at => {
      interval = Math.max(interval, at - beat || 0); // the longest: after one that is late, the next seems early
      beat = at;
    };
    alive();
    mine.onopen = () => {
      if (mine !== socket) return mine.close(); // there is another by now
      if (token()) send({ action: "auth", token: token() });
      subscribe(topics);
    };
    mine.onmessage = message => {
      if (mine !== socket) return;
      const frame = JSON.parse(message.data);
      if (frame.type === "heartbeat") learn(Date.parse(frame.ts));
      alive();
      take(frame);
    };
    mine.onclose = () => {
      if (mine !== socket) return;
      clearTimeout(watch);
      onState(false, "");
      retry = setTimeout(open, wait * (.75 + Math.random() / 2)); // not all pages at once
      wait = Math.min(2 * wait, mostWait);
    };
  }

  function take(frame) {
    const { type, topic, seq, prev_seq: previous } = frame;
    const ours = topics.includes(topic);
    if (type === "error" && (ours || !topic)) {
      if (ours) unheard.add(topic);
      onState(false, frame.message ?? frame.payload?.message ?? "");
    }
    if (!ours || type === "error") return;
    wait = firstWait; // it answers
    unheard.delete(topic);
    if (unheard.size === 0) onState(true, "");
    if (frame.payload === undefined) return; // says only that it heard us
    const before = last.get(topic);
    const anew = type === "snapshot" || before === undefined;
    if (!anew && seq <= before) return; // seen already
    if (Number.isFinite(seq)) last.set(topic, seq);
    onNews(frame, !anew && Number.isFinite(previous) && previous !== before);
  }

  open();
  return {
    // follow wants news of these topics and of no others.
    follow(wanted) {
      const left = topics.filter(t => !wanted.includes(t));
      if (left.length > 0) send({ action: "unsubscribe", topics: left });
      left.forEach(topic => [last, unheard].forEach(of => of.delete(topic)));
      const added = wanted.filter(t => !topics.includes(t));
      topics = wanted;
      subscribe(added);
    },
    // restart begins anew, with the credential that holds now.
    restart() {
      wait = firstWait;
      last.clear();
      const old = socket;
      open();
      if (old.readyState === WebSocket.OPEN) old.close(); // or it does so once it is open
    },
  };
}
