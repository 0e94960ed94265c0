// What is said of a traced case: where the victims' money ended, tier by tier.
// What became of the money that an account received, and where it is among the account's figures.
const FATES = [["passed", PASSED], ["resting", RESTING], ["exited", EXITED], ["returned", RETURNED], ["unseen", UNSEEN], ["beyond", BEYOND]];
const ENDS = FATES.slice(1).map(([end]) => end);

// Shares of the headline: exits one by one, so that they add up to what left, and all to the whole.
const SHARES = (() => {
  const kept = ENDS.filter((end) => end !== "exited"), left = Object.keys(CASE.exits);
  const fen = [...kept.map((end) => CASE.ends[end]), ...left.map((channel) => CASE.exits[channel])];
  const parts = tenths(fen, CASE.loss + CASE.mixed), said = parts.map((part, ix) => share(fen[ix], part));
  const ends = Object.fromEntries(kept.map((end, ix) => [end, said[ix]]));
  ends.exited = share(CASE.ends.exited, parts.slice(kept.length).reduce((a, b) => a + b, 0));
  return { ends, exits: Object.fromEntries(left.map((channel, ix) => [channel, said[kept.length + ix]])) };
})();
// The limits the money was traced under, in words; a limit that was not set is said too.
function limits() {
  const p = CASE.parameters, within = typeof p.within_us === "number" ? span(p.within_us) : p.within;
  return [within ? t("subtitle_within", within) : t("no_window"), p.hops_max ? t("subtitle_hops", p.hops_max) : t("no_hops")];
}
const columnName = (column) => (column === 0 ? t("victims") : column === LAST_COLUMN && hasExits ? t("exits") : t("tier", column));
const hasExits = [...nodes.values()].some((node) => node.role === "exit");
const codeOf = (node) => (node.role === "victim" ? "V-" + node.code : node.role === "exit" ? "" : node.column + "-" + node.code);
function caseContent() {
  const line = (name, fen, klass, part) => el("tr", { class: klass }, el("th", { scope: "row" }, ENDS.includes(klass) ? dot(klass) : null, name), el("td", {}, yuan(fen)), el("td", { class: "share" }, part));
  const lines = [];
  for (const end of ENDS) {
    if (!CASE.ends[end] && end !== "resting") continue;
    lines.push(line(t(end), CASE.ends[end], end, SHARES.ends[end]));
    if (end === "exited") for (const [channel, fen] of Object.entries(CASE.exits).sort((x, y) => y[1] - x[1])) lines.push(line(t(channel), fen, "sub", SHARES.exits[channel]));
  }
  const pick = (ix) => [...nodes.values()].filter((node) => node.role !== "exit" && !node.fold && node.fen[ix] > 0).sort((x, y) => y.fen[ix] - x.fen[ix]);
  const others = [...nodes.values()].filter((node) => node.others).sort((x, y) => y.others[2] - x.others[2]).slice(0, ROWS);
  return [
    el("p", { class: "hint" }, t("select_hint")),
    CASE.truncated ? el("p", { class: "warn" }, t("truncated")) : null,
    section(t("where"), el("table", { class: "money" }, el("tbody", {}, lines))),
    nodeList(t("freeze_first"), pick(RESTING), RESTING),
    nodeList(t("ask_first"), pick(UNSEEN), UNSEEN),
    others.length ? section(t("review"), el("ul", { class: "list" }, others.map((node) => el("li", {}, nodeButton(node.id, node.others[2], t("tier", node.others[0])))))) : null,
    nodeList(t("largest_victims"), pick(LOST), LOST),
    section(t("how"), facts([[t("rule"), t(CASE.rule)], [t("window"), limits()[0]], [t("hops_max"), limits()[1]], [t("until_end"), clock(CASE.until)]]), counts("assumptions"), counts("ambiguities"),
      el("p", { class: "fine" }, t("once") + (language === "zh" ? "。" : ".")), el("p", { class: "fine" }, t("help_note")), el("p", { class: "fine" }, "graphfraud " + CASE.version + " · " + t("digest") + " " + CASE.digest.slice(0, 16))),
  ];
}
function showHeading() {
  const cases = CASE.cases.length > 3 ? CASE.cases.slice(0, 3).join(", ") + " …" : CASE.cases.join(", ");
  $("title").textContent = CASE.title || (cases ? t("title", cases) : t("untitled"));
  $("subtitle").textContent = [t("subtitle_rule", t(CASE.rule)), ...limits(), t("subtitle_until", clock(CASE.until, "short")), t(CASE.unmask && !masked ? "subtitle_full" : "subtitle_masked")].filter(Boolean).join(" · ");
}
// The headline counts the victims' money once; the bar divides that same sum by where it ended.
function showSum() {
  const total = CASE.loss + CASE.mixed, ends = ENDS.filter((end) => CASE.ends[end] > 0);
  const exits = Object.entries(CASE.exits).sort((x, y) => y[1] - x[1]);
  const bar = el("div", { class: "bar", role: "img", "aria-label": ends.map((end) => t(end) + " " + SHARES.ends[end]).join(", ") }, ends.map((end) => { const part = el("span", { class: end }); part.style.flexGrow = String(Math.max(CASE.ends[end] / total, 0.004)); return part; }));
  const keys = el("ul", { class: "keys" }, ends.map((end) => el("li", { class: end }, dot(end), el("span", {}, t(end)), el("b", {}, yuan(CASE.ends[end]), el("em", {}, SHARES.ends[end])),
    end === "exited" ? el("small", {}, [...exits.slice(0, 3).map(([channel, fen]) => t(channel) + " " + brief(fen)), exits.length > 3 ? t("more_short", exits.length - 3) : ""].filter(Boolean).join(" · ")) : null)));
  $("sum").replaceChildren(
    el("div", { class: "loss" }, el("span", {}, t("loss") + " · " + t("loss_says", count(CASE.n_victims), count(CASE.n_payments))), el("strong", { id: "loss" }, yuan(CASE.loss), el("small", {}, " " + t("yuan"))), el("span", { class: "soft fine", id: "once" }, t("once"))),
    el("div", { class: "ends" }, bar, keys, CASE.mixed ? el("p", { class: "soft" }, t("mixed", yuan(CASE.mixed), yuan(total))) : null));
}
function showLegend() {
  const item = (node, key) => el("li", {}, el("img", { src: icon(node), alt: "", width: "16", height: "16" }), t(key));
  const account = (state) => ({ role: "account", state, kind: "personal" });
  $("legend").replaceChildren(el("ul", {}, item({ role: "victim", state: "passed" }, "victims"), ...FATES.map(([state]) => state).filter((state) => state === "passed" || CASE.ends[state] > 0).map((state) => (state === "returned" ? el("li", {}, dot(state), t("returned_s")) : item(account(state), state + "_s"))),
    item({ role: "exit", channel: "cash_out" }, "exits"), item({ role: "account", state: "passed", fold: 2 }, "legend_fold"), el("li", {}, el("i", { class: "dash" }), t("legend_back")), el("li", { class: "soft" }, t("legend_line"))));
}
// Two lines for the picture that is taken away.
function headLines() {
  return [
    t("loss") + " " + yuan(CASE.loss) + " " + t("yuan") + " · " + t("loss_says", count(CASE.n_victims), count(CASE.n_payments)) + " · " + t("once"),
    ENDS.filter((end) => CASE.ends[end] > 0).map((end) => t(end) + " " + yuan(CASE.ends[end]) + "（" + SHARES.ends[end] + "）").join("   "),
  ];
}
const headKey = (column) => (column === 0 ? "victims_says" : column === LAST_COLUMN && hasExits ? "exits_says" : "column_says");
const said = (node) => brief(seen(node));
const wholeOf = (fen) => fen[RECEIVED];
const saysStatement = (node) => node.role === "account" || node.others;
const aboutNode = (node, fen) => section(t("where"), moneyTable(node, fen));
