// Everything is in place: show the page in the language and theme asked for.
theme = window.matchMedia && window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
document.documentElement.dataset.theme = theme;
language = DATA.language === "en" ? "en" : "zh";
$("to-mask").hidden = !CASE.unmask;
setScales();
setLanguage(language);
resize();
let resizing = 0;
new ResizeObserver(() => {
  cancelAnimationFrame(resizing);
  resizing = requestAnimationFrame(resize);
}).observe(stage);
document.documentElement.dataset.ready = "yes";
