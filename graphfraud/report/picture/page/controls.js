// Choosing, searching, filtering, keys. Every control changes the model's state, then asks the picture to follow.
const $ = (id) => document.getElementById(id);
const say = (text) => { $("live").textContent = text; };
const isNode = (choice) => choice && choice.node !== undefined;

function choose(choice) {
  selected = choice;
  sync();
  showCounts();
  showPanel();
  if ($("tables").hidden === false) showTables();
  say(!choice ? t("back") : t("selected", isNode(choice) ? longName(nodes.get(choice.node)) : shortName(nodes.get(view.edges.get(choice.edge).a)) + " → " + shortName(nodes.get(view.edges.get(choice.edge).b))));
}
// Select an account wherever it is: taken out of its fold, filters lifted if they hide it, brought into sight.
function goTo(id) {
  const node = nodes.get(id);
  if (!isDrawn(node)) {
    opened.add(id);
    respace(node.column);
  }
  look();
  if (!view.ids.has(id)) resetFilters();
  choose(view.ids.has(id) ? { node: id } : null);
  if (network.getScale() > 1.02) network.moveTo({ position: network.getPosition(id), animation: { duration: 200, easingFunction: "easeInOutQuad" } });
}
network.on("click", (event) => choose(event.nodes.length ? { node: event.nodes[0] } : event.edges.length ? { edge: event.edges[0] } : null));
network.on("dragEnd", (event) => { for (const id of event.nodes) nodes.get(id).moved = network.getPosition(id); });
network.on("hoverNode", (event) => { hovered = event.node; tip(event, nodeTip(nodes.get(event.node))); network.redraw(); });
network.on("hoverEdge", (event) => { if (view.edges.has(event.edge)) tip(event, edgeTip(view.edges.get(event.edge))); });
for (const name of ["blurNode", "blurEdge", "dragStart", "zoom"]) network.on(name, () => { hovered = null; $("tip").hidden = true; });
function tip(event, lines) {
  const box = $("tip");
  box.replaceChildren(...lines.filter(Boolean).map((line, ix) => el(ix ? "span" : "b", {}, line)));
  box.hidden = false;
  const at = event.pointer.DOM, room = stage.clientWidth - box.offsetWidth - 12;
  box.style.left = Math.max(6, Math.min(at.x + 14, room)) + "px";
  box.style.top = Math.max(52, Math.min(at.y + 14, stage.clientHeight - box.offsetHeight - 6)) + "px";
}
const nodeTip = (node) => [longName(node), !node.fold && [node.bank, holder(node)].filter(Boolean).join(" · "), ...(node.fold || node.role === "thing" ? [] : [t(node.role === "victim" ? "loss" : node.role === "exit" ? "exited" : "received") + " " + yuan(worth(node))]),
  node.role !== "exit" && FATES.slice(1).filter(([, ix]) => remaining(node).fen[ix] > 0).map(([end, ix]) => t(end + "_s") + " " + yuan(remaining(node).fen[ix])).join(" · "), alsoPaid(node)];
const edgeTip = (edge) => [shortName(nodes.get(edge.a)) + " → " + shortName(nodes.get(edge.b)), edge.tie ? worthOf(edge) : yuan(edge.fen) + " · " + nTransactions(edge.n), clock(edge.first, "short") + (edge.last > edge.first ? " – " + clock(edge.last, "short") : ""), edge.back ? t("back_flow") : ""];

// ---- search ----
let hitsNow = [];
let hitAt = 0;
function showHits() {
  const text = $("search").value, list = $("hits");
  hitsNow = find(text).slice(0, 8);
  hitAt = 0;
  list.replaceChildren(...hitsNow.map((node, ix) => el("li", { role: "option", id: "hit-" + ix, "aria-selected": ix === 0 ? "true" : "false", onmousedown: (event) => { event.preventDefault(); takeHit(ix); } },
    el("span", { class: "digits" }, node.role === "exit" ? t(node.channel) : number(node)), el("small", {}, [columnName(node.column), node.bank_short, holder(node), isDrawn(node) ? "" : t("folded")].filter(Boolean).join(" · ")), el("b", {}, brief(worth(node))))));
  if (!hitsNow.length && text.trim()) list.append(el("li", { class: "none" }, t("no_hit")));
  list.hidden = !text.trim();
  $("search").setAttribute("aria-expanded", String(!list.hidden));
}
function takeHit(ix) {
  if (!hitsNow[ix]) return;
  $("hits").hidden = true;
  $("search").setAttribute("aria-expanded", "false");
  goTo(hitsNow[ix].id);
  stage.focus();
}
$("search").addEventListener("input", showHits);
$("search").addEventListener("focus", () => { if ($("search").value) showHits(); });
$("search").addEventListener("blur", () => { $("hits").hidden = true; });
$("search").addEventListener("keydown", (event) => {
  if (event.key === "Enter") takeHit(hitAt);
  else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (!hitsNow.length) return;
    hitAt = (hitAt + (event.key === "ArrowDown" ? 1 : hitsNow.length - 1)) % hitsNow.length;
    [...$("hits").children].forEach((item, ix) => item.setAttribute("aria-selected", String(ix === hitAt)));
    $("search").setAttribute("aria-activedescendant", "hit-" + hitAt);
    event.preventDefault();
  } else if (event.key === "Escape") { $("search").value = ""; showHits(); stage.focus(); }
  event.stopPropagation();
});

// ---- filters ----
const sums = flows.map((flow) => flow.rows.reduce((sum, row) => sum + row.traced, 0));
const AMOUNT = { low: 2, high: Math.log10(Math.max(...sums, 1000)) };
const niceAmount = (fen) => { const unit = 10 ** Math.floor(Math.log10(fen)); return Math.max(unit, Math.round(fen / unit) * unit); };
function readFilters() {
  const step = Number($("amount").value);
  filter.min = step === 0 ? 0 : niceAmount(10 ** (AMOUNT.low + ((AMOUNT.high - AMOUNT.low) * step) / 100));
  let since = Number($("since").value), until = Number($("until").value);
  if (since > until) [since, until] = [until, since];
  const at = (place) => Math.round(T0.first + ((T0.last - T0.first) * place) / 1000);
  filter.since = since === 0 ? -Infinity : at(since);
  filter.until = until === 1000 ? Infinity : at(until);
  $("amount-says").textContent = filter.min ? yuan(filter.min) + " " + t("yuan") : t("all");
  $("time-says").textContent = TIMED ? clock(at(since), "short") + " – " + clock(at(until), "short") : t("none");
  $("reset").disabled = !(filter.min || since > 0 || until < 1000);
  for (const id of ["since", "until"]) $(id).setAttribute("aria-valuetext", clock(at(Number($(id).value))));
  $("amount").setAttribute("aria-valuetext", $("amount-says").textContent);
  drawBars(since / 1000, until / 1000);
}
let pending = 0;
function filtersMoved() {
  readFilters();
  if (pending) return;
  pending = requestAnimationFrame(() => { pending = 0; follow(); });
}
function follow() {
  sync();
  showCounts();
  showPanel();
  if (!$("tables").hidden) showTables();
}
function resetFilters() {
  $("amount").value = "0";
  $("since").value = "0";
  $("until").value = "1000";
  readFilters();
  follow();
}
function showCounts() {
  const c = view.counts;
  $("counts").textContent = t("counts", count(c.drawn), count(c.folded), count(c.filtered), count(c.flows)) + (c.isolated ? t("counts_isolated", count(c.isolated)) : "");
}
const BINS = 96;
const bins = new Array(BINS).fill(0);
for (const row of rows) if (!row.flow.tie) bins[Math.min(BINS - 1, Math.floor(((row.at - T0.first) / Math.max(T0.last - T0.first, 1)) * BINS))] += row.traced;
function drawBars(since, until) {
  const most = Math.sqrt(Math.max(...bins, 1)), make = (name, attributes) => { const node = document.createElementNS("http://www.w3.org/2000/svg", name); for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value)); return node; };
  $("bars").setAttribute("viewBox", "0 0 " + BINS + " 20");
  $("bars").replaceChildren(...bins.map((fen, ix) => { const h = fen ? Math.max(1, (Math.sqrt(fen) / most) * 20) : 0; return make("rect", { x: ix + 0.1, y: 20 - h, width: 0.8, height: h, class: (ix + 1) / BINS > since && ix / BINS < until ? "on" : "off" }); }));
}
for (const id of ["amount", "since", "until"]) $(id).addEventListener("input", filtersMoved);
$("reset").addEventListener("click", resetFilters);

// ---- language, theme, mask, help, table ----
function setLanguage(name) {
  language = name;
  document.documentElement.lang = name === "zh" ? "zh-CN" : "en";
  for (const node of document.querySelectorAll("[data-key]")) node.textContent = t(node.dataset.key);
  $("search").placeholder = t("search");
  for (const [id, key] of [["search", "search_label"], ["stage", "stage_label"], ["since", "time_filter"], ["until", "time_filter"], ["zoom-in", "zoom_in"], ["zoom-out", "zoom_out"], ["zoom-fit", "zoom_fit"], ["to-help", "help"], ["panel", "where"]]) $(id).setAttribute("aria-label", t(key));
  for (const id of ["zoom-in", "zoom-out", "zoom-fit", "to-help"]) $(id).title = $(id).getAttribute("aria-label");
  $("note").replaceChildren(el("b", {}, t("nothing")), el("span", {}, t("nothing_remedy")));
  showHeading();
  showSum();
  showLegend();
  showHelp();
  readFilters();
  follow();
}
function showHelp() {
  $("help").replaceChildren(el("h2", {}, t("help")), facts(t("help_keys")), el("p", { class: "fine" }, t("help_note")), el("button", { type: "button", onclick: () => $("help").close() }, t("close")));
}
const nextLanguage = () => setLanguage(language === "zh" ? "en" : "zh");
function setTheme(name) {
  theme = name;
  document.documentElement.dataset.theme = name;
  showLegend();
  sync();
}
function setMask(on) {
  masked = on;
  $("to-mask").setAttribute("aria-pressed", String(on));
  showHeading();
  follow();
}
function setTable(on) {
  $("tables").hidden = !on;
  $("to-table").dataset.key = on ? "picture" : "table";
  $("to-table").textContent = t($("to-table").dataset.key);
  if (on) { showTables(); $("tables").focus(); } else stage.focus();
}
// The same nodes and edges as the canvas, for readers who cannot see it and for those who prefer rows.
function showTables() {
  const money = (fen) => el("td", { class: fen ? "n" : "n soft" }, fen ? yuan(fen) : "–");
  const fates = FATES.filter(([name]) => name === "passed" || CASE.ends[name] > 0);
  const nodeRows = [...view.drawn].sort((x, y) => x.column - y.column || worth(y) - worth(x)).map((node) => { const fen = remaining(node).fen; return el("tr", { class: selected && selected.node === node.id ? "chosen" : null }, el("td", {}, columnName(node.column)), el("td", {}, el("button", { type: "button", onclick: () => choose({ node: node.id }) }, node.fold ? shortName(node) : longName(node))), el("td", {}, [node.bank_short, holder(node), alsoPaid(node)].filter(Boolean).join(" ")), money(worth(node)), fates.map(([, ix]) => money(fen[ix]))); });
  const edgeRows = [...view.edges.values()].sort((x, y) => y.fen - x.fen).map((edge) => el("tr", {}, el("td", {}, shortName(nodes.get(edge.a))), el("td", {}, shortName(nodes.get(edge.b))), el("td", { class: "n" }, el("button", { type: "button", onclick: () => choose({ edge: edge.key }) }, worthOf(edge))), el("td", { class: "n" }, count(edge.n)), el("td", {}, clock(edge.first)), el("td", {}, clock(edge.last))));
  const table = (title, id, heads, right, body) => el("table", { id }, el("caption", {}, title), el("thead", {}, el("tr", {}, heads.map((head, ix) => el("th", { scope: "col", class: right.includes(ix) ? "n" : null }, head)))), el("tbody", {}, body));
  $("tables").replaceChildren(table(t("table_nodes"), "node-table", [t("column"), t("number"), t("holder"), t("amount"), ...fates.map(([name]) => t(name + "_s"))], [3, ...fates.map((_, ix) => 4 + ix)], nodeRows), table(t("table_edges"), "edge-table", [t("from"), t("to"), t("traced"), t("transactions"), t("first"), t("last")], [2, 3], edgeRows));
}
$("to-language").addEventListener("click", nextLanguage);
$("to-theme").addEventListener("click", () => setTheme(theme === "light" ? "dark" : "light"));
$("to-mask").addEventListener("click", () => setMask(!masked));
$("to-help").addEventListener("click", () => $("help").showModal());
$("to-table").addEventListener("click", () => setTable($("tables").hidden));
$("zoom-in").addEventListener("click", () => network.moveTo({ scale: network.getScale() * 1.3, animation: { duration: 150, easingFunction: "easeOutQuad" } }));
$("zoom-out").addEventListener("click", () => network.moveTo({ scale: network.getScale() / 1.3, animation: { duration: 150, easingFunction: "easeOutQuad" } }));
$("zoom-fit").addEventListener("click", () => fit(true));

// ---- keys ----
function walk(key) {
  if (!isNode(selected)) return choose({ node: [...view.drawn].sort((x, y) => (y.role === "account") - (x.role === "account") || Boolean(x.fold) - Boolean(y.fold) || worth(y) - worth(x))[0].id });
  const node = nodes.get(selected.node);
  if (key === "ArrowRight" || key === "ArrowLeft") {
    const right = key === "ArrowRight", edge = ((right ? view.out : view.in).get(node.id) || [])[0];
    return edge && choose({ node: right ? edge.b : edge.a });
  }
  const lane = view.drawn.filter((other) => other.column === node.column).sort((x, y) => x.height - y.height);
  return choose({ node: lane[(lane.indexOf(node) + (key === "ArrowDown" ? 1 : lane.length - 1)) % lane.length].id });
}
stage.addEventListener("keydown", (event) => {
  if (event.key.startsWith("Arrow") && view.drawn.length) { walk(event.key); event.preventDefault(); }
  else if (event.key === "Enter" && isNode(selected) && nodes.get(selected.node).fold) unfoldNext(nodes.get(selected.node));
});
function unfoldNext(node) {
  const member = (node.members || []).find((each) => !opened.has(each.id));
  if (member) goTo(member.id);
}
document.addEventListener("keydown", (event) => {
  if (event.target instanceof HTMLInputElement && event.target.type === "search") return;
  if (event.ctrlKey || event.metaKey || event.altKey || $("help").open) return;
  const keys = { "/": () => { $("search").focus(); $("search").select(); }, "?": () => $("help").showModal(), Escape: () => choose(null), 0: () => fit(true), l: nextLanguage, d: () => $("to-theme").click(), t: () => setTable($("tables").hidden), m: () => CASE.unmask && setMask(!masked) };
  const act = has(keys, event.key) ? keys[event.key] : has(keys, event.key.toLowerCase()) ? keys[event.key.toLowerCase()] : null;
  if (act) { act(); event.preventDefault(); }
});
