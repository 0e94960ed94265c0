// The picture: vis-network draws icons and lines at places reckoned in Python; labels and headings are drawn in screen pixels.
const stage = document.getElementById("stage");
const SPACE = { left: 124, right: 128, top: 66, bottom: 34 };
const FONT = '"Inter","Segoe UI",-apple-system,"PingFang SC","Microsoft YaHei","Noto Sans SC","Noto Sans CJK SC","Source Han Sans SC","WenQuanYi Micro Hei",system-ui,sans-serif';
const LABELS_MAX = 160;
const AMOUNTS_MAX = 14;
let selected = null; // { node: id } or { edge: key }
let lit = null;
let hovered = null;
let penScale = 1;
const visNodes = new vis.DataSet();
const visEdges = new vis.DataSet();
const network = new vis.Network(stage, { nodes: visNodes, edges: visEdges }, {
  autoResize: false, physics: false, layout: { improvedLayout: false, hierarchical: false },
  interaction: { hover: true, multiselect: false, selectConnectedEdges: false, hoverConnectedEdges: false, keyboard: false, navigationButtons: false, zoomSpeed: 0.6 },
  nodes: { shape: "image", chosen: false, shapeProperties: { interpolation: false } },
  edges: { chosen: false, hoverWidth: 0, selectionWidth: 0, arrowStrikethrough: false, smooth: { enabled: true, type: "cubicBezier", forceDirection: "horizontal", roundness: 0.42 } },
});

function place(node) {
  const width = stage.clientWidth, height = stage.clientHeight;
  return {
    x: SPACE.left + (node.column / Math.max(LAST_COLUMN, 1)) * (width - SPACE.left - SPACE.right) - width / 2,
    y: SPACE.top + node.height * (height - SPACE.top - SPACE.bottom) - height / 2,
  };
}
function respace(column) {
  const lane = [...nodes.values()].filter((node) => node.column === column && isDrawn(node) && (!node.fold || remaining(node).n > 0));
  lane.sort((x, y) => x.height - y.height || worth(y) - worth(x));
  lane.forEach((node, ix) => { node.height = (ix + 0.5) / lane.length; node.moved = null; });
}
const logOf = (fen) => Math.log10(Math.max(fen, 100));
function scaleOf(values) {
  const logs = values.map(logOf), low = Math.min(...logs), high = Math.max(...logs);
  return (fen) => (high > low ? (logOf(fen) - low) / (high - low) : 0.5);
}
let nodeScale = () => 0.5;
let edgeScale = () => 0.5;
let fullest = 1;
function setScales() {
  look();
  nodeScale = scaleOf(view.drawn.map(worth).concat([100]));
  edgeScale = scaleOf([...view.edges.values()].filter((edge) => !edge.tie).map((edge) => edge.fen).concat([10000]));
}
function radius(node, crowd) {
  const height = (stage.clientHeight - SPACE.top - SPACE.bottom) * 0.41;
  // One scale for all columns: a node in an empty column must not look larger than a richer one in a full column.
  const room = Math.min(height / Math.max(crowd, 1), Math.max(height / Math.max(fullest, 1), 10));
  if (node.role === "exit") return Math.max(5, Math.min(18, height / Math.max(crowd, 1)));
  const wish = 6 + 13 * nodeScale(worth(node)) ** 1.6;
  return Math.max(5, Math.min(wish, room));
}

function nodeLook(node, crowds) {
  const at = node.moved || place(node);
  const dim = lit && !lit.nodes.has(node.id);
  return { id: node.id, x: at.x, y: at.y, image: icon(node), size: (node.radius = radius(node, crowds.get(node.column))), opacity: dim ? 0.16 : 1 };
}
function edgeLook(edge) {
  const on = lit && lit.edges.has(edge.key), dim = lit && !on, chosen = selected && selected.edge === edge.key;
  const name = edge.tie ? "beyond" : edge.back ? "edgeBack" : nodes.get(edge.b).role === "exit" ? "edgeExit" : nodes.get(edge.a).role === "victim" ? "edgeVictim" : "edge";
  const level = isLevel(edge.a, edge.b);
  return {
    id: edge.key, from: edge.a, to: edge.b, width: (edge.tie ? 1 : 0.8 + 6.2 * edgeScale(edge.fen) ** 2.2) + (chosen ? 1.5 : 0),
    color: { color: chosen ? colour("edgeOn") : colour(name), opacity: dim ? 0.05 : on ? 0.85 : edge.tie ? 0.3 : edge.back ? 0.55 : 0.16 + 0.5 * edgeScale(edge.fen) ** 1.6 },
    dashes: edge.tie ? [2, 4] : edge.back ? [6, 5] : false,
    arrows: { to: { enabled: !edge.tie && (edge.back || level || Boolean(on && selected && (selected.edge || selected.node === edge.a || selected.node === edge.b))), scaleFactor: 0.45 } },
    smooth: level ? { enabled: true, type: "curvedCW", roundness: 0.35 } : edge.back ? { enabled: true, type: "curvedCCW", roundness: 0.18 } : { enabled: true, type: "cubicBezier", forceDirection: "horizontal", roundness: 0.42 },
  };
}
// Bring vis-network's data in step with the view; only what changed is touched.
function sync() {
  look();
  if (selected && ((selected.node !== undefined && !view.ids.has(selected.node)) || (selected.edge && !view.edges.has(selected.edge)))) selected = null;
  lit = litBy(selected);
  const crowds = new Map();
  for (let column = 0; column <= LAST_COLUMN; column++) crowds.set(column, crowdOf(column));
  fullest = Math.max(...crowds.values());
  replace(visNodes, view.drawn.map((node) => nodeLook(node, crowds)));
  replace(visEdges, [...view.edges.values()].sort((x, y) => x.fen - y.fen).map(edgeLook));
  document.getElementById("note").hidden = view.edges.size > 0;
  network.redraw();
}
function replace(set, items) {
  const wanted = new Set(items.map((item) => item.id));
  const gone = set.getIds().filter((id) => !wanted.has(id));
  if (gone.length) set.remove(gone);
  set.update(items);
}
function litBy(choice) {
  if (!choice) return null;
  if (choice.edge) {
    const edge = view.edges.get(choice.edge);
    return { nodes: new Set([edge.a, edge.b]), edges: new Set([edge.key]) };
  }
  return reach(standsFor(choice.node));
}
function fit(animated) {
  network.moveTo({ position: { x: 0, y: 0 }, scale: 1, animation: animated ? { duration: 250, easingFunction: "easeInOutQuad" } : false });
}
let sized = "";
function resize() {
  const size = stage.clientWidth + "x" + stage.clientHeight;
  if (size === sized) return;
  sized = size;
  for (const node of nodes.values()) node.moved = null;
  network.setSize(stage.clientWidth + "px", stage.clientHeight + "px");
  fit(false);
  sync();
}

// ---- what is drawn over the lines, in screen pixels ----
const DOM = (x, y) => network.canvasToDOM({ x, y });
network.on("beforeDrawing", (ctx) => inScreen(ctx, drawLanes));
network.on("afterDrawing", (ctx) => {
  drawRings(ctx);
  inScreen(ctx, drawOverlay);
});
function inScreen(ctx, draw) {
  const ratio = (ctx.canvas.width / ctx.canvas.clientWidth) * penScale;
  ctx.save();
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  draw(ctx, ctx.canvas.clientWidth / penScale, ctx.canvas.clientHeight / penScale);
  ctx.restore();
}
const toScreen = (at) => { const p = DOM(at.x, at.y); return { x: p.x / penScale, y: p.y / penScale }; };
function drawLanes(ctx, width, height) {
  ctx.fillStyle = colour("back");
  ctx.fillRect(0, 0, width, height);
  const zoom = network.getScale() / penScale;
  for (let column = 0; column <= LAST_COLUMN; column++) {
    const x = toScreen(place({ column, height: 0 })).x, half = 22 * zoom;
    ctx.fillStyle = colour("lane");
    ctx.fillRect(x - half, 0, half * 2, height);
  }
}
// A ring around an account shows what became of the money it received; a victim that received none has no ring.
function drawRings(ctx) {
  for (const node of view.drawn) {
    if (node.role === "exit" || node.role === "thing" || (node.role === "account" && node.radius < 6.5)) continue;
    const fen = remaining(node).fen, parts = FATES.map(([, ix]) => fen[ix]), total = parts.reduce((a, b) => a + b, 0);
    if (!total || (node.role === "account" && parts.filter((part) => part > 0).length < 2)) continue;
    const at = network.getPosition(node.id);
    let angle = -Math.PI / 2;
    ctx.save();
    ctx.globalAlpha = lit && !lit.nodes.has(node.id) ? 0.15 : 1;
    ctx.lineWidth = 2.4;
    parts.forEach((part, ix) => {
      if (!part) return;
      const next = angle + (part / total) * Math.PI * 2;
      ctx.beginPath();
      ctx.strokeStyle = colour(FATES[ix][0]);
      ctx.arc(at.x, at.y, node.radius + 2, angle, next);
      ctx.stroke();
      angle = next;
    });
    ctx.restore();
  }
}
function drawOverlay(ctx, width, height) {
  const boxes = [];
  const head = 48;
  boxes.push({ x: 0, y: 0, w: width, h: head });
  const zoom = network.getScale() / penScale;
  const spots = view.drawn.map((node) => ({ node, at: toScreen(network.getPosition(node.id)), r: node.radius * zoom + (selected && selected.node === node.id ? 7 : 3) }));
  for (const spot of spots) boxes.push({ x: spot.at.x - spot.r, y: spot.at.y - spot.r, w: spot.r * 2, h: spot.r * 2, id: spot.node.id });
  if (selected && selected.node !== undefined) drawSelection(ctx, spots.find((spot) => spot.node.id === selected.node));
  drawLabels(ctx, spots, boxes, width, height, zoom);
  drawAmounts(ctx, boxes);
  drawHeads(ctx, width, head);
}
function drawSelection(ctx, spot) {
  if (!spot) return;
  ctx.strokeStyle = colour("select");
  ctx.lineWidth = 2;
  ctx.beginPath();
  ctx.arc(spot.at.x, spot.at.y, spot.r, 0, Math.PI * 2);
  ctx.stroke();
}
const free = (boxes, box, id) => boxes.every((b) => (b.id !== undefined && b.id === id) || box.x >= b.x + b.w || box.x + box.w <= b.x || box.y >= b.y + b.h || box.y + box.h <= b.y);
function drawLabels(ctx, spots, boxes, width, height, zoom) {
  const pitches = [];
  for (let column = 0; column <= LAST_COLUMN; column++) pitches.push((zoom * (stage.clientHeight - SPACE.top - SPACE.bottom)) / Math.max(crowdOf(column), 1));
  const rank = (spot) => (selected && selected.node === spot.node.id ? 1e18 : 0) + (hovered === spot.node.id ? 1e19 : 0) + (lit && lit.nodes.has(spot.node.id) ? 1e17 : 0) + (spot.node.role === "exit" ? 1e16 : 0) + (spot.node.fold ? 1e14 : 0) + worth(spot.node);
  // In a full column all labels begin beside its widest node, else a wide one would push its neighbours' labels out.
  const widest = pitches.map((_, column) => Math.max(0, ...spots.filter((spot) => spot.node.column === column).map((spot) => spot.node.radius * zoom + 3)));
  let left = LABELS_MAX;
  ctx.textBaseline = "middle";
  ctx.lineJoin = "round";
  for (const spot of [...spots].sort((x, y) => rank(y) - rank(x))) {
    const { node, at, r } = spot;
    if (!left || at.x < -40 || at.y < 30 || at.x > width + 40 || at.y > height + 10) continue;
    if (lit && !lit.nodes.has(node.id)) continue;
    const amount = said(node), from = pitches[node.column] >= 29 ? r : Math.max(r, widest[node.column]);
    ctx.font = "400 11px " + FONT;
    const amountWidth = ctx.measureText(amount).width;
    ctx.font = "600 11.5px " + FONT;
    const names = [shortName(node), ...(node.fold || !node.mask ? [] : ["…" + tail(node)])].map((name) => ({ name, nameWidth: ctx.measureText(name).width }));
    const choices = names.flatMap((each) => labelChoices(node, at, from, each.nameWidth, amountWidth, pitches[node.column] >= 29).map((c) => ({ ...c, ...each }))).filter((c) => c.x > 2 && c.x + c.w < width - 2 && c.y + c.h < height - 2);
    const box = choices.find((c) => free(boxes, c, node.id));
    if (!box) continue;
    boxes.push(box);
    left -= 1;
    writeLabel(ctx, box, box.name, amount, box.nameWidth, amountWidth);
  }
}
function labelChoices(node, at, r, nameWidth, amountWidth, roomy) {
  const one = { w: nameWidth + 6 + amountWidth + 4, h: 14 }, both = { w: Math.max(nameWidth, amountWidth) + 4, h: 27, stacked: true };
  const right = (s) => ({ ...s, x: at.x + r + 3, y: at.y - s.h / 2, align: "left" });
  const left = (s) => ({ ...s, x: at.x - r - 3 - s.w, y: at.y - s.h / 2, align: "right" });
  const below = (s) => ({ ...s, x: at.x - s.w / 2, y: at.y + r + 1, align: "center" });
  const first = roomy ? both : one;
  return node.column === 0 ? [left(first), left(one), right(one)] : [right(first), right(one), right(both), left(one), below(one)];
}
function writeLabel(ctx, box, name, amount, nameWidth, amountWidth) {
  const write = (text, x, y, font, fill) => {
    ctx.font = font;
    ctx.lineWidth = 3.5;
    ctx.strokeStyle = colour("halo");
    ctx.strokeText(text, x, y);
    ctx.fillStyle = fill;
    ctx.fillText(text, x, y);
  };
  ctx.textAlign = "left";
  const bold = "600 11.5px " + FONT, plain = "400 11px " + FONT;
  const start = (w) => (box.align === "right" ? box.x + box.w - w - 2 : box.align === "center" ? box.x + (box.w - w) / 2 : box.x + 2);
  if (box.stacked) {
    write(name, start(nameWidth), box.y + 7, bold, colour("ink"));
    write(amount, start(amountWidth), box.y + 20, plain, colour("muted"));
  } else {
    const x = start(nameWidth + 6 + amountWidth);
    write(name, x, box.y + 7, bold, colour("ink"));
    write(amount, x + nameWidth + 6, box.y + 7, plain, colour("muted"));
  }
}
// Amounts on lines only where a selection makes them few enough to read.
function drawAmounts(ctx, boxes) {
  if (!lit) return;
  const near = (edge) => selected.edge === edge.key || selected.node === edge.a || selected.node === edge.b;
  const edges = [...view.edges.values()].filter((edge) => lit.edges.has(edge.key) && near(edge)).sort((x, y) => y.fen - x.fen).slice(0, AMOUNTS_MAX);
  ctx.font = "500 10.5px " + FONT;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  for (const edge of edges) {
    if (edge.tie || edge.back || isLevel(edge.a, edge.b)) continue;
    const a = toScreen(network.getPosition(edge.a)), b = toScreen(network.getPosition(edge.b));
    const text = brief(edge.fen), w = ctx.measureText(text).width + 8, x = (a.x + b.x) / 2, y = (a.y + b.y) / 2;
    const box = { x: x - w / 2, y: y - 8, w, h: 16 };
    if (!free(boxes, box)) continue;
    boxes.push(box);
    ctx.fillStyle = colour("back");
    ctx.globalAlpha = 0.92;
    ctx.fillRect(box.x, box.y, box.w, box.h);
    ctx.globalAlpha = 1;
    ctx.fillStyle = colour("ink");
    ctx.fillText(text, x, y + 0.5);
  }
}
function drawHeads(ctx, width, head) {
  ctx.fillStyle = colour("back");
  ctx.globalAlpha = 0.94;
  ctx.fillRect(0, 0, width, head);
  ctx.globalAlpha = 1;
  ctx.fillStyle = colour("faint");
  ctx.fillRect(0, head, width, 1);
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  const pitch = toScreen(place({ column: 1, height: 0 })).x - toScreen(place({ column: 0, height: 0 })).x;
  for (let column = 0; column <= LAST_COLUMN; column++) {
    const own = view.drawn.filter((node) => node.column === column);
    const n = own.reduce((sum, node) => sum + (node.fold ? remaining(node).n : 1), 0);
    const sum = brief(columnSum(column)), long = t(headKey(column), count(n), sum);
    ctx.font = "400 11.5px " + FONT;
    const says = ctx.measureText(long).width < pitch - 8 ? long : count(n) + " · " + sum;
    const w = ctx.measureText(says).width / 2;
    const x = Math.min(Math.max(toScreen(place({ column, height: 0 })).x, w + 10), width - w - 10);
    ctx.fillStyle = colour("muted");
    ctx.fillText(says, x, 33);
    ctx.font = "600 13px " + FONT;
    ctx.fillStyle = colour("ink");
    ctx.fillText(columnName(column), x, 16);
  }
}
