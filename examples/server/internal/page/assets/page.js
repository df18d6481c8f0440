// Brings together what the visitor wants and what shows it.
import { authorize } from "/assets/api.js";
import { byID, set, show } from "/assets/dom.js";
import * as place from "/assets/place.js";
import { newPortfolio } from "/assets/portfolio.js";
import { newSearch } from "/assets/search.js";
import { newWatch } from "/assets/watch.js";
import { amount } from "/assets/words.js";

// /portfolio is this page, too.
if (location.pathname === place.portfolio) history.replaceState(null, "", "/" + place.write({ ...place.read(location.hash), view: "portfolio" }));

const wanted = place.read(location.hash);

const bond = newWatch({
  onSize: size => go({ size }),
  onForbidden() {
    go({ full: false });
    complain("ask-wrong", "Your access does not include the full detail."); // after go, which clears complaints
  },
});
const portfolio = newPortfolio({
  remove: isin => go({ held: wanted.held.filter(h => h.isin !== isin) }),
  link: ({ isin, size }) => place.write({ ...wanted, view: "bond", isin, size }),
});
newSearch(isin => go({ isin }));

// go wants something else from now on.
function go(change) {
  Object.assign(wanted, change);
  history.pushState(null, "", place.write(wanted));
  apply();
}

// follow wants what the address says.
function follow() {
  Object.assign(wanted, place.read(location.hash));
  if (byID("full").disabled) wanted.full = false;
  history.replaceState(null, "", place.write(wanted));
  apply();
}

// apply shows what is wanted.
function apply() {
  const { view, isin, size, full, held } = wanted, one = view === "bond";
  for (const [link, to] of [[byID("to-bond"), "bond"], [byID("to-portfolio"), "portfolio"]]) {
    set(link, "aria-current", view === to && "page");
    link.href = place.write({ ...wanted, view: to });
  }
  byID("isin").value = isin;
  byID("size").value = amount(size);
  byID("full").checked = full;
  complain("ask-wrong", "");
  byID("ask").hidden = !one;
  byID("empty").hidden = !one || isin !== "";
  byID("portfolio").hidden = one;
  if (one && isin) {
    portfolio.stop();
    bond.watch({ isin, size, full });
    return;
  }
  bond.stop();
  byID("bond").hidden = byID("problem").hidden = true;
  byID("live").dataset.state = "off";
  byID("seq").textContent = byID("live").title = "";
  show(byID("live-text"), one ? "No bond picked yet" : "Asks every 30 s", text => text);
  document.title = one ? "Ways out of a bond · Evenkeel" : "Portfolio · Ways out of a bond";
  if (one) portfolio.stop();
  else portfolio.watch(held, full);
}

// complain says beside a form what is wrong with it, "" if nothing is.
function complain(id, text) {
  byID(id).textContent = text;
  byID(id).closest("form").querySelectorAll("input").forEach(i => set(i, "aria-invalid", text !== "" && "true"));
}

// typed returns what a form says, or null once it has said what is wrong.
function typed(form) {
  const isin = byID(form.isin).value.trim().toUpperCase(), size = place.sizeOf(byID(form.size).value);
  const named = place.shape.test(isin);
  if (named && size !== null) return { isin, size };
  complain(form.wrong, named ? "The face value must be a number above 0." : "An ISIN has 12 characters: two letters, nine letters or digits, and a digit.");
  byID(named ? form.size : form.isin).focus();
  return null;
}

// on calls do when a form is sent, which goes nowhere.
const on = (form, act) => byID(form).addEventListener("submit", event => {
  event.preventDefault();
  act();
});

on("ask", () => {
  const said = typed({ isin: "isin", size: "size", wrong: "ask-wrong" });
  if (said) go(said);
});

on("add", () => {
  const said = typed({ isin: "add-isin", size: "add-size", wrong: "add-wrong" });
  if (!said) return;
  const others = wanted.held.filter(h => h.isin !== said.isin), full = others.length >= place.mostPositions;
  complain("add-wrong", full ? `A portfolio here has at most ${place.mostPositions} positions.` : "");
  if (full) return;
  go({ held: [...others, said] });
  byID("add-isin").value = "";
  byID("add-isin").focus();
});

byID("bonds")?.addEventListener("click", event => {
  const isin = event.target.closest("a")?.textContent;
  if (!isin) return;
  event.preventDefault(); // its address says nothing of what else is wanted
  go({ isin });
});

byID("full").addEventListener("change", event => go({ full: event.target.checked }));

// identify uses the credential that is picked or typed, and returns whether it opens
// the full detail for sure, which is known of those in the page.
function identify() {
  const picked = byID("as")?.selectedOptions[0], ours = Boolean(picked?.value);
  const full = ours && "full" in picked.dataset;
  byID("own").hidden = ours;
  byID("full").disabled = ours && !full;
  authorize(ours ? picked.value : byID("key").value.trim());
  return full;
}

function lookAnew() {
  wanted.full = identify();
  bond.renew();
  apply();
}

on("access", lookAnew);
byID("key").addEventListener("change", lookAnew);
byID("as")?.addEventListener("change", lookAnew);

byID("skip").addEventListener("click", event => {
  event.preventDefault(); // the hash has another meaning here
  byID("main").focus();
});

addEventListener("hashchange", follow);
if (identify() && location.hash === "") history.replaceState(null, "", place.write({ ...wanted, full: true }));
follow();
