// Files the reader can take away: the picture with its heading and figures, and the rows behind it.
function save(blob, name) {
  const link = el("a", { download: name, href: URL.createObjectURL(blob) });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  say(t("exported", name));
}
const fileStem = () => (CASE.cases[0] || "graphfraud").replace(/[^\w\u4e00-\u9fff-]+/g, "_").slice(0, 40);

// A cell that a spreadsheet would take for a formula, or a long number it would round, is kept as text by an apostrophe.
function cell(value) {
  const text = value === null || value === undefined ? "" : String(value);
  const kept = /^[=+\-@\t\r\n|%]/.test(text) || /^\d{12,}$/.test(text) ? "'" + text : text;
  return '"' + kept.replace(/"/g, '""') + '"';
}
const csv = (lines) => new Blob(["\ufeff" + lines.map((line) => line.map(cell).join(",")).join("\r\n") + "\r\n"], { type: "text/csv;charset=utf-8" });
function rowsCsv() {
  const party = (id) => { const node = nodes.get(id); return node.fold ? shortName(node) : node.role === "exit" ? t(node.channel) : number(node); };
  const lines = [[t("time"), t("from"), t("column"), t("to"), t("column"), t("channel"), t("traced"), t("whole"), t("transactions"), t("file"), t("row_head"), t("file") + " 2", t("row_head") + " 2"]];
  const shown = new Set([...view.edges.values()].flatMap((edge) => edge.rows));
  for (const row of rows) {
    if (!shown.has(row)) continue;
    const { a, b } = row.flow;
    const cited = [];
    for (let ix = 0; ix + 1 < row.cited.length; ix += 2) cited.push(CASE.files[row.cited[ix]][0], row.cited[ix + 1]);
    lines.push([clock(row.at), party(a), columnName(nodes.get(a).column), party(b) + (row.payee >= 0 ? " " + payeeName(row.payee) : ""), columnName(nodes.get(b).column), row.channel >= 0 ? t(CASE.channels[row.channel]) : "", yuan(row.traced).replace(/,/g, ""), yuan(row.amount).replace(/,/g, ""), row.n, ...cited]);
  }
  return csv(lines);
}
function nodesCsv() {
  const lines = [[t("code"), t("column"), t("number"), t("holder"), t("bank"), t("kind"), t("status"), t("loss"), t("received"), ...FATES.map(([name]) => t(name)), t("first"), t("last"), t("note")]];
  for (const node of nodes.values()) {
    if (node.fold || node.role === "exit" || node.role === "thing") continue;
    lines.push([codeOf(node), columnName(node.column), number(node), holder(node), node.bank, node.kind && t(node.kind), node.status && t(node.status), ...node.fen.map((fen) => yuan(fen).replace(/,/g, "")), node.first === null ? "" : clock(node.first), node.last === null ? "" : clock(node.last), alsoPaid(node)]);
  }
  return csv(lines);
}
// The canvas is drawn again at twice the size, so that a print is sharp; heading, figures and basis go with it.
function pngCanvas() {
  const factor = 2, width = stage.clientWidth, height = stage.clientHeight, position = network.getViewPosition(), scale = network.getScale();
  const page = document.createElement("canvas"), top = 96, foot = 54;
  page.width = width * factor;
  page.height = (height + top + foot) * factor;
  const pen = page.getContext("2d");
  pen.scale(factor, factor);
  pen.fillStyle = colour("back");
  pen.fillRect(0, 0, width, height + top + foot);
  penScale = factor;
  network.setSize(width * factor + "px", height * factor + "px");
  network.moveTo({ position, scale: scale * factor });
  network.redraw();
  const own = stage.querySelector("canvas");
  pen.drawImage(own, 0, 0, own.width, own.height, 0, top, width, height);
  penScale = 1;
  network.setSize(width + "px", height + "px");
  network.moveTo({ position, scale });
  network.redraw();
  const line = (text, y, font, fill) => { pen.font = font + " " + FONT; pen.fillStyle = colour(fill); pen.fillText(text, 24, y, width - 48); };
  line($("title").textContent, 34, "600 19px", "ink");
  const [first, second] = headLines();
  line(first, 58, "400 12.5px", "ink");
  line(second, 80, "400 12.5px", "muted");
  line($("subtitle").textContent, top + height + 22, "400 11.5px", "muted");
  line($("counts").textContent + " · graphfraud " + CASE.version + " · " + t("digest") + " " + CASE.digest.slice(0, 16), top + height + 42, "400 11.5px", "muted");
  return page;
}
$("to-png").addEventListener("click", () => pngCanvas().toBlob((blob) => save(blob, fileStem() + ".png"), "image/png"));
$("to-csv").addEventListener("click", () => { save(nodesCsv(), fileStem() + "-accounts.csv"); save(rowsCsv(), fileStem() + "-transactions.csv"); });
