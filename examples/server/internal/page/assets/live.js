// The WebSocket side of the translator: says what changed, as it changes.

const firstWait = 1_000, mostWait = 30_000; // before the next attempt, in ms
const silence = 75_000; // without a frame the connection is taken for dead: heartbeats come each 30 s

// connect opens the socket and keeps opening it. onNews gets each snapshot and event
// of a topic that is followed, and whether events before it were left out; onState
// gets true while news come, false with a reason while they do not. token returns
// the credential, "" for none.
export function connect({ token, onNews, onState }) {
  const address = location.origin.replace(/^http/, "ws") + "/ws/liquidity-risk";
  const last = new Map(); // topic: the seq of its last frame
  let topics = [], socket, wait = firstWait, retry, watch;

  const send = message => { if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message)); };
  const subscribe = topic => send({ action: "subscribe", topic, ...(last.has(topic) && { resume_from_seq: last.get(topic) }) });

  function open() {
    clearTimeout(retry);
    const mine = socket = new WebSocket(address);
    const alive = () => {
      clearTimeout(watch);
      watch = setTimeout(() => mine.close(), silence);
    };
    alive();
    mine.onopen = () => {
      if (mine !== socket) return mine.close(); // there is another by now
      if (token()) send({ action: "auth", token: token() });
      topics.forEach(subscribe);
    };
    mine.onmessage = message => {
      if (mine !== socket) return;
      alive();
      take(JSON.parse(message.data));
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
    if (type === "error") onState(false, frame.message ?? frame.payload?.message ?? "");
    if (!topics.includes(topic) || type === "error") return;
    wait = firstWait; // it answers
    onState(true, "");
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
      topics.filter(t => !wanted.includes(t)).forEach(topic => {
        send({ action: "unsubscribe", topic });
        last.delete(topic);
      });
      const added = wanted.filter(t => !topics.includes(t));
      topics = wanted;
      added.forEach(subscribe);
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
