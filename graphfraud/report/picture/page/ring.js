// What is said of a ring: who does what in it, what its members share, why it has its score, and what would change that.
Object.assign(WORDS.zh, {
  title: "团伙 {0}", untitled: "团伙", search: "尾号 / 号码 / 户名 / 银行   按 / 键", where: "本页所列交易", received: "收到", traced: "金额", whole: "金额合计", loss: "被害人付款",
  passed: "付给成员", exited: "经流出渠道离开", passed_s: "转付成员", exited_s: "流出", thing: "共用关系", tie: "共用", things: "共用的人、卡、设备", things_says: "{0} 项",
  r_collector: "收款账户", r_splitter: "拆分账户", r_passer: "过渡账户", r_cash_out: "取现/流出账户", r_dormant: "未启用账户", r_other: "其他账户", r_sims: "电话卡",
  column_says: "{0} 个 · 收到 {1}", idle_says: "{0} 个", counts: "图中 {0} 个账户或卡 · 折叠 {1} 个 · 筛除 {2} 个 · {3} 条连线", shared_by: "{0} 个成员", shared_one: "{0} 个成员",
  score: "分值", points: "{0} 分", flagged: "已提示", not_flagged: "未提示", reasons: "得分理由", doubts: "哪些事实会改变分值", left: "余 {0} 分", still: "仍提示", no_more: "不再提示", loose: "{0} 个成员将不再有其他关联",
  looks: "类型", change: "与上次相比", members_title: "主要成员", things_title: "成员共用", more_things: "另有 {0} 项共用关系未列入本页", chance: "偶然性", chance_says: "资金群内共用 {0} 对; 随机世界平均 {1} 对; p = {2}",
  within: "快进快出时限", rules: "规则表", period: "期间", sizes: "规模", sizes_says: "账户 {0} · 电话卡 {1} · 设备 {2} · 人员 {3}", accounts_n: "账户 {0}",
  goip_den: "GOIP 窝点", money_house: "水房", runner_team: "跑分车队", card_dealer: "卡商", mule_group: "卡农团伙",
  born: "新出现", returned: "再次出现", resurrected: "疑似换卡重组", grown: "扩大", turned_over: "成员有进有出", shrunk: "缩小", split: "分出", unchanged: "无变化",
  holds: "名下", registered_with: "绑定手机号", logged_in_on: "登录设备", inserted_in: "插入设备", opened_by: "同批开户", card_of: "卡与账户",
  holder_short: "持有人", sim_short: "电话卡", device_short: "设备", ip_short: "IP", batch_short: "同批开户",
  holder_kind: "持有人", sim: "电话卡", device: "设备", ip: "网络地址", batch: "同一网点连续开户", select_hint: "点击账户、共用关系或连线查看明细与出处", back: "返回团伙概况",
  caution: "以上为线索指标, 不是结论; 账户持有人不等于使用人。", legend_tie: "共用关系", legend_line: "线越粗金额越大", back_flow: "付款 (自右向左)", legend_back: "自右向左的付款", column: "角色",
  table_nodes: "成员表（与图一致）", table_edges: "连线表（与图一致）", no_evidence: "未附出处", help_note: "分值用于排序, 不是结论。高亮只表示按时间先后可以到达。", about: "作用",
});
Object.assign(WORDS.en, {
  title: "Group {0}", untitled: "Group", where: "In the payments of this page", received: "Received", traced: "Amount", whole: "Amounts in all", loss: "Victims paid",
  passed: "Paid to members", exited: "Left by exit channels", passed_s: "Paid on", exited_s: "Left", thing: "Shared", tie: "Tie", things: "What they share", things_says: "{0}",
  r_collector: "Collectors", r_splitter: "Splitters", r_passer: "Passers", r_cash_out: "Cash-out", r_dormant: "Not used yet", r_other: "Others", r_sims: "Phone cards",
  column_says: "{0} · in {1}", idle_says: "{0}", counts: "{0} accounts or cards drawn · {1} folded · {2} filtered out · {3} lines", shared_by: "{0} members", shared_one: "1 member",
  score: "Score", points: "{0} points", flagged: "flagged", not_flagged: "not flagged", reasons: "Why this score", doubts: "What would change the score", left: "{0} left", still: "still flagged", no_more: "no longer flagged", loose: "{0} members that nothing else binds",
  looks: "Looks like", change: "Since the last result", members_title: "Main members", things_title: "What members share", more_things: "and {0} more shared things not on this page", chance: "Chance", chance_says: "{0} sharing pairs in its money group; {1} in an average world of chance; p = {2}",
  within: "Passed on within", rules: "Rule table", period: "Period", sizes: "Size", sizes_says: "accounts {0} · phone cards {1} · devices {2} · persons {3}", accounts_n: "accounts {0}",
  goip_den: "GOIP den", money_house: "money house", runner_team: "runner team", card_dealer: "card dealer", mule_group: "mule group",
  born: "born", returned: "back again", resurrected: "perhaps risen again with new cards", grown: "grown", turned_over: "members in and out", shrunk: "shrunk", split: "split off", unchanged: "unchanged",
  holds: "held by", registered_with: "bound phone", logged_in_on: "used on", inserted_in: "inserted in", opened_by: "opened in a row", card_of: "card of",
  holder_short: "Holder", sim_short: "SIM", device_short: "Device", ip_short: "IP", batch_short: "Batch",
  holder_kind: "Holder", sim: "Phone card", device: "Device", ip: "Net address", batch: "Opened in a row at one outlet", select_hint: "Click an account, a shared thing or a line for details and sources", back: "Back to the group",
  caution: "Indicators to look into, never verdicts; the holder of an account need not be who uses it.", legend_tie: "What is shared", legend_line: "Thicker line: more money", back_flow: "Payment, right to left", legend_back: "Payment, right to left", column: "Role",
  table_nodes: "Members (as in the picture)", table_edges: "Lines (as in the picture)", no_evidence: "no source attached", help_note: "The score orders the work and is no verdict. A highlight only says that money could get there in order of time.", about: "Does",
});
const FATES = [["passed", PASSED], ["exited", EXITED]];
const ENDS = ["exited"];
const hasExits = [...nodes.values()].some((node) => node.role === "exit");
const column = (place) => CASE.columns[place] || "r_other";
const columnName = (place) => t(column(place));
const codeOf = (node) => (node.role === "victim" ? "V-" + node.code : node.role === "account" ? node.column + "-" + node.code : "");
const IDLE = ["r_dormant", "r_sims"];
const headKey = (place) => ({ victims: "victims_says", exits: "exits_says", things: "things_says" })[column(place)] || (IDLE.includes(column(place)) ? "idle_says" : "column_says");
const sharedBy = (node) => t(node.shared === 1 ? "shared_one" : "shared_by", count(node.shared));
const said = (node) => (node.role === "thing" ? sharedBy(node) : IDLE.includes(column(node.column)) && !seen(node) ? "" : brief(seen(node)));
const wholeOf = (fen) => FATES.reduce((sum, [, ix]) => sum + fen[ix], 0);
const saysStatement = () => false;
const kindName = (node) => t(node.kind === "holder" ? "holder_kind" : node.kind || "other");
function aboutNode(node, fen) {
  if (node.role === "thing") return el("div", {}, facts([[t("kind"), kindName(node)], [t("thing"), sharedBy(node)]]), node.why ? el("p", { class: "hint" }, node.why) : null);
  return el("div", {}, node.fact ? el("p", { class: "hint" }, inWords(node.fact, 0)) : null, wholeOf(fen) || fen[RECEIVED] ? section(t("where"), moneyTable(node, fen)) : null);
}
const inWords = (row, at) => (language === "zh" ? row[at + 1] || row[at] : row[at]);
const score = () => t("points", count(CASE.score)) + " · " + t(CASE.flagged ? "flagged" : "not_flagged");
const kindOf = () => (CASE.ring_type ? t(CASE.ring_type) : "");
const sizes = () => (CASE.sizes.length > 1 ? t("sizes_says", ...CASE.sizes.map(count)) : t("accounts_n", count(CASE.sizes[0])));

function caseContent() {
  const reason = ([rule, points, ...said]) => el("tr", {}, el("th", { scope: "row" }, inWords(said, 0), el("small", { class: "soft" }, " " + rule)), el("td", {}, count(points)));
  const doubt = ([points, left, flagged, loose, ...said]) => el("tr", {}, el("th", { scope: "row" }, inWords(said, 0), loose ? el("small", { class: "soft" }, " · " + t("loose", count(loose))) : null), el("td", {}, points === 0 ? "0" : (points > 0 ? "−" : "+") + count(Math.abs(points))), el("td", { class: "share" }, t("left", count(left)) + ", " + t(flagged ? "still" : "no_more")));
  const table = (rows) => el("table", { class: "money" }, el("tbody", {}, rows));
  const members = [...nodes.values()].filter((node) => node.role === "account" && !node.fold).sort((x, y) => y.fen[RECEIVED] - x.fen[RECEIVED] || x.column - y.column || x.id - y.id);
  const things = [...nodes.values()].filter((node) => node.role === "thing").sort((x, y) => y.shared - x.shared || x.id - y.id);
  const thing = (node) => el("li", {}, el("button", { type: "button", class: "pick", onclick: () => goTo(node.id) }, el("span", { class: "who" }, dot("beyond"), el("span", { class: "name" }, number(node)), el("small", {}, kindName(node))), el("b", {}, sharedBy(node))));
  const more = CASE.more_things ? el("p", { class: "more" }, t("more_things", count(CASE.more_things))) : null;
  return [
    el("p", { class: "hint" }, t("select_hint")),
    section(t("reasons"), table(CASE.reasons.map(reason))),
    CASE.doubts.length ? section(t("doubts"), table(CASE.doubts.map(doubt))) : null,
    section(t("looks"), facts([kindOf() && [t("kind"), kindOf()], CASE.type_fact.length && [t("about"), inWords(CASE.type_fact, 0)], [t("sizes"), sizes()], CASE.change && [t("change"), t(CASE.change)], CASE.chance.length && [t("chance"), t("chance_says", ...CASE.chance)],
      CASE.first !== null && [t("first"), clock(CASE.first)], CASE.last !== null && [t("last"), clock(CASE.last)]])),
    nodeList(t("members_title"), members, RECEIVED),
    things.length ? section(t("things_title"), el("ul", { class: "list" }, things.slice(0, LIST).map(thing)), things.length > LIST ? el("p", { class: "more" }, t("more_list", count(things.length - LIST))) : null, more) : null,
    nodeList(t("victims"), [...nodes.values()].filter((node) => node.role === "victim" && !node.fold).sort((x, y) => y.fen[LOST] - x.fen[LOST]), LOST),
    section(t("how"), facts([CASE.parameters.within && [t("within"), CASE.parameters.within], [t("rules"), CASE.rules]]), counts("ambiguities"),
      el("p", { class: "fine" }, t("caution")), el("p", { class: "fine" }, t("help_note")), el("p", { class: "fine" }, "graphfraud " + CASE.version + " · " + t("digest") + " " + CASE.digest.slice(0, 16))),
  ];
}
function showHeading() {
  $("title").textContent = CASE.title || t("title", CASE.cases[0]);
  $("subtitle").textContent = [kindOf(), sizes(), CASE.change ? t("change") + ": " + t(CASE.change) : "", t(CASE.unmask && !masked ? "subtitle_full" : "subtitle_masked")].filter(Boolean).join(" · ");
}
// The headline is the score; the bar divides it by its reasons.
const SHADES = ["exited", "beyond", "returned"];
function showSum() {
  const most = [...CASE.reasons].sort((x, y) => y[1] - x[1]);
  const shade = (ix) => SHADES[ix] || "further";
  const bar = el("div", { class: "bar", role: "img", "aria-label": most.map(([rule, points]) => rule + " " + points).join(", ") }, most.map(([, points], ix) => { const part = el("span", { class: shade(ix) }); part.style.flexGrow = String(Math.max(points, 0.01)); return part; }));
  const keys = el("ul", { class: "keys reasons" }, most.slice(0, SHADES.length).map(([rule, points, ...said], ix) => el("li", { class: shade(ix) }, dot(shade(ix)), el("span", {}, rule), el("b", {}, count(points)), el("small", {}, inWords(said, 0)))));
  $("sum").replaceChildren(
    el("div", { class: "loss" }, el("span", {}, t("score") + " · " + t(CASE.flagged ? "flagged" : "not_flagged")), el("strong", { id: "loss" }, count(CASE.score)), el("span", { class: "soft fine", id: "once" }, CASE.loss ? t("loss") + " " + yuan(CASE.loss) + " " + t("yuan") : t("caution"))),
    el("div", { class: "ends" }, bar, keys));
}
function showLegend() {
  const item = (node, key) => el("li", {}, el("img", { src: icon(node), alt: "", width: "16", height: "16" }), t(key));
  const there = new Set([...nodes.values()].map((node) => node.role));
  $("legend").replaceChildren(el("ul", {}, there.has("victim") ? item({ role: "victim", state: "passed" }, "victims") : null, FATES.map(([state]) => item({ role: "account", state, kind: "personal" }, state + "_s")),
    there.has("exit") ? item({ role: "exit", channel: "cash_out" }, "exits") : null, item({ role: "thing", kind: "device" }, "legend_tie"), item({ role: "account", state: "passed", fold: 2 }, "legend_fold"), el("li", {}, el("i", { class: "dash" }), t("legend_back")), el("li", { class: "soft" }, t("legend_line"))));
}
function headLines() {
  return [t("score") + " " + score() + (CASE.loss ? " · " + t("loss") + " " + yuan(CASE.loss) + " " + t("yuan") : "") + " · " + t("caution"), CASE.reasons.map(([rule, points, ...said]) => inWords(said, 0) + " (" + points + ")").join("; ")];
}
