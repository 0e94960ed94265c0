// Roles as pictures: SVG data URIs of plain paths, so that no font and no request is needed.
const GLYPHS = {
  victim: "M16 8.2a3.9 3.9 0 1 0 0 7.8 3.9 3.9 0 0 0 0-7.8zM8.8 24c0-4 3.2-6.3 7.2-6.3s7.2 2.3 7.2 6.3z",
  personal: "M7.5 10.5h17v2.6h-17zM7.5 14.6h17v6.9h-17zM9.6 18.2h5.2v1.5H9.6z",
  company: "M9.5 8h8v16h-8zM18.7 13h4.8v11h-4.8zM11.4 10.2v1.9h1.5v-1.9zM14.2 10.2v1.9h1.5v-1.9zM11.4 14v1.9h1.5V14zM14.2 14v1.9h1.5V14zM11.4 17.8v1.9h1.5v-1.9zM14.2 17.8v1.9h1.5v-1.9z",
  merchant: "M8.5 9h15l1.3 5.2a2.4 2.4 0 0 1-4.5.8 2.4 2.4 0 0 1-4.3 0 2.4 2.4 0 0 1-4.3 0 2.4 2.4 0 0 1-4.5-.8zM9.7 18.2h12.6v5.3h-4v-3.4h-3.6v3.4h-5z",
  payment: "M11.3 7.5h9.4v17h-9.4zM13 9.6v11.6h6V9.6zM15.2 22.2v1.3h1.6v-1.3z",
  cash_out: "M6.8 11h18.4v10H6.8zM8.5 12.7v6.6h15v-6.6zM16 13.4a2.6 2.6 0 1 0 0 5.2 2.6 2.6 0 0 0 0-5.2z",
  wallet: "M11.3 7.5h9.4v17h-9.4zM13 9.6v11.6h6V9.6zM15.2 22.2v1.3h1.6v-1.3z",
  crypto: "M16 7l7.8 4.5v9L16 25l-7.8-4.5v-9zM16 9.6l-5.5 3.2v6.4l5.5 3.2 5.5-3.2v-6.4zM16 12.6l2.9 1.7v3.4L16 19.4l-2.9-1.7v-3.4z",
  cross_border: "M16 7.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM15.2 9.4v5.7h-3.3c.2-2.9 1.4-5 3.3-5.7zM16.8 9.4c1.9.7 3.1 2.8 3.3 5.7h-3.3zM9.3 15.1c.3-2.1 1.4-3.8 3-4.9-.8 1.3-1.3 3-1.4 4.9zM19.7 10.2c1.6 1.1 2.7 2.8 3 4.9h-1.6c-.1-1.9-.6-3.6-1.4-4.9zM9.3 16.8h1.6c.1 1.9.6 3.6 1.4 4.9-1.6-1.1-2.7-2.8-3-4.9zM11.9 16.8h3.3v5.8c-1.9-.7-3.1-2.9-3.3-5.8zM16.8 16.8h3.3c-.2 2.9-1.4 5.1-3.3 5.8zM21.1 16.8h1.6c-.3 2.1-1.4 3.8-3 4.9.8-1.3 1.3-3 1.4-4.9z",
  fee: "M11.6 8.6a2.9 2.9 0 1 0 0 5.8 2.9 2.9 0 0 0 0-5.8zM20.4 17.6a2.9 2.9 0 1 0 0 5.8 2.9 2.9 0 0 0 0-5.8zM21 8.4l2 1.3L11.2 23.6l-2-1.3z",
  other: "M14.8 8h2.4v10.5l3.7-3.7 1.7 1.7L16 23.1l-6.6-6.6 1.7-1.7 3.7 3.7z",
  sim: "M10.5 7.5h8l4 4v13h-12zM12.8 15v7.2h7V15zM15.2 15v7.2h1.4V15z",
  device: "M11.3 7.5h9.4v17h-9.4zM13 9.6v11.6h6V9.6zM15.2 22.2v1.3h1.6v-1.3z",
  holder: "M16 8.2a3.9 3.9 0 1 0 0 7.8 3.9 3.9 0 0 0 0-7.8zM8.8 24c0-4 3.2-6.3 7.2-6.3s7.2 2.3 7.2 6.3z",
  thing: "M10 10h12v12H10z",
  fold: "M11 8h14v9h-2v-7H11zM7.5 12h14v10h-14zM9.5 15h10v1.6h-10z",
};
const PALETTES = {
  light: {
    back: "#ffffff", ink: "#17202e", muted: "#5d6b80", faint: "#d9dee6", lane: "#f4f6f9", halo: "#ffffff", select: "#17202e",
    victim: "#2f5d9b", victimSoft: "#e3ecf8", passed: "#7c8aa0", passedSoft: "#eef1f5", resting: "#00795a", exited: "#c2470a", exitedSoft: "#fbe9de",
    unseen: "#6f7785", unseenSoft: "#ffffff", returned: "#3b8ea5", beyond: "#7b58ad", edge: "#8c99ad", edgeVictim: "#6f96cc", edgeExit: "#dd8a5f", edgeBack: "#3d4b61", edgeOn: "#2b3a52",
  },
  dark: {
    back: "#141a23", ink: "#e8edf4", muted: "#9aa8bb", faint: "#2c3645", lane: "#19212c", halo: "#141a23", select: "#ffffff",
    victim: "#7fb0ee", victimSoft: "#1f3450", passed: "#8492a8", passedSoft: "#263040", resting: "#2cc498", exited: "#f08a4b", exitedSoft: "#43291b",
    unseen: "#8d97a6", unseenSoft: "#141a23", returned: "#79cbd9", beyond: "#b394e0", edge: "#5d6b80", edgeVictim: "#4c75ad", edgeExit: "#a8623a", edgeBack: "#c3cede", edgeOn: "#dfe7f2",
  },
};
let theme = "light";
const colour = (name) => PALETTES[theme][name];

const drawnIcons = new Map();
// One icon per role, fate and theme; shared by all nodes that look alike.
function icon(node) {
  const kind = node.fold ? "fold" : node.role === "exit" ? (has(GLYPHS, node.channel) ? node.channel : "other")
    : node.role === "victim" ? "victim" : node.role === "thing" && !has(GLYPHS, node.kind || "") ? "thing" : has(GLYPHS, node.kind || "") && node.kind !== "victim" ? node.kind : "personal";
  const key = [theme, node.role, node.state, kind].join();
  if (!drawnIcons.has(key)) drawnIcons.set(key, "data:image/svg+xml," + encodeURIComponent(iconText(node, kind)));
  return drawnIcons.get(key);
}
function iconText(node, kind) {
  const look = iconLook(node);
  const shape = node.role === "exit" || node.role === "thing"
    ? `<rect x="2" y="2" width="28" height="28" rx="7" fill="${look.fill}" stroke="${look.line}" stroke-width="2"/>`
    : node.fold && node.role !== "victim" ? `<rect x="2" y="3.5" width="28" height="25" rx="8" fill="${look.fill}" stroke="${look.line}" stroke-width="2"${look.dash}/>`
    : `<circle cx="16" cy="16" r="14" fill="${look.fill}" stroke="${look.line}" stroke-width="2"${look.dash}/>`;
  const hatch = look.dash ? `<path d="M6 20L20 6M9 25L25 9M14 28L28 14" stroke="${look.line}" stroke-width="1" opacity=".45"/>` : "";
  return `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64" viewBox="0 0 32 32">${shape}${hatch}<path d="${GLYPHS[kind]}" fill="${look.glyph}" fill-rule="evenodd"/></svg>`;
}
function iconLook(node) {
  if (node.role === "victim") return { fill: colour("victimSoft"), line: colour("victim"), glyph: colour("victim"), dash: "" };
  if (node.role === "exit") return { fill: colour("exited"), line: colour("exited"), glyph: colour("back"), dash: "" };
  if (node.role === "thing") return { fill: colour("back"), line: colour("beyond"), glyph: colour("beyond"), dash: "" };
  if (node.state === "resting") return { fill: colour("resting"), line: colour("resting"), glyph: colour("back"), dash: "" };
  if (node.state === "exited") return { fill: colour("exitedSoft"), line: colour("exited"), glyph: colour("exited"), dash: "" };
  if (node.state === "unseen") return { fill: colour("unseenSoft"), line: colour("unseen"), glyph: colour("unseen"), dash: ' stroke-dasharray="3.4 2.6"' };
  if (node.state === "beyond") return { fill: colour("back"), line: colour("beyond"), glyph: colour("beyond"), dash: "" };
  return { fill: colour("passedSoft"), line: colour("passed"), glyph: colour("passed"), dash: "" };
}
