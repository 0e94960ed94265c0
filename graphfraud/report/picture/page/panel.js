// The details beside the picture. All text goes in by textContent; nothing is ever parsed as HTML.
function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat()) if (child !== null && child !== undefined && child !== "") node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  return node;
}
const panel = document.getElementById("panel");
const LIST = 8;
const ROWS = 40;

function showPanel() {
  const content = !selected ? caseContent() : selected.edge ? edgeContent(view.edges.get(selected.edge)) : nodeContent(nodes.get(selected.node));
  panel.replaceChildren(...content.filter(Boolean));
  panel.scrollTop = 0;
}
const section = (title, ...body) => el("section", {}, el("h3", {}, title), ...body);
const facts = (pairs) => el("dl", {}, pairs.filter(Boolean).flatMap(([name, value]) => [el("dt", {}, name), el("dd", { class: /^[\d,.:−\- ]+$/.test(String(value)) ? "n" : null }, value)]));
const dot = (state) => el("i", { class: "dot " + state, "aria-hidden": "true" });

function counts(name) {
  if (!CASE[name].length) return null;
  return el("div", {}, el("h4", {}, t(name)), facts(CASE[name].map(([key, n]) => [t(key), key.endsWith("_fen") ? yuan(n) : count(n)])));
}
function nodeList(title, list, ix) {
  if (!list.length) return null;
  return section(title, el("ul", { class: "list" }, list.slice(0, LIST).map((node) => el("li", {}, nodeButton(node.id, node.fen[ix], ix === LOST ? "" : alsoVictim(node))))), list.length > LIST ? el("p", { class: "more" }, t("more_list", count(list.length - LIST))) : null);
}
function nodeButton(id, fen, note) {
  const node = nodes.get(id);
  return el("button", { type: "button", class: "pick", onclick: () => goTo(id) },
    el("span", { class: "who" }, dot(node.role === "account" ? node.state : node.role), el("span", { class: "name" }, node.fold || node.role === "exit" || !node.mask ? shortName(node) : number(node)), el("small", {}, node.fold || node.role === "exit" ? columnName(node.column) : [columnName(node.column), node.bank_short, holder(node)].filter(Boolean).join(" · ")), note ? el("em", {}, note) : null),
    el("b", {}, yuan(fen)));
}
// Money of other victims in a victim's account: whoever reads "resting" there must be told whose account it is.
const alsoVictim = (node) => (node.others ? t("also_victim") : "");
const alsoPaid = (node) => (node.others ? t("also_paid") : "");
const backButton = () => el("button", { type: "button", class: "back", onclick: () => choose(null) }, "‹ " + t("back"));

function nodeContent(node) {
  const into = view.in.get(node.id) || [], out = view.out.get(node.id) || [];
  const left = remaining(node);
  const title = node.fold ? longName(node) : node.role === "exit" ? t(node.channel) : number(node);
  const tags = [el("span", { class: "tag " + (node.role === "account" ? node.state : node.role) }, node.role === "account" ? t(node.state + "_s") : t(node.role === "exit" ? "exits" : node.role)), node.role === "account" ? el("span", { class: "tag plain" }, columnName(node.column)) : null];
  if (!node.fold && codeOf(node)) tags.push(el("span", { class: "tag plain" }, codeOf(node)));
  if (node.others) tags.push(el("span", { class: "tag plain" }, t("tier", node.others[0])));
  if (node.status && node.status !== "normal") tags.push(el("span", { class: "tag status" }, t(node.status)));
  return [
    backButton(), el("h2", { class: node.mask && !node.fold ? "digits" : "" }, title), el("p", { class: "tags" }, tags),
    node.others ? el("p", { class: "warn" }, t("also_received", node.others[0], count(node.others[1]), yuan(node.others[2]))) : null,
    aboutNode(node, left.fen),
    node.fold ? null : facts([node.bank && [t("bank"), node.bank], holder(node) && [t("holder"), holder(node)], node.kind && [t("kind"), t(node.kind)],
      node.status && [t("status"), t(node.status)], saysStatement(node) && [t("statement"), t(node.held ? "held" : "not_held")], node.victims && node.role === "account" ? [t("n_victims"), count(node.victims)] : null,
      node.first !== null && [t("first"), clock(node.first)], node.last !== null && [t("last"), clock(node.last)]]),
    node.fold ? memberList(node) : null,
    edgeList(t(node.role === "exit" ? "top_payers" : "came_from"), into, "a"), edgeList(t("went_to"), out, "b"),
    node.fold ? null : rowTable([...into, ...out].flatMap((edge) => edge.rows), node.id),
  ];
}
function moneyTable(node, fen) {
  const line = (name, value, klass, part) => el("tr", { class: klass }, el("th", { scope: "row" }, ENDS.includes(klass) ? dot(klass) : null, name), el("td", {}, yuan(value)), el("td", { class: "share" }, part || ""));
  const lines = [];
  if (fen[LOST]) lines.push(line(t("loss"), fen[LOST], "head"));
  if (fen[RECEIVED] || !fen[LOST]) lines.push(line(node.role === "exit" ? t("exited") : t("received"), fen[RECEIVED], "head"));
  const parts = tenths(FATES.map(([, ix]) => fen[ix]), wholeOf(fen));
  FATES.forEach(([name, ix], at) => { if (fen[ix]) lines.push(line(t(name), fen[ix], name, share(fen[ix], parts[at]))); });
  return el("table", { class: "money" }, el("tbody", {}, lines));
}
function edgeList(title, edges, side) {
  if (!edges.length) return null;
  const item = (edge) => el("li", {}, el("button", { type: "button", class: "pick", onclick: () => choose({ edge: edge.key }) },
    el("span", { class: "who" }, dot(nodes.get(edge[side]).role === "account" ? nodes.get(edge[side]).state : nodes.get(edge[side]).role), el("span", { class: "name" }, shortName(nodes.get(edge[side]))), el("small", {}, edge.tie ? "" : nTransactions(edge.n) + " · " + clock(edge.first, "short"))), el("b", {}, worthOf(edge))));
  const list = el("ul", { class: "list" }, edges.slice(0, LIST).map(item));
  const more = edges.length > LIST ? el("button", { type: "button", class: "more", onclick: () => { list.replaceChildren(...edges.map(item)); more.remove(); } }, t("more_list", count(edges.length - LIST))) : null;
  return section(title, list, more);
}
function memberList(node) {
  const members = (node.members || []).filter((member) => !opened.has(member.id));
  const list = el("ul", { class: "list" });
  let shown = 0;
  const more = el("button", { type: "button", class: "more" });
  const grow = () => {
    for (const member of members.slice(shown, shown + ROWS)) list.append(el("li", {}, nodeButton(member.id, worth(member))));
    shown = Math.min(shown + ROWS, members.length);
    more.hidden = shown >= members.length;
    more.textContent = t("more_list", count(members.length - shown));
  };
  more.addEventListener("click", grow);
  grow();
  const absent = remaining(node).n - members.length;
  return section(t("members"), list, more, absent > 0 ? el("p", { class: "fine" }, t("more_names", count(absent))) : null);
}
function edgeContent(edge) {
  const end = (id, role) => el("li", {}, el("small", { class: "end" }, role), nodeButton(id, worth(nodes.get(id))));
  return [
    backButton(), el("h2", {}, shortName(nodes.get(edge.a)) + " → " + shortName(nodes.get(edge.b))), el("p", { class: "tags" }, el("span", { class: "tag plain" }, edge.tie ? t("tie") : edge.back ? t("back_flow") : t("flow"))),
    edge.tie ? null : facts([[t("traced"), yuan(edge.fen)], [t("whole"), yuan(edge.whole)], [t("transactions"), count(edge.n)], [t("first"), clock(edge.first)], [t("last"), clock(edge.last)]]),
    el("ul", { class: "list ends" }, end(edge.a, t("from")), end(edge.b, t("to"))),
    rowTable(edge.rows, null),
  ];
}
const partyName = (row, side) => (side === "b" && row.payee >= 0 ? payeeName(row.payee) : shortName(nodes.get(row.flow[side])));
function payeeName(ix) {
  const payee = CASE.payees[ix];
  return [masked ? payee.holder : payee.holder_full || payee.holder, masked ? payee.mask : payee.full || payee.mask].filter(Boolean).join(" ") || t("unknown");
}
// The transactions, each with the files and rows it stands in.
function rowTable(list, id) {
  if (!list.length) return null;
  const sorted = [...list].sort((x, y) => x.at - y.at);
  const body = el("ol", { class: "rows" });
  const more = el("button", { type: "button", class: "more" });
  let shown = 0;
  const grow = () => {
    for (const row of sorted.slice(shown, shown + ROWS)) body.append(rowItem(row, id));
    shown = Math.min(shown + ROWS, sorted.length);
    more.hidden = shown >= sorted.length;
    more.textContent = t("more_rows", Math.min(ROWS, sorted.length - shown), count(sorted.length - shown));
  };
  more.addEventListener("click", grow);
  grow();
  return section(t("transactions") + " · " + count(sorted.reduce((sum, row) => sum + row.n, 0)), body, more);
}
function rowItem(row, id) {
  const incoming = id !== null && shownAs(row.flow.b) === id;
  const other = id === null ? partyName(row, "a") + " → " + partyName(row, "b") : (incoming ? "← " + partyName(row, "a") : "→ " + partyName(row, "b"));
  const cited = [];
  for (let ix = 0; ix + 1 < row.cited.length; ix += 2) {
    const [file, sha256] = CASE.files[row.cited[ix]];
    cited.push(el("span", { title: "sha256 " + sha256 }, file + " · " + t("row", row.cited[ix + 1])));
  }
  return el("li", { class: incoming ? "in" : "out" },
    el("div", { class: "line" }, el("time", {}, clock(row.at)), el("b", {}, row.flow.tie ? t(CASE.channels[row.channel]) : yuan(row.traced))),
    el("div", { class: "line soft" }, el("span", {}, other, row.channel >= 0 && !row.flow.tie && CASE.channels[row.channel] !== "transfer" ? " · " + t(CASE.channels[row.channel]) : ""), row.amount !== row.traced ? el("span", {}, t("of_whole", yuan(row.amount))) : null),
    el("div", { class: "cite" }, row.n > 1 ? t("merged", count(row.n)) : cited.length ? cited : t("no_evidence")));
}
