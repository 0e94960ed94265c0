// The case as the file holds it, and the view of it under the reader's filters. Nothing here touches the document.
const DATA = JSON.parse(document.getElementById("data").textContent);
const CASE = DATA.page;
const nodes = new Map();
const flows = [];
const rows = [];
const opened = new Set();
const filter = { min: 0, since: -Infinity, until: Infinity };
let masked = true;
const [LOST, RECEIVED, PASSED, RESTING, EXITED, RETURNED, UNSEEN, BEYOND] = [0, 1, 2, 3, 4, 5, 6, 7];
for (const raw of DATA.nodes) {
  const node = Object.assign(raw, { role: raw.group, column: raw.x, height: raw.y });
  nodes.set(node.id, node);
  for (const member of node.members || []) nodes.set(member.id, Object.assign(member, { foldedIn: node.id, role: node.role, column: node.column, state: node.state, height: node.height }));
}
const LAST_COLUMN = Math.max(...[...nodes.values()].map((node) => node.column));
const T0 = { first: Infinity, last: -Infinity };
for (const [a, b, own, entries] of [...DATA.edges.flatMap((edge) => edge.parts), ...CASE.inside]) {
  const flow = { a, b, own: own === 1, tie: own === 2, rows: [] };
  for (const entry of entries) {
    const [at, traced, amount, n, channel, payee, ...cited] = entry;
    const row = { flow, at, traced, amount, n, channel, payee, cited };
    flow.rows.push(row);
    rows.push(row);
    if (flow.tie) continue;
    T0.first = Math.min(T0.first, at);
    T0.last = Math.max(T0.last, at);
  }
  flows.push(flow);
}
rows.sort((x, y) => x.at - y.at);
const TIMED = T0.first <= T0.last;
if (!TIMED) T0.first = T0.last = 0;

// The drawn node that stands for a node: its fold until the reader takes it out.
function shownAs(id) {
  const node = nodes.get(id);
  return node.foldedIn !== undefined && !opened.has(id) ? node.foldedIn : id;
}
function isDrawn(node) {
  return node.foldedIn === undefined || opened.has(node.id);
}
// A fold without the members already taken out of it.
function remaining(node) {
  const out = (node.members || []).filter((member) => opened.has(member.id));
  return { n: (node.fold || 0) - out.length, fen: node.fen.map((fen, ix) => out.reduce((left, member) => left - member.fen[ix], fen)) };
}
// A tie (who shares what) has no time and no amount: no filter hides it, and it carries no money on.
const inWindow = (row) => row.flow.tie || (row.at >= filter.since && row.at <= filter.until);
const isBack = (a, b) => nodes.get(b).column < nodes.get(a).column;
const isLevel = (a, b) => nodes.get(b).column === nodes.get(a).column;

// How many nodes a column has room for: the filtered ones keep their places, so that the picture does not jump.
function crowdOf(column) {
  let n = 0;
  for (const node of nodes.values()) if (node.column === column && isDrawn(node) && (!node.fold || remaining(node).n > 0)) n += 1;
  return n;
}

// Flows summed per ordered pair of drawn nodes, under the filters.
let view = null;
function look() {
  const edges = new Map();
  for (const flow of flows) {
    const a = shownAs(flow.a), b = shownAs(flow.b);
    if (a === b) continue;
    const key = a + ">" + b;
    for (const row of flow.rows) {
      if (!inWindow(row)) continue;
      let edge = edges.get(key);
      if (!edge) edges.set(key, (edge = { key, a, b, fen: 0, whole: 0, n: 0, first: row.at, last: row.at, rows: [], tie: flow.tie, back: !flow.tie && isBack(a, b) }));
      edge.fen += row.traced;
      edge.whole += row.amount;
      edge.n += row.n;
      if (!flow.tie) edge.first = Math.min(edge.first, row.at);
      if (!flow.tie) edge.last = Math.max(edge.last, row.at);
      edge.rows.push(row);
    }
  }
  for (const [key, edge] of edges) if (!edge.tie && edge.fen < filter.min) edges.delete(key);
  const touched = new Set();
  for (const edge of edges.values()) touched.add(edge.a).add(edge.b);
  const drawn = [...nodes.values()].filter((node) => isDrawn(node) && touched.has(node.id) && (!node.fold || remaining(node).n > 0));
  view = { edges, drawn, ids: new Set(drawn.map((node) => node.id)), out: new Map(), in: new Map() };
  for (const edge of edges.values()) {
    (view.out.get(edge.a) || view.out.set(edge.a, []).get(edge.a)).push(edge);
    (view.in.get(edge.b) || view.in.set(edge.b, []).get(edge.b)).push(edge);
  }
  for (const lists of [view.out, view.in]) for (const list of lists.values()) list.sort((x, y) => y.fen - x.fen);
  view.counts = counted(drawn);
  return view;
}
// Every account of the case is drawn, folded, filtered out or unconnected.
function counted(drawn) {
  const people = (list) => list.filter((node) => node.role !== "exit" && node.role !== "thing");
  const one = people(drawn).filter((node) => !node.fold).length;
  const folded = people(drawn).filter((node) => node.fold).reduce((sum, node) => sum + remaining(node).n, 0);
  const all = CASE.n_nodes - CASE.n_isolated;
  return { drawn: one, folded, filtered: all - one - folded, isolated: CASE.n_isolated, flows: view.edges.size };
}
// What flowed into a column from the left, each fen once; for victims what they paid.
function columnSum(column) {
  if (column === 0) return view.drawn.filter((node) => node.column === 0).reduce((sum, node) => sum + seen(node), 0);
  let sum = 0;
  for (const edge of view.edges.values()) if (nodes.get(edge.b).column === column && nodes.get(edge.a).column < column) sum += edge.fen;
  return sum;
}
// Reach in order of time: a row carries the highlight on only if it happened after the money could be there.
function reach(ids) {
  const down = new Map(ids.map((id) => [id, -Infinity])), up = new Map(ids.map((id) => [id, Infinity]));
  const edges = new Set(), near = new Set();
  const usable = rows.filter((row) => inWindow(row) && view.edges.has(shownAs(row.flow.a) + ">" + shownAs(row.flow.b)) && !row.flow.tie && !isBack(row.flow.a, row.flow.b));
  const mark = (row) => edges.add(shownAs(row.flow.a) + ">" + shownAs(row.flow.b));
  for (const row of usable) {
    if (!down.has(row.flow.a) || down.get(row.flow.a) > row.at) continue;
    mark(row);
    if (!down.has(row.flow.b)) down.set(row.flow.b, row.at);
  }
  // A back-flow or a tie is lit where one of its two ends is asked for, but carries nothing on.
  for (const row of rows) if (inWindow(row) && (row.flow.tie || isBack(row.flow.a, row.flow.b)) && view.edges.has(shownAs(row.flow.a) + ">" + shownAs(row.flow.b)) && (ids.includes(row.flow.a) || ids.includes(row.flow.b))) { mark(row); near.add(row.flow.a).add(row.flow.b); }
  for (let ix = usable.length - 1; ix >= 0; ix--) {
    const row = usable[ix];
    if (!up.has(row.flow.b) || up.get(row.flow.b) < row.at) continue;
    mark(row);
    if (!up.has(row.flow.a)) up.set(row.flow.a, row.at);
  }
  return { edges, nodes: new Set([...down.keys(), ...up.keys(), ...near].map(shownAs)) };
}
// The nodes of the file that a drawn node stands for, itself included.
function standsFor(id) {
  const node = nodes.get(id);
  return [id, ...(node.members || []).filter((member) => !opened.has(member.id)).map((member) => member.id)];
}

const number = (node) => (masked ? node.mask : node.full || node.mask) || t("unknown");
const holder = (node) => (masked ? node.holder : node.holder_full || node.holder) || "";
const tail = (node) => (node.mask ? node.mask.slice(-4) : "");
// The shortest name that a colleague would understand: bank and last four digits.
function shortName(node) {
  if (node.fold) return t("more_short", count(remaining(node).n));
  if (node.role === "exit") return t(node.channel);
  if (node.role === "thing") return t(node.kind + "_short") + " " + (node.date || tail(node));
  if (node.role === "victim" && holder(node)) return holder(node) + " " + tail(node);
  if (!node.mask) return holder(node) || t("unknown");
  return (node.bank_short ? node.bank_short + " " : "…") + tail(node);
}
function longName(node) {
  if (node.fold) return t(node.role === "victim" ? "more_victims" : "more_accounts", count(remaining(node).n), yuan(worth(node)));
  if (node.role === "exit") return t("exits") + " · " + t(node.channel);
  return number(node);
}
const worthOf = (edge) => (edge.tie ? t(CASE.channels[edge.rows[0].channel]) : yuan(edge.fen));
// Under a filter a node is worth what the visible flows bring to it (a victim: what it paid of its own in them).
const filtered = () => filter.min > 0 || filter.since > -Infinity || filter.until < Infinity;
function seen(node) {
  if (!filtered()) return worth(node);
  if (node.role !== "victim") return (view.in.get(node.id) || []).reduce((sum, edge) => sum + edge.fen, 0);
  return (view.out.get(node.id) || []).reduce((sum, edge) => edge.rows.reduce((own, row) => own + (row.flow.own ? row.traced : 0), sum), 0);
}
const worth = (node) => remaining(node).fen[node.role === "victim" ? LOST : RECEIVED];

// Search as an investigator types: last digits, a whole number (also against the mask), a name, a bank, a code.
function find(text) {
  const query = text.trim().toLowerCase().replace(/\s+/g, " ");
  if (!query) return [];
  const digits = query.replace(/[\s-]/g, "");
  const pattern = /^\d{12,}$/.test(digits) ? digits.slice(0, 6) + "******" + digits.slice(-4) : null;
  const hits = [];
  for (const node of nodes.values()) {
    if (node.fold) continue;
    const score = node.role === "exit" ? (t(node.channel).toLowerCase().includes(query) ? 1 : 0)
      : (pattern && node.mask === pattern) || (node.full && node.full.includes(digits)) ? 4
      : /^\d{2,6}$/.test(digits) && node.mask && node.mask.endsWith(digits) ? 3
      : codeOf(node).toLowerCase() === query ? 3
      : [node.holder, masked ? "" : node.holder_full, node.bank, node.bank_short, node.mask].some((value) => value && value.toLowerCase().includes(query)) ? 2
      : node.holder && /^\D{2,}$/.test(query) && node.holder === query[0] + "*".repeat(Math.min(query.length - 1, 3)) ? 2 : 0;
    if (score) hits.push({ node, score });
  }
  return hits.sort((x, y) => y.score - x.score || worth(y.node) - worth(x.node)).map((hit) => hit.node);
}
