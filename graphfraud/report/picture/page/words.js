// Every word the page shows, in both languages. {0}, {1} are filled by t().
const WORDS = {
  zh: {
    other_language: "EN", table: "表格", picture: "图", png: "图片", csv: "导出", mask: "掩码", theme: "明暗", help_short: "?",
    search: "尾号 / 卡号 / 户名 / 银行   按 / 键", search_label: "查找账户", no_hit: "本页没有这个账户", folded: "已折叠",
    title: "案件 {0} 资金流向", untitled: "资金流向", subtitle_rule: "规则：{0}", subtitle_within: "每笔付款后 {0}内", subtitle_hops: "至多 {0} 级",
    subtitle_until: "观察至 {0}", subtitle_masked: "标识已掩码", subtitle_full: "含完整标识，注意保密",
    fifo: "先进先出（FIFO）", lifo: "后进先出（LIFO）", pro_rata: "按比例", poison: "全额污染", libr: "最低中间余额（LIBR）",
    loss: "被害人付出", loss_says: "{0} 个被害人账户 · {1} 笔付款", once: "每一分只计一次：被害人付款之和，不是各级流水之和",
    mixed: "全额污染规则另计入混同资金 {0} 元，下列比例以合计 {1} 元为底",
    resting: "仍在账上，可止付冻结", exited: "已流出", returned: "已回到被害人本人账户", unseen: "失去踪迹（无流水）", beyond: "超出追踪范围", passed: "已转出",
    resting_s: "仍在账上", exited_s: "流出", returned_s: "已回被害人", unseen_s: "无流水", beyond_s: "超范围", passed_s: "转出",
    cash_out: "取现", merchant: "消费/商户", wallet: "支付钱包", crypto: "虚拟币", cross_border: "跨境", fee: "手续费", other: "其他", transfer: "转账",
    cash_in: "存现", interest: "利息",
    victims: "被害人", tier: "{0} 级账户", exits: "流出渠道", victim: "被害人账户", account: "账户", more_accounts: "另有 {0} 个账户，共 {1} 元",
    more_victims: "另有 {0} 个被害人账户，共 {1} 元", more_short: "另有 {0} 个", more_list: "另有 {0} 个", more_rows: "再显示 {0} 笔（余 {1} 笔）", more_names: "另有 {0} 个未列入本页",
    column_says: "{0} 个 · 流入 {1}", victims_says: "{0} 个 · 付出 {1}", exits_says: "{0} 类 · 流出 {1}",
    counts: "图中 {0} 个账户 · 折叠 {1} 个 · 筛除 {2} 个 · {3} 条资金流", counts_isolated: " · 无流水相连 {0} 个",
    amount_filter: "资金流合计不少于", time_filter: "交易时间", reset: "还原", all: "全部", yuan: "元",
    where: "被害人的钱现在在哪里", freeze_first: "余额最多的账户（优先止付、冻结）", ask_first: "需调取流水的账户", largest_victims: "损失最大的被害人",
    how: "依据", rule: "追踪规则", window: "时限", hops_max: "追踪级数", assumptions: "推定", ambiguities: "数据不能确定之处", truncated: "触及上限，结果不完整：请放宽上限后重新追踪。", none: "无",
    opening_assumed_accounts: "期初余额为推定的账户", opening_assumed_fen: "推定的期初余额", simultaneous_transactions: "时间完全相同的交易",
    low_precision_transactions: "时间只到日的交易", seed_shortfall_fen: "付款时自有余额不足的差额", opening_raised_accounts: "期初余额上调的账户", opening_raised_fen: "上调的期初余额", accounts_without_statement: "无流水的账户", seeds_after_until: "观察期末之后的付款", no_window: "不限时间", no_hops: "不限级数", until_end: "观察期末",
    received: "收到被害人资金", n_victims: "涉及被害人", note: "备注", also_victim: "同时为被害人，需核实", also_paid: "也收到其他被害人资金，需核实", review: "也收到其他被害人资金的被害人账户（需核实）", also_received: "也收到其他 {1} 个被害人账户的资金 {2} 元（{0} 级账户）：可能被利用过账，需先核实。", first: "首次", last: "末次", bank: "银行", holder: "户名", status: "状态", kind: "类别", statement: "流水",
    held: "已调取", not_held: "未调取", normal: "正常", frozen: "已冻结", stopped: "已止付", closed: "已销户",
    personal: "个人", company: "对公", payment: "支付账户", unknown: "未知对手方", came_from: "来自", went_to: "去向", transactions: "交易", of_whole: "全额 {0}",
    evidence: "依据", row: "第 {0} 行", no_evidence: "未附出处", n_transactions: "{0} 笔", one_transaction: "1 笔", merged: "{0} 笔小额合计", members: "折叠的账户", show_one: "单独显示",
    back_flow: "回流", flow: "资金流", whole: "交易全额", traced: "其中被害人资金", between: "时间", top_payers: "主要来源账户", select_hint: "点击账户或资金流查看明细与出处",
    share: "占比", amount: "金额", from: "付款方", to: "收款方", time: "时间", channel: "渠道", number: "账号", role: "角色", column: "层级", file: "文件", row_head: "行",
    table_nodes: "账户表（与图一致）", table_edges: "资金流表（与图一致）", nothing: "没有符合条件的资金流", nothing_remedy: "放宽金额或时间范围，或按“还原”。",
    legend_line: "线越粗金额越大，自左向右", legend_back: "回流", legend_fold: "折叠的账户", close: "关闭", back: "返回案件概况", up_down: "高亮：按时间先后可达的上游与下游",
    stage_label: "资金流向图。方向键沿资金移动，回车展开，Esc 取消选择。", selected: "已选：{0}", exported: "已导出 {0}", png_title: "资金流向图", zoom_in: "放大", zoom_out: "缩小", zoom_fit: "适合窗口",
    help: "操作说明", help_keys: [["单击", "查看账户或资金流的明细与出处，高亮其上下游"], ["单击折叠点", "列出其中的账户，点其中一个即单独显示"], ["Enter", "展开所选折叠点中金额最大的账户"], ["/", "查找：尾号、卡号、户名、银行；回车跳转"], ["← →", "沿金额最大的资金流向上游 / 下游移动"], ["↑ ↓", "同一层级的上一个 / 下一个"], ["Esc", "取消选择"], ["0", "适合窗口"], ["T", "表格 / 图"], ["L", "中文 / English"], ["D", "明 / 暗"]],
    help_note: "高亮只表示按时间先后可以到达；金额归属以所示追踪规则的计算为准。账户持有人不等于使用人，任何标记都不是结论。", digest: "数据摘要", code: "编号",
  },
  en: {
    other_language: "中文", table: "Table", picture: "Picture", png: "Image", csv: "CSV", mask: "Mask", theme: "Theme", help_short: "?",
    search: "Last 4 digits, number, name, bank   ( / )", search_label: "Find an account", no_hit: "No such account on this page", folded: "folded",
    title: "Case {0}: flow of money", untitled: "Flow of money", subtitle_rule: "Rule: {0}", subtitle_within: "within {0} of each payment", subtitle_hops: "at most {0} hops",
    subtitle_until: "observed until {0}", subtitle_masked: "identifiers masked", subtitle_full: "full identifiers inside: confidential",
    fifo: "first in, first out", lifo: "last in, first out", pro_rata: "pro rata", poison: "full contamination", libr: "lowest intermediate balance",
    loss: "Victims paid", loss_says: "{0} victim accounts · {1} payments", once: "Every fen counted once: the victims' payments, not the sum of all transfers",
    mixed: "Full contamination adds {0} of other money; shares below are of {1}",
    resting: "Resting: can be frozen", exited: "Left the accounts", returned: "Back with the victim", unseen: "Lost to sight (no statement)", beyond: "Beyond the limits traced", passed: "Paid on",
    resting_s: "Resting", exited_s: "Left", returned_s: "Returned", unseen_s: "No statement", beyond_s: "Beyond", passed_s: "Paid on",
    cash_out: "Cash", merchant: "Merchants", wallet: "Wallets", crypto: "Crypto", cross_border: "Cross-border", fee: "Fees", other: "Other", transfer: "Transfer",
    cash_in: "Cash in", interest: "Interest",
    victims: "Victims", tier: "Tier {0}", exits: "Exits", victim: "Victim's account", account: "Account", more_accounts: "and {0} more accounts, {1} yuan",
    more_victims: "and {0} more victim accounts, {1} yuan", more_short: "{0} more", more_list: "and {0} more", more_rows: "Show {0} more ({1} left)", more_names: "and {0} more not listed on this page",
    column_says: "{0} accounts · in {1}", victims_says: "{0} accounts · paid {1}", exits_says: "{0} kinds · {1}",
    counts: "{0} accounts drawn · {1} folded · {2} filtered out · {3} flows", counts_isolated: " · {0} unconnected",
    amount_filter: "Flows of at least", time_filter: "Time of transfer", reset: "Reset", all: "all", yuan: "yuan",
    where: "Where the victims' money is", freeze_first: "Most money resting (freeze first)", ask_first: "Statements to ask for", largest_victims: "Largest losses",
    how: "Basis", rule: "Rule", window: "Window", hops_max: "Hops at most", assumptions: "Assumed", ambiguities: "Left open by the data", truncated: "A limit cut this answer short: trace again with a wider one.", none: "none",
    opening_assumed_accounts: "Accounts with an assumed opening balance", opening_assumed_fen: "Opening balances assumed", simultaneous_transactions: "Transactions at the same instant",
    low_precision_transactions: "Transactions dated to the day only", seed_shortfall_fen: "Lack of own money at payment", opening_raised_accounts: "Accounts with a raised opening balance", opening_raised_fen: "Opening balances raised by", accounts_without_statement: "Accounts without a statement", seeds_after_until: "Payments after the end of observation", no_window: "no time limit", no_hops: "no hop limit", until_end: "Observed until",
    received: "Victims' money received", n_victims: "Victims reached", note: "Note", also_victim: "also a victim: review", also_paid: "also received other victims' money: review", review: "Victims' accounts that other victims' money reached (review)", also_received: "Also received other victims' money: {2} yuan, tier {0}, victim accounts it came from: {1}. Hold for review: the account may have been used to pass money on.", first: "First", last: "Last", bank: "Bank", holder: "Holder", status: "Status", kind: "Kind", statement: "Statement",
    held: "held", not_held: "not held", normal: "normal", frozen: "frozen", stopped: "stopped", closed: "closed",
    personal: "personal", company: "company", payment: "payment account", unknown: "Unknown counterparty", came_from: "Came from", went_to: "Went to", transactions: "Transactions", of_whole: "of {0}",
    evidence: "Evidence", row: "row {0}", no_evidence: "no source attached", n_transactions: "{0} transactions", one_transaction: "1 transaction", merged: "sum of {0} small ones", members: "Accounts folded here", show_one: "Show",
    back_flow: "Back-flow", flow: "Flow", whole: "Whole transactions", traced: "Victims' money in them", between: "When", top_payers: "Main payers", select_hint: "Click an account or a flow for its details and sources",
    share: "Share", amount: "Amount", from: "Payer", to: "Payee", time: "Time", channel: "Channel", number: "Number", role: "Role", column: "Tier", file: "File", row_head: "Row",
    table_nodes: "Accounts (as in the picture)", table_edges: "Flows (as in the picture)", nothing: "No flow matches", nothing_remedy: "Widen the amount or the time, or press Reset.",
    legend_line: "Thicker line: more money", legend_back: "Back-flow", legend_fold: "Folded accounts", close: "Close", back: "Back to the case", up_down: "Highlighted: reachable up and down in order of time",
    stage_label: "Picture of the flow of money. Arrow keys walk the money, Enter unfolds, Esc clears.", selected: "Selected: {0}", exported: "Exported {0}", png_title: "Flow of money", zoom_in: "Zoom in", zoom_out: "Zoom out", zoom_fit: "Fit",
    help: "How to use this page", help_keys: [["Click", "details and sources of an account or flow; highlights up and down"], ["Click a fold", "lists its accounts; choose one to show it on its own"], ["Enter", "takes the largest account out of the fold selected"], ["/", "find: last 4 digits, number, name, bank; Enter jumps"], ["← →", "follow the largest flow up / down"], ["↑ ↓", "previous / next in the tier"], ["Esc", "clear the selection"], ["0", "fit the window"], ["T", "table / picture"], ["L", "中文 / English"], ["D", "light / dark"]],
    help_note: "A highlight only says that money could get there in order of time; what belongs to whom is reckoned by the stated rule. The holder of an account need not be who uses it; no mark is a verdict.", digest: "Data digest", code: "Code",
  },
};
const has = (object, key) => Object.prototype.hasOwnProperty.call(object, key);
let language = "zh";
function t(key, ...values) {
  const text = has(WORDS[language], key) ? WORDS[language][key] : String(key).replace(/_/g, " ");
  return typeof text === "string" ? text.replace(/\{(\d)\}/g, (_, ix) => String(values[Number(ix)])) : text;
}
// Exact yuan from fen, by digits: 8400000 -> "84,000.00".
function yuan(fen) {
  const digits = String(Math.abs(fen)).padStart(3, "0");
  const whole = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ",");
  return (fen < 0 ? "−" : "") + whole + "." + digits.slice(-2);
}
// Short amounts for the picture only: 万/亿 in Chinese, k/M/bn in English.
function brief(fen) {
  const value = fen / 100;
  const steps = language === "zh" ? [[1e8, "亿"], [1e4, "万"]] : [[1e9, "bn"], [1e6, "M"], [1e3, "k"]];
  for (const [size, unit] of steps) {
    if (value >= size) {
      const scaled = value / size;
      return (scaled >= 100 ? scaled.toFixed(0) : scaled.toFixed(1)) + (language === "zh" ? unit : unit);
    }
  }
  return value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toFixed(2);
}
const nTransactions = (n) => t(n === 1 ? "one_transaction" : "n_transactions", count(n));
const count = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");
// Shares in tenths of a percent that add up as the parts do: the largest remainders are rounded up.
function tenths(parts, whole) {
  const exact = parts.map((part) => (whole ? (part * 1000) / whole : 0)), down = exact.map(Math.floor);
  const spare = Math.round(exact.reduce((a, b) => a + b, 0)) - down.reduce((a, b) => a + b, 0);
  const first = exact.map((value, ix) => [value - down[ix], ix]).sort((x, y) => y[0] - x[0] || x[1] - y[1]).slice(0, Math.max(spare, 0));
  for (const [, ix] of first) down[ix] += 1;
  return down;
}
const share = (part, tenth) => (part > 0 && tenth === 0 ? "<0.1%" : (tenth / 10).toFixed(1) + "%");
const two = (n) => String(n).padStart(2, "0");
// Times are shown in China time (UTC+8) whatever the clock of the reader's machine says.
function clock(second, form) {
  if (second === null) return "";
  const d = new Date((second + 8 * 3600) * 1000);
  const day = two(d.getUTCMonth() + 1) + "-" + two(d.getUTCDate());
  const minute = two(d.getUTCHours()) + ":" + two(d.getUTCMinutes());
  if (form === "short") return day + " " + minute;
  return d.getUTCFullYear() + "-" + day + " " + minute + ":" + two(d.getUTCSeconds());
}
function span(us) {
  for (const [size, unit] of [[86400e6, language === "zh" ? " 天" : " d"], [3600e6, language === "zh" ? " 小时" : " h"], [60e6, language === "zh" ? " 分钟" : " min"]]) {
    if (us % size === 0 && (us > 4 * size || size !== 86400e6)) return us / size + unit;
  }
  return us / 1e6 + " s";
}
